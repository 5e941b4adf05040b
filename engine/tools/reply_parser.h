// What a model wrote, taken apart while it arrives: text, thoughts and tool calls, without the
// markers around them.
#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "engine/tools/reply_format.h"

namespace cactus {

// One generated token as the detokenizer gives it.
struct TokenPiece {
  std::string_view text;  // whole or partial code points
  bool special = false;  // a control token: its text is a marker, or nothing that anyone should see
};

enum class ReplyEventKind {
  text,       // for the user
  thought,    // the model's thinking
  tool_call,  // `name` and `arguments`
  lacking,    // a call of `name` stopped short of an argument that nobody said: `text` is its key
  notice,     // something was malformed: `text` says what; what the model wrote follows as text
};

struct ReplyEvent {
  ReplyEventKind kind = ReplyEventKind::text;
  std::string_view text;                              // valid UTF-8, whole code points
  std::string_view name;                              // of a tool call, also a lacking one
  const nlohmann::ordered_json* arguments = nullptr;  // of a tool call: an object
};
using ReplyEventSink = std::function<void(const ReplyEvent&)>;

// Where markers are recognised. A model that repeats what a user typed must not call tools by it:
// where a family's markers are control tokens, only those count.
enum class MarkerSource {
  as_declared,  // in special pieces, and in text only where the syntax's markers are ordinary text
  any_text,     // everywhere (for whole texts whose tokens are not known)
};

// Stream in, events out, in order. Views in an event live during the call. One reply, one parser.
class ReplyParser {
 public:
  // `thinking`: the prompt already opened a thought (opens_thought).
  ReplyParser(const ReplyFormat& format, ReplyEventSink sink, bool thinking = false,
              MarkerSource source = MarkerSource::as_declared);
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  void feed(const TokenPiece& piece);
  // The reply is over: what was held back comes out (an unterminated thought as thought, an
  // unterminated call as a call if it is whole, else as notice and text).
  void finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace cactus
