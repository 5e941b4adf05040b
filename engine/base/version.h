// Versions X.Y or X.Y.Z, compared as numbers: 1.9 < 1.14.
#pragma once
#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cactus {

struct Version {
  std::uint32_t major = 0, minor = 0, patch = 0;
  auto operator<=>(const Version&) const = default;
};

// Nothing but digits and one or two dots; each number below 2³².
inline std::optional<Version> parse_version(std::string_view text) {
  Version v;
  std::uint32_t* parts[] = {&v.major, &v.minor, &v.patch};
  int n = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (n < 3) {
    const auto [next, error] = std::from_chars(at, end, *parts[n]);
    if (error != std::errc{} || next == at) return {};
    ++n;
    at = next;
    if (at == end) return n >= 2 ? std::optional(v) : std::nullopt;
    if (*at++ != '.') return {};
  }
  return {};
}

}  // namespace cactus
