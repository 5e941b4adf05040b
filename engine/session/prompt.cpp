#include "engine/session/prompt.h"

#include <algorithm>

#include "engine/base/json.h"
#include "engine/template/chat_template.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/weights/bundle.h"

namespace cactus {
namespace {

// Special tokens as tokenizer_config.json names them, for the template: a text, or an object with
// its text as "content".
void add_special_tokens(Json& variables, const Json& config) {
  if (!config.is_object()) return;
  for (const char* name : {"bos_token", "eos_token", "unk_token", "pad_token"}) {
    const auto member = config.find(name);
    if (member == config.end()) continue;
    if (member->is_string()) variables[name] = *member;
    if (member->is_object() && member->contains("content") && (*member)["content"].is_string()) {
      variables[name] = (*member)["content"];
    }
  }
}

Json template_variables(const Model& model, const Json& messages, const GenerateOptions& options) {
  Json variables = Json::object();
  add_special_tokens(variables, model.bundle().manifest().tokenizer_config);
  variables["messages"] = messages;
  if (options.tools.is_array() && !options.tools.empty()) variables["tools"] = options.tools;
  variables["add_generation_prompt"] = true;
  variables["enable_thinking"] = options.think;
  if (options.template_variables.is_object()) {
    for (const auto& item : options.template_variables.items()) {
      variables[item.key()] = item.value();
    }
  }
  return variables;
}

bool has_role(const Json& message, std::string_view role) {
  return message.is_object() && message.value("role", Json()) == role;
}

// The range [begin, end) of the oldest turn that may go, empty when only the last one is left.
std::pair<std::size_t, std::size_t> oldest_turn(const Json& messages) {
  std::size_t begin = 0;
  while (begin < messages.size() &&
         (has_role(messages[begin], "system") || has_role(messages[begin], "developer"))) {
    ++begin;
  }
  for (std::size_t end = begin + 1; end < messages.size(); ++end) {
    if (has_role(messages[end], "user")) return {begin, end};
  }
  return {begin, begin};
}

}  // namespace

Result<Prompt> chat_prompt(const Model& model, const Json& messages,
                           const GenerateOptions& options) {
  const ChatTemplate* chat_template = model.chat_template();
  if (chat_template == nullptr) {
    return make_error(ErrorKind::usage, model.name() + " has no chat template",
                      "it continues text, and was not made for conversations",
                      "an instruction-tuned variant of the model");
  }
  if (!messages.is_array() || messages.empty()) {
    return make_error(ErrorKind::usage, "there is no message to answer");
  }
  CACTUS_TRY(rendered, chat_template->render(template_variables(model, messages, options)));
  EncodeOptions encoding;
  encoding.plain = rendered.user_spans;
  CACTUS_TRY(ids, model.tokenizer().encode(rendered.text, encoding));
  Prompt prompt;
  prompt.ids = std::move(ids);
  prompt.tail = rendered.text.substr(
      rendered.user_spans.empty() ? 0
                                  : std::min(rendered.user_spans.back().end, rendered.text.size()));
  return prompt;
}

Result<Prompt> fitting_chat_prompt(const Model& model, const Json& messages,
                                   const GenerateOptions& options, std::int64_t limit) {
  Json kept = messages;
  int dropped = 0;
  while (true) {
    CACTUS_TRY(prompt, chat_prompt(model, kept, options));
    const auto size = static_cast<std::int64_t>(prompt.ids.size());
    if (size <= limit) {
      if (dropped > 0) {
        prompt.notice =
            (dropped == 1 ? "the oldest turn was dropped"
                          : "the oldest " + std::to_string(dropped) + " turns were dropped") +
            std::string(": the conversation no longer fits the context");
      }
      return std::move(prompt);
    }
    const auto [begin, end] = oldest_turn(kept);
    if (begin == end) {
      return make_error(ErrorKind::resources,
                        "the last message alone has " + std::to_string(size) + " tokens",
                        "the context leaves room for " + std::to_string(limit),
                        "a shorter message, or a larger --ctx where the model allows it");
    }
    using Difference = Json::difference_type;
    kept.erase(kept.begin() + static_cast<Difference>(begin),
               kept.begin() + static_cast<Difference>(end));
    ++dropped;
  }
}

Result<Prompt> raw_prompt(const Model& model, std::string_view text) {
  const Tokenizer& tokenizer = model.tokenizer();
  const PlainSpan all{0, text.size()};
  EncodeOptions encoding;
  encoding.add_special = tokenizer.adds_bos();
  encoding.plain = {&all, 1};
  CACTUS_TRY(ids, tokenizer.encode(text, encoding));
  Prompt prompt;
  prompt.ids = std::move(ids);
  const auto bos = tokenizer.bos_id();
  const ChatTemplate* chat_template = model.chat_template();
  const bool template_writes_bos = chat_template != nullptr && chat_template->mentions("bos_token");
  if (bos && template_writes_bos && (prompt.ids.empty() || prompt.ids.front() != *bos)) {
    prompt.ids.insert(prompt.ids.begin(), *bos);
  }
  return prompt;
}

}  // namespace cactus
