#include <charconv>
#include <cmath>

#include "cli/local_tools/number_words.h"
#include "cli/local_tools/tool.h"
#include "engine/base/utf8.h"

namespace cactus::cli {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<std::int64_t> whole_number(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > INT64_MAX) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (!(std::abs(number) < 9e15) || number != std::floor(number)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (!value.is_string()) return std::nullopt;
  const std::string text(trimmed(value.get_ref<const std::string&>()));
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code == std::errc() && end == text.data() + text.size()) return number;
  const std::string words[] = {text};
  const WordNumber spoken = number_in_words(words);
  if (spoken.used == 1 && spoken.value.is_integer()) return spoken.value.numerator().to_int64();
  return std::nullopt;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 120;
  if (text.size() <= kMost) return "'" + utf8::sanitize(text) + "'";
  std::string_view shown = text.substr(0, kMost);
  shown.remove_suffix(utf8::incomplete_tail(shown));
  return "'" + utf8::sanitize(shown) + "…'";
}

std::string counted_noun(std::int64_t count, std::string_view singular) {
  return std::to_string(count) + " " + std::string(singular) + (count == 1 ? "" : "s");
}

const Json* Arguments::find(std::string_view key) const {
  if (!values_.is_object()) return nullptr;
  const auto found = values_.find(std::string(key));
  return found == values_.end() || found->is_null() ? nullptr : &*found;
}

bool Arguments::has(std::string_view key) const {
  return find(key) != nullptr;
}

Error Arguments::missing(std::string_view key) const {
  return make_error(ErrorKind::usage,
                    std::string(tool_) + " was called without '" + std::string(key) + "'",
                    "it cannot do anything without it", "say it in the request");
}

Error Arguments::wrong(std::string_view key, const std::string& expected) const {
  std::string shown = dump_json(*find(key));
  return make_error(
      ErrorKind::usage,
      std::string(tool_) + " cannot take " + in_quotes(shown) + " as '" + std::string(key) + "'",
      expected);
}

Result<std::string> Arguments::text(std::string_view key, bool required, bool exact) const {
  const Json* value = find(key);
  if (value == nullptr) return required ? Result<std::string>(missing(key)) : std::string();
  if (value->is_number()) return dump_json(*value);
  if (!value->is_string()) return wrong(key, "it takes a text");
  const std::string& text = value->get_ref<const std::string&>();
  if (text.size() > kMostText) return wrong(key, "it takes a text of at most 1 MB");
  if (!utf8::is_valid(text)) return wrong(key, "it takes UTF-8 text");
  if (exact) return text;
  const std::string_view bare = trimmed(text);
  if (bare.empty() && required) return missing(key);
  return std::string(bare);
}

Result<std::optional<std::int64_t>> Arguments::integer(std::string_view key, std::int64_t least,
                                                       std::int64_t most) const {
  const Json* value = find(key);
  if (value == nullptr) return std::optional<std::int64_t>();
  const auto number = whole_number(*value);
  if (!number || *number < least || *number > most)
    return wrong(key, "it takes a whole number from " + std::to_string(least) + " to " +
                          std::to_string(most));
  return number;
}

Result<std::string> Arguments::number(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return missing(key);
  if (value->is_number_float() && !std::isfinite(value->get<double>()))
    return wrong(key, "it takes a number");
  if (value->is_number()) return dump_json(*value);
  if (value->is_string()) {
    std::string text(trimmed(value->get_ref<const std::string&>()));
    std::erase(text, ',');
    double number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code == std::errc() && end == text.data() + text.size() && std::isfinite(number))
      return text;
  }
  return wrong(key, "it takes a number");
}

Result<std::optional<bool>> Arguments::boolean(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return std::optional<bool>();
  if (value->is_boolean()) return std::optional(value->get<bool>());
  if (value->is_string()) {
    const std::string& word = value->get_ref<const std::string&>();
    if (word == "true" || word == "yes") return std::optional(true);
    if (word == "false" || word == "no") return std::optional(false);
  }
  return wrong(key, "it takes true or false");
}

Result<std::string> Arguments::choice(std::string_view key,
                                      std::span<const std::string_view> words) const {
  const Json* value = find(key);
  if (value == nullptr) return missing(key);
  std::string list;
  for (const std::string_view word : words) {
    if (value->is_string() && value->get_ref<const std::string&>() == word)
      return std::string(word);
    list += (list.empty() ? "" : ", ") + std::string(word);
  }
  return wrong(key, "it is one of " + list);
}

Result<std::vector<std::string>> Arguments::texts(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return missing(key);
  std::vector<std::string> list;
  if (!value->is_array() || value->size() > 1'000)
    return wrong(key, "it takes a list of at most 1000 texts");
  for (const Json& item : *value) {
    if (!item.is_string() && !item.is_number() && !item.is_boolean())
      return wrong(key, "it takes a list of texts");
    list.push_back(item.is_string() ? item.get<std::string>() : dump_json(item));
    if (list.back().size() > 10'000 || !utf8::is_valid(list.back()))
      return wrong(key, "its texts are UTF-8, and at most 10 kB each");
  }
  return list;
}

}  // namespace cactus::cli
