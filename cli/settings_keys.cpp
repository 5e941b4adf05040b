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
    {"run.system", text, "", "system prompt"},
    {"run.think", boolean, "false", "let the model think first, where it can"},
    {"handoff.mode", text, "auto", "hand answers off that are likely wrong", "auto|ask|off"},
    {"handoff.threshold", number, "",
     "hand off when the confidence is below it (unset: the probe's own, else 0.70)"},
    {"handoff.timeout_ms", integer, "15000", "longest wait for the cloud to begin"},
    {"handoff.logprob", boolean, "false", "without a probe, log-probabilities decide"},
    {"handoff.early", boolean, "true", "give hopeless local answers up before their end"},
    {"ui.color", text, "auto", "colours and styles", "auto|always|never"},
    {"ui.markdown", boolean, "true", "style Markdown on a terminal"},
    {"ui.stats", boolean, "false", "a line of figures after each answer"},
};
constexpr SettingKey kAlias = {"alias.NAME", text, "", "another name for a model"};

}  // namespace

std::span<const SettingKey> setting_keys() {
  return kKeys;
}

const SettingKey* find_setting(std::string_view name) {
  for (const SettingKey& key : kKeys)
    if (key.name == name) return &key;
  if (name.starts_with("alias.") && name.size() > 6) return &kAlias;
  return nullptr;
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
