// Reading JSON that a stranger wrote: every access is checked, what is missing or of another type
// is empty.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json.h"

namespace cactus::providers {

// The value at `path`, or null.
inline const Json& field(const Json& value, std::initializer_list<const char*> path) {
  static const Json null;
  const Json* at = &value;
  for (const char* key : path) {
    if (!at->is_object()) return null;
    const auto found = at->find(key);
    if (found == at->end()) return null;
    at = &*found;
  }
  return *at;
}

inline const Json& field(const Json& value, const char* key) {
  return field(value, {key});
}

// Lives as long as `value`; empty unless it is a string.
inline std::string_view text_of(const Json& value) {
  const auto* text = value.get_ptr<const Json::string_t*>();
  return text == nullptr ? std::string_view{} : std::string_view(*text);
}

inline std::string_view text_at(const Json& value, std::initializer_list<const char*> path) {
  return text_of(field(value, path));
}

inline std::string_view text_at(const Json& value, const char* key) {
  return text_of(field(value, key));
}

// A count of tokens and the like: 0 to 2^40, or nothing.
inline std::optional<std::int64_t> count_of(const Json& value) {
  constexpr double kMost = 1099511627776.0;
  if (!value.is_number()) return {};
  const double number = value.get<double>();
  if (!(number >= 0 && number <= kMost)) return {};
  return static_cast<std::int64_t>(number);
}

inline std::int64_t count_at(const Json& value, std::initializer_list<const char*> path) {
  return count_of(field(value, path)).value_or(0);
}

inline std::int64_t count_at(const Json& value, const char* key) {
  return count_of(field(value, key)).value_or(0);
}

// The first of a list, or null.
inline const Json& first_of(const Json& value) {
  static const Json null;
  return value.is_array() && !value.empty() ? value.front() : null;
}

// The elements of a list; none unless it is one.
inline const Json& list_of(const Json& value) {
  static const Json none = Json::array();
  return value.is_array() ? value : none;
}

}  // namespace cactus::providers
