#include "engine/tools/reply_format.h"

#include <array>
#include <iterator>

#include "engine/tools/call_grammar.h"
#include "engine/tools/tool_call.h"

namespace cactus {
namespace {

constexpr ThoughtSyntax kThoughts[] = {
    {.name = "channel",
     .open = "<|channel>",
     .close = "<channel|>",
     .header = "thought",
     .control = true},
    {.name = "think", .open = "<think>", .close = "</think>", .trims_newlines = true},
};

// call:NAME{key:<|"|>text<|"|>,other:{inner:3}}
constexpr CallGrammar kGemmaGrammar{.call_open = "call:",
                                    .name_end = "{",
                                    .key_end = ":",
                                    .arguments_end = '}',
                                    .bare_keys = true,
                                    .control_quotes = true};
// [name(key="text", other=True)]
constexpr CallGrammar kPythonGrammar{.calls_open = "[",
                                     .name_end = "(",
                                     .key_end = "=",
                                     .calls_close = "]",
                                     .separator = ',',
                                     .python_words = true};
// name(key="text",other=true),other_name(): values as JSON
constexpr CallGrammar kBareGrammar{
    .name_end = "(", .key_end = "=", .separator = ',', .may_lack = true};
// {"name": "…", "arguments": {…}}
constexpr CallGrammar kJsonGrammar{.calls_open = "\n",
                                   .call_open = "{\"name\": \"",
                                   .name_end = "\", \"arguments\": {",
                                   .key_end = ": ",
                                   .call_end = "}",
                                   .calls_close = "\n",
                                   .arguments_end = '}',
                                   .quoted_keys = true};

constexpr CallSyntax kCalls[] = {
    {.name = "gemma",
     .open = "<|tool_call>",
     .close = "<tool_call|>",
     .parse = parse_gemma_calls,
     .grammar = &kGemmaGrammar,
     .quote = "<|\"|>",
     .control = true},
    {.name = "deciding",
     .open = "<|tool_call_start|>",
     .close = "<|tool_call_end|>",
     .also = "<|no_tool|>",
     .none = "<|no_tool|>",
     .parse = parse_python_calls,
     .grammar = &kBareGrammar,
     .control = true,
     .trims_newlines = true},
    {.name = "python",
     .open = "<|tool_call_start|>",
     .close = "<|tool_call_end|>",
     .parse = parse_python_calls,
     .grammar = &kPythonGrammar,
     .control = true,
     .trims_newlines = true},
    {.name = "tagged",
     .open = "<tool_call>",
     .close = "</tool_call>",
     .also = "<function=",
     .parse = parse_tagged_calls,
     .trims_newlines = true},
    {.name = "json",
     .open = "<tool_call>",
     .close = "</tool_call>",
     .parse = parse_json_calls,
     .grammar = &kJsonGrammar,
     .trims_newlines = true},
};

constexpr std::string_view kTurnMarkers[] = {"<turn|>", "<|tool_response>", "<end_of_turn>",
                                             "<|im_end|>", "<|eot_id|>"};

}  // namespace

std::span<const ThoughtSyntax> thought_syntaxes() {
  return kThoughts;
}
std::span<const CallSyntax> call_syntaxes() {
  return kCalls;
}
std::span<const std::string_view> turn_markers() {
  return kTurnMarkers;
}

const ReplyFormat& choose_reply_format(const std::function<bool(std::string_view)>& has) {
  // Every pair of rows, none included, so that formats have an address.
  constexpr std::size_t kThoughtCount = std::size(kThoughts), kCallCount = std::size(kCalls);
  static const auto formats = [] {
    std::array<std::array<ReplyFormat, kCallCount + 1>, kThoughtCount + 1> all{};
    for (std::size_t t = 0; t <= kThoughtCount; ++t) {
      for (std::size_t c = 0; c <= kCallCount; ++c) {
        all[t][c] = {t < kThoughtCount ? &kThoughts[t] : nullptr,
                     c < kCallCount ? &kCalls[c] : nullptr};
      }
    }
    return all;
  }();
  std::size_t thought = 0, call = 0;
  while (thought < kThoughtCount &&
         !(has(kThoughts[thought].open) && has(kThoughts[thought].close))) {
    ++thought;
  }
  auto known = [&has](const CallSyntax& syntax) {
    return has(syntax.open) && has(syntax.close) && (syntax.also.empty() || has(syntax.also));
  };
  while (call < kCallCount && !known(kCalls[call])) ++call;
  return formats[thought][call];
}

bool opens_thought(const ReplyFormat& format, std::string_view prompt) {
  if (format.thought == nullptr) return false;
  while (!prompt.empty() && (prompt.back() == '\n' || prompt.back() == ' '))
    prompt.remove_suffix(1);
  auto drop_end = [&prompt](std::string_view end) {
    if (prompt.size() < end.size() || prompt.substr(prompt.size() - end.size()) != end)
      return false;
    prompt.remove_suffix(end.size());
    return true;
  };
  if (!format.thought->header.empty()) drop_end(format.thought->header);
  return drop_end(format.thought->open);
}

}  // namespace cactus
