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

void JsonlSink::asking(std::string_view target, std::string_view why) {
  write_event(terminal_, "asking", {{"target", target}, {"reason", why}});
}

void JsonlSink::settled(const TurnResult& turn) {
  const Outcome& outcome = turn.outcome;
  Json fields = {{"decision", outcome.handed_off   ? "cloud"
                               : outcome.unanswered ? "none"
                                                    : "local"},
                 {"confidence", turn.reply.confidence ? Json(*turn.reply.confidence) : Json()},
                 {"threshold", outcome.threshold},
                 {"reason", outcome.reason}};
  if (!outcome.failure_text.empty()) fields["handoff_error"] = outcome.failure_text;
  write_event(terminal_, "route", fields);
  for (const Json& call : turn.tool_calls()) write_event(terminal_, "tool_call", {{"call", call}});
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
