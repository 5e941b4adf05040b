#include "cli/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <system_error>

#include "cli/environment.h"
#include "cli/files.h"
#include "cli/suggest.h"
#include "cli/toml.h"

namespace cactus::cli {
namespace {

std::optional<double> parse_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size() || !(value - value == 0)) return {};
  return value;
}

std::optional<std::int64_t> parse_integer(const std::string& text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const char* begin = text.starts_with('+') ? text.data() + 1 : text.data();
  const auto [stop, code] = std::from_chars(begin, end, value);
  if (code != std::errc() || stop != end) return {};
  return value;
}

bool is_choice(std::string_view choices, std::string_view value) {
  while (!choices.empty()) {
    const std::size_t bar = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, bar) == value) return true;
    choices.remove_prefix(std::min(bar + 1, choices.size()));
  }
  return false;
}

std::string joined_choices(std::string_view choices) {
  std::string text;
  for (const char c : choices) text += c == '|' ? std::string(", ") : std::string(1, c);
  return text;
}

// "a, b" or TOML's ["a", "b"].
Result<std::vector<std::string>> parse_texts(const std::string& name, const std::string& value) {
  if (value.starts_with('[')) {
    CACTUS_TRY(entries, toml::parse("x = " + value, name));
    return entries.at(0).value.texts;
  }
  std::vector<std::string> texts;
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t comma = std::min(value.find(',', at), value.size());
    const std::size_t first = value.find_first_not_of(' ', at);
    if (first < comma)
      texts.push_back(value.substr(first, value.find_last_not_of(' ', comma - 1) - first + 1));
    at = comma + 1;
  }
  return texts;
}

}  // namespace

std::filesystem::path config_file() {
  const auto folder = config_folder();
  return folder.empty() ? folder : folder / "config.toml";
}

Result<std::string> setting_literal(const SettingKey& key, const std::string& value) {
  const std::string name(key.name);
  const auto wrong = [&](const std::string& why) {
    return make_error(ErrorKind::usage, name + " cannot be '" + value + "'", why);
  };
  if (!key.choices.empty() && !is_choice(key.choices, value))
    return wrong("it is one of " + joined_choices(key.choices));
  switch (key.type) {
    case SettingType::text:
      return toml::quote(value);
    case SettingType::texts: {
      CACTUS_TRY(texts, parse_texts(name, value));
      std::string list;
      for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + toml::quote(text);
      return "[" + list + "]";
    }
    case SettingType::boolean: {
      CACTUS_TRY(parsed, parse_bool(value, name));
      return std::string(parsed ? "true" : "false");
    }
    case SettingType::integer:
      if (!parse_integer(value)) return wrong("it takes a whole number");
      return value;
    case SettingType::number:
      if (!parse_number(value)) return wrong("it takes a number");
      return value;
  }
  return wrong("");
}

Error unknown_setting(std::string_view name) {
  std::vector<std::string> names;
  for (const SettingKey& key : setting_keys()) names.emplace_back(key.name);
  const std::string near = closest(name, names);
  return make_error(ErrorKind::usage,
                    "unknown setting '" + std::string(name) + "'" +
                        (near.empty() ? "" : " – did you mean '" + near + "'?"),
                    "", "cactus config list");
}

Status Settings::add(const std::string& name, const std::string& value, const std::string& origin,
                     const std::vector<std::string>& texts) {
  const SettingKey* key = find_setting(name);
  if (key == nullptr) {
    warnings_.push_back(origin + ": " + unknown_setting(name).what);
    return ok_status();
  }
  Setting setting{value, origin, texts};
  if (key->type == SettingType::texts) {
    if (texts.empty()) {
      CACTUS_TRY(parsed, parse_texts(origin + ": " + name, value));
      setting.texts = parsed;
    }
    values_[name] = std::move(setting);
    return ok_status();
  }
  auto checked = setting_literal(*key, value);
  if (!checked) {
    Error error = std::move(checked).error();
    error.what = origin + ": " + error.what;
    return error;
  }
  if (key->type == SettingType::boolean) setting.value = *checked;
  values_[name] = std::move(setting);
  return ok_status();
}

Status Settings::add_file(const std::filesystem::path& path, bool required) {
  if (path.empty()) return ok_status();
  auto content = read_file(path, 1u << 20);
  if (!content) {
    if (!required && content.error().kind == ErrorKind::not_found) return ok_status();
    return std::move(content).error();
  }
  CACTUS_TRY(entries, toml::parse(*content, path.string()));
  for (const toml::Entry& entry : entries) {
    const std::string origin = path.string() + ":" + std::to_string(entry.line);
    const SettingKey* key = find_setting(entry.name);
    // TOML knows types: a number in quotes is a mistake there, though not in the environment.
    const bool quoted = entry.value.kind == toml::Kind::text;
    const bool wants_text = key != nullptr && key->type == SettingType::text;
    if (key != nullptr && quoted != wants_text)
      return make_error(ErrorKind::usage,
                        origin + ": " + entry.name + " has a value of the wrong type",
                        "it takes a " + std::string(type_name(key->type)) +
                            (wants_text ? " in quotes" : ", without quotes"),
                        "cactus config edit");
    if (key != nullptr &&
        (key->type == SettingType::texts) != (entry.value.kind == toml::Kind::texts))
      return make_error(ErrorKind::usage,
                        origin + ": " + entry.name + " has a value of the wrong type",
                        "it takes a " + std::string(type_name(key->type)), "cactus config edit");
    CACTUS_CHECK(add(entry.name, entry.value.text, origin, entry.value.texts));
  }
  return ok_status();
}

Status Settings::add_environment() {
  for (const SettingKey& key : setting_keys()) {
    const std::string variable = setting_variable(key.name);
    if (const auto value = env(variable.c_str()))
      CACTUS_CHECK(add(std::string(key.name), *value, variable));
  }
  return ok_status();
}

Result<Settings> Settings::load(const std::optional<std::filesystem::path>& project_file) {
  Settings settings;
  for (const SettingKey& key : setting_keys())
    if (!key.fallback.empty())
      settings.values_[std::string(key.name)] = {std::string(key.fallback), "default"};
  CACTUS_CHECK(settings.add_file("/etc/cactus/config.toml", false));
  CACTUS_CHECK(settings.add_file(config_file(), false));
  if (project_file) CACTUS_CHECK(settings.add_file(*project_file, true));
  CACTUS_CHECK(settings.add_environment());
  return settings;
}

std::optional<std::string> Settings::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second.value;
}

std::optional<double> Settings::number(std::string_view name) const {
  const auto value = text(name);
  return value ? parse_number(*value) : std::nullopt;
}

std::optional<std::int64_t> Settings::integer(std::string_view name) const {
  const auto value = text(name);
  return value ? parse_integer(*value) : std::nullopt;
}

bool Settings::boolean(std::string_view name) const {
  return text(name) == "true";
}

std::vector<std::string> Settings::texts(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second.texts;
}

}  // namespace cactus::cli
