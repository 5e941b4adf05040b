#include "cli/settings_keys.h"

#include <cctype>

namespace cactus::cli {
namespace {

using enum SettingType;

// Settings of parts that come later (hub, hand-off) are not here until something reads them.
constexpr SettingKey kKeys[] = {
    {"run.temp", number, "", "sampling temperature; 0 is greedy (unset: as the model says)"},
    {"run.top_p", number, "", "nucleus sampling: smallest set of tokens with this probability"},
    {"run.top_k", integer, "", "sample from this many tokens at most"},
    {"run.min_p", number, "", "drop tokens below this share of the likeliest one"},
    {"run.max_tokens", integer, "", "longest answer in tokens (unset: until the model stops)"},
    {"run.ctx", integer, "", "context in tokens (unset: the model's limit)"},
    {"run.threads", integer, "", "threads (unset: the performance cores)"},
    {"run.kv", text, "int8", "type of the key/value cache", "f32|f16|int8"},
    {"run.probe", text, "", "probe that measures confidence: a file, or off (unset: the model's)"},
    {"run.system", text, "", "system prompt"},
    {"run.think", boolean, "false", "let the model think first, where it can"},
    {"handoff.mode", text, "auto", "hand answers off that are likely wrong", "auto|ask|off"},
    {"handoff.threshold", number, "",
     "hand off when the confidence is below it (unset: the probe's own, else 0.70)"},
    {"handoff.timeout_ms", integer, "15000", "longest wait for the cloud to begin"},
    {"handoff.logprob", boolean, "false", "without a probe, log-probabilities decide"},
    {"handoff.redact", texts, "",
     "taken out of what is sent: keys, email, phone, card, or regular expressions (unset: keys)"},
    {"handoff.modalities", texts, "text",
     "what may be sent: text, image, audio (images and sounds stay here unless listed)"},
    {"handoff.max_output_tokens", integer, "4096", "longest answer of the cloud in tokens"},
    {"handoff.for_code", text, "", "PROVIDER/MODEL asked first about code"},
    {"handoff.for_math", text, "", "PROVIDER/MODEL asked first about mathematics"},
    {"handoff.for_tools", text, "", "PROVIDER/MODEL asked first when tools are on offer"},
    {"handoff.for_long", text, "", "PROVIDER/MODEL asked first about long texts"},
    {"handoff.early", boolean, "true", "give hopeless local answers up before their end"},
    {"handoff.enabled", boolean, "false",
     "consent: questions may be sent to handoff.providers (cactus auth asks)"},
    {"handoff.providers", texts, "", "PROVIDER/MODEL, in the order in which they are asked"},
    {"handoff.max_cost_per_request", number, "0.50",
     "US dollars that one request may cost at most"},
    {"handoff.max_cost_per_day", number, "2", "US dollars a day"},
    {"handoff.max_cost_per_month", number, "20", "US dollars a month"},
    {"handoff.max_input_tokens", integer, "", "tokens that one request may send"},
    {"handoff.max_tokens_per_request", integer, "", "tokens of one request, answer included"},
    {"handoff.max_tokens_per_day", integer, "", "tokens a day"},
    {"handoff.max_tokens_per_month", integer, "", "tokens a month"},
    {"handoff.max_per_day", integer, "", "requests a day"},
    {"handoff.allow_unknown_price", boolean, "false",
     "send to models whose price is not known (they count in tokens only)"},
    {"run.local_tools", boolean, "false",
     "offer the local tools (arithmetic, units, dates, …) and run them"},
    {"hub.endpoint", text, "", "address of the hub (unset: HF_ENDPOINT, else huggingface.co)"},
    {"hub.publishers", text, "Cactus-Compute",
     "organisations that publish weights ready to run, separated by commas"},
    {"hub.jobs", integer, "4", "connections of a download"},
    {"ui.color", text, "auto", "colours and styles", "auto|always|never"},
    {"ui.markdown", boolean, "true", "style Markdown on a terminal"},
    {"ui.stats", boolean, "false", "a line of figures after each answer"},
};
constexpr SettingKey kAlias = {"alias.NAME", text, "", "another name for a model"};
constexpr SettingKey kProvider[] = {
    {"providers.NAME.kind", text, "", "protocol of a provider of your own",
     "openai-compatible|vllm|ollama|openai-chat|openai|anthropic|gemini"},
    {"providers.NAME.base_url", text, "", "where it is (https, or http on this machine)"},
    {"providers.NAME.allow_http", boolean, "", "http:// to another machine is meant"},
    {"providers.NAME.model", text, "", "model when none is named"},
    {"providers.NAME.key_command", texts, "",
     "program and arguments that print the key (no shell)"},
    {"providers.NAME.headers", texts, "", "\"Name: value\" sent with every request"},
    {"providers.NAME.extra_body", text, "", "JSON object merged over every request"},
    {"providers.NAME.max_tokens", integer, "", "longest answer in tokens"},
    {"providers.NAME.price_input", number, "", "US dollars for a million tokens sent"},
    {"providers.NAME.price_output", number, "", "US dollars for a million tokens answered"},
};

// The entry of providers.NAME.KEY, or null.
const SettingKey* find_provider_setting(std::string_view name) {
  constexpr std::string_view kSection = "providers.", kPattern = "providers.NAME";
  const std::size_t dot = name.rfind('.');
  if (!name.starts_with(kSection) || dot <= kSection.size()) return nullptr;
  if (name.substr(kSection.size(), dot - kSection.size()).find('.') != std::string_view::npos)
    return nullptr;
  for (const SettingKey& key : kProvider)
    if (key.name.substr(kPattern.size()) == name.substr(dot)) return &key;
  return nullptr;
}

}  // namespace

std::span<const SettingKey> setting_keys() {
  return kKeys;
}

const SettingKey* find_setting(std::string_view name) {
  for (const SettingKey& key : kKeys)
    if (key.name == name) return &key;
  if (name.starts_with("alias.") && name.size() > 6) return &kAlias;
  return find_provider_setting(name);
}

std::span<const SettingKey> provider_setting_keys() {
  return kProvider;
}

std::string setting_variable(std::string_view name) {
  std::string variable = "CACTUS_";
  for (const char c : name)
    variable += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

std::string_view type_name(SettingType type) {
  switch (type) {
    case text:
      return "text";
    case integer:
      return "whole number";
    case number:
      return "number";
    case boolean:
      return "true or false";
    case texts:
      return "list of texts";
  }
  return "";
}

}  // namespace cactus::cli
