#include "hub/net/headers.h"

#include <algorithm>

namespace cactus::net {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool same_text(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Headers::get(std::string_view name) const {
  for (const auto& [n, value] : lines_)
    if (same_text(n, name)) return value;
  return {};
}

bool Headers::has(std::string_view name) const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [&](const auto& line) { return same_text(line.first, name); });
}

}  // namespace cactus::net
