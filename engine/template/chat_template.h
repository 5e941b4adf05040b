// Chat templates: the Jinja that a model's publisher wrote, interpreted as Hugging Face
// transformers does it (Jinja2 with trim_blocks and lstrip_blocks in a sandbox, tojson without
// ASCII escaping), with limits on everything a hostile template could exhaust.
#pragma once
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/plain_span.h"
#include "engine/base/result.h"

namespace cactus {

namespace jinja {
struct Program;
}

struct Rendered {
  std::string text;                   // valid UTF-8
  std::vector<PlainSpan> user_spans;  // sorted, disjoint, never empty ones, never adjacent ones
};

// Beyond any of these, rendering ends in an error that names the limit.
struct RenderLimits {
  std::int64_t steps = 20'000'000;      // expressions and statements run, and 16-byte units copied
  std::size_t output_bytes = 64 << 20;  // of the text, and of any string on the way
  std::size_t stack_bytes = 384 << 10;  // of the caller's stack that nesting may use
  std::int64_t range_items = 100'000;   // of range(), as in Jinja's sandbox
};

// Immutable after parsing; any number of threads may render at once.
class ChatTemplate {
 public:
  // Errors: incompatible, with the line of the template that could not be read.
  static Result<std::unique_ptr<const ChatTemplate>> parse(std::string source);

  // `variables` is an object: messages, tools, add_generation_prompt, bos_token, … A member that is
  // null is defined and none: leave out what is not given. Strings inside arrays and objects
  // (messages, tools, documents) are user text and make up `user_spans`; strings that are members
  // themselves (bos_token) and the template's own are not. Integers beyond 64 bits become floats.
  // `now` (seconds since 1970, shown in local time) is what strftime_now() formats; unset: the
  // clock. Errors: usage when the template refuses the variables (raise_exception, a missing
  // member), resources when a limit is reached; both name the template's line.
  Result<Rendered> render(const nlohmann::ordered_json& variables, const RenderLimits& limits = {},
                          std::optional<std::int64_t> now = std::nullopt) const;

  // Whether the template reads a variable of this name anywhere ("enable_thinking", "tools").
  bool mentions(std::string_view variable) const;

  // Whether the template's source contains `text` ("<tool_call>").
  bool contains(std::string_view text) const;

  ~ChatTemplate();

 private:
  explicit ChatTemplate(std::unique_ptr<const jinja::Program> program);
  std::unique_ptr<const jinja::Program> program_;
};

}  // namespace cactus
