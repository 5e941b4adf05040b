// Numbers and strings as Jinja source writes them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cactus::jinja {

struct NumberLiteral {
  std::size_t length = 0;  // of the source it takes
  bool real = false;
  std::string text;  // without underscores
};
// `source` begins with a digit.
NumberLiteral match_number(std::string_view source);

// Resolves Python's escapes; false when one is broken (\x without digits, a surrogate).
bool unescape(std::string_view body, std::string& out);

// Of an integer literal's text (decimal, 0x, 0o, 0b); false when it does not fit 64 bits.
bool parse_integer(std::string_view text, std::int64_t& value);

}  // namespace cactus::jinja
