// What a model wrote, taken apart while it arrives: text, thoughts and tool calls, without the
// markers around them. Which markers is a row of a table (formats.cpp), chosen by what the model's
// chat template and tokenizer contain.
#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

namespace cactus {

// One generated token as the detokenizer gives it: its text (whole or partial code points) and
// whether it is a special (control) token, whose text a plain one may not imitate.
struct TokenPiece {
  std::string_view text;
  bool special = false;
};

enum class ReplyEventKind {
  text,       // for the user
  thought,    // the model's thinking
  tool_call,  // `name` and `arguments`
  notice,     // something was malformed: `text` says what; what the model wrote follows as text
};

struct ReplyEvent {
  ReplyEventKind kind = ReplyEventKind::text;
  std::string_view text;                              // valid UTF-8, whole code points
  std::string_view name;                              // of a tool call
  const nlohmann::ordered_json* arguments = nullptr;  // of a tool call: an object
};
using ReplyEventSink = std::function<void(const ReplyEvent&)>;

struct ReplyFormat;

// The formats known, most specific first; the last one has no markers at all.
std::span<const ReplyFormat> reply_formats();
std::string_view name_of(const ReplyFormat& format);

// The first format whose every marker is found by `has`, which answers whether the model knows a
// piece of text (as a token of its vocabulary or in its chat template).
const ReplyFormat& choose_reply_format(const std::function<bool(std::string_view)>& has);

// Stream in, events out, in order. Views in an event live during the call. One reply, one parser.
class ReplyParser {
 public:
  // `thinking`: the prompt already opened a thought (the template's generation prompt ends in it).
  ReplyParser(const ReplyFormat& format, ReplyEventSink sink, bool thinking = false);
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  void feed(const TokenPiece& piece);
  // The reply is over: what was held back comes out (an unterminated thought as thought, an
  // unterminated call as notice and text).
  void finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace cactus
