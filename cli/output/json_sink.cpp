#include "cli/output/json_sink.h"

namespace cactus::cli {

bool write_event(Terminal& terminal, std::string_view event, const Json& fields) {
  Json object = {{"event", event}};
  object.update(fields);
  return terminal.out(dump_json(object) + "\n");
}

bool JsonlSink::text(std::string_view piece) {
  return write_event(terminal_, "token", {{"text", piece}});
}

bool JsonlSink::thought(std::string_view piece) {
  return write_event(terminal_, "thought", {{"text", piece}});
}

void JsonlSink::discard() {
  write_event(terminal_, "discard", Json::object());
}

void JsonlSink::route(const Reply& reply, const Outcome& outcome) {
  write_event(terminal_, "route",
              {{"decision", outcome.handed_off ? "cloud" : "local"},
               {"confidence", reply.confidence ? Json(*reply.confidence) : Json()}});
  for (const Json& call : reply.tool_calls) write_event(terminal_, "tool_call", {{"call", call}});
}

void JsonlSink::start(const OpenSession& model) {
  write_event(terminal_, "start",
              {{"v", 1},
               {"model", model.name},
               {"revision", model.revision.empty() ? Json() : Json(model.revision)},
               {"variant", model.variant}});
}

void JsonlSink::done(const Json& object) {
  write_event(terminal_, "done", object);
}

}  // namespace cactus::cli
