// How model families mark thoughts and tool calls in what they write: two tables of syntaxes, one
// row of each makes a format. A new family is a new row.
#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace cactus {

struct CallGrammar;
struct ToolCall;

// What stood between the markers of a call.
struct CallBody {
  std::string_view text;
  // Where the control tokens in `text` begin, sorted. Unless `any_text`, only those are quotes and
  // the like; the same characters in ordinary tokens are just characters.
  std::span<const std::size_t> controls;
  bool any_text = false;
};

// Errors say what is malformed; nothing is half accepted.
using CallParser = Result<std::vector<ToolCall>> (*)(const CallBody& body);

struct ThoughtSyntax {
  std::string_view name;
  std::string_view open, close;
  std::string_view header = {};  // a line that follows `open` and is no part of the thought
  bool control = false;          // the markers are control tokens of their own
  bool trims_newlines = false;   // newlines next to the markers belong to them
};

struct CallSyntax {
  std::string_view name;
  std::string_view open, close;
  std::string_view also = {};  // a text that a model of this kind knows besides, or empty
  // A control token that says no tool fits. A model that knows it writes calls or this, nothing
  // else. In a call it stands for an argument that nobody said (CallGrammar::may_lack).
  std::string_view none = {};
  CallParser parse = nullptr;
  const CallGrammar* grammar = nullptr;  // null: calls cannot be held to schemas (constrain/)
  std::string_view quote = {};           // CallGrammar::control_quotes: the control token
  bool control = false;
  bool trims_newlines = false;
};

struct ReplyFormat {
  const ThoughtSyntax* thought = nullptr;  // null: this model does not mark thoughts
  const CallSyntax* call = nullptr;        // null: it calls no tools
};

std::span<const ThoughtSyntax> thought_syntaxes();
std::span<const CallSyntax> call_syntaxes();
// Control tokens that end a turn or a part of one, and are never text.
std::span<const std::string_view> turn_markers();

// For each table the first row whose texts `has` knows all: whether the model's chat template or
// vocabulary contains a text. The format lives as long as the program.
const ReplyFormat& choose_reply_format(const std::function<bool(std::string_view)>& has);

// Whether a prompt (the rendered template) leaves a thought open for the reply to continue.
bool opens_thought(const ReplyFormat& format, std::string_view prompt);

// Parsers of the call syntaxes:
Result<std::vector<ToolCall>> parse_gemma_calls(const CallBody& body);  // call:NAME{key:value}
Result<std::vector<ToolCall>> parse_json_calls(const CallBody& body);  // {"name":…,"arguments":…}
Result<std::vector<ToolCall>> parse_python_calls(const CallBody& body);  // [name(key=value)]
Result<std::vector<ToolCall>> parse_tagged_calls(
    const CallBody& body);  // <function=…><parameter=…>

}  // namespace cactus
