#include "engine/session/reply_builder.h"

#include "engine/base/json.h"
#include "engine/template/chat_template.h"
#include "engine/tools/reply_format.h"

namespace cactus {
ReplyBuilder::ReplyBuilder(const Tokenizer& tokenizer, const ReplyFormat& format,
                           std::string_view tail, const GenerateOptions& options,
                           const PieceSink& sink, Reply& reply)
    : tokenizer_(tokenizer),
      detokenizer_(tokenizer),
      stop_(options.stop),
      parser_(
          format, [this](const ReplyEvent& event) { on_event(event); },
          opens_thought(format, tail)),
      sink_(sink),
      reply_(reply) {}

void ReplyBuilder::show(PieceKind kind, std::string_view text) {
  if (text.empty()) return;
  (kind == PieceKind::text ? reply_.text : reply_.thought) += text;
  if (sink_ && !refused_ && !sink_({kind, text})) refused_ = true;
}

void ReplyBuilder::on_event(const ReplyEvent& event) {
  switch (event.kind) {
    case ReplyEventKind::text:
      show(PieceKind::text, stop_.feed(event.text));
      break;
    case ReplyEventKind::thought:
      if (!stop_.stopped()) show(PieceKind::thought, event.text);
      break;
    case ReplyEventKind::tool_call: {
      if (stop_.stopped()) break;
      Json call = Json::object();
      call["name"] = std::string(event.name);
      call["arguments"] = event.arguments != nullptr ? *event.arguments : Json::object();
      reply_.tool_calls.push_back(std::move(call));
      break;
    }
    case ReplyEventKind::lacking:
      if (!stop_.stopped()) reply_.lacking = {std::string(event.name), std::string(event.text)};
      break;
    case ReplyEventKind::notice:
      reply_.notices.emplace_back(event.text);
      reply_.malformed_call = true;
      break;
  }
}

void ReplyBuilder::feed(std::string_view text, bool special) {
  if (!text.empty()) parser_.feed({text, special});
}

// A control token is told apart from text that is spelled like it, so it is fed by itself.
void ReplyBuilder::add(std::int32_t id) {
  if (tokenizer_.is_control(id)) {
    feed(detokenizer_.finish(), false);
    feed(tokenizer_.token_text(id), true);
  } else {
    feed(detokenizer_.push(id), false);
  }
}

void ReplyBuilder::finish() {
  feed(detokenizer_.finish(), false);
  parser_.finish();
  show(PieceKind::text, stop_.finish());
}

const ReplyFormat& plain_reply_format() {
  return choose_reply_format([](std::string_view) { return false; });
}

const ReplyFormat& reply_format_of(const Model& model) {
  return choose_reply_format([&](std::string_view marker) {
    return model.tokenizer().token_id(marker).has_value() ||
           (model.chat_template() != nullptr && model.chat_template()->contains(marker));
  });
}

}  // namespace cactus
