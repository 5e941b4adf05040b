// What Python's str methods need to know about code points.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace cactus::jinja {

enum CharClass : unsigned {
  kAlpha = 1,
  kDecimal = 2,
  kDigit = 4,
  kNumeric = 8,
  kPrintable = 16,
  kSpace = 32,
};

// CharClass bits, as str.isalpha(), isdecimal(), … of the one-character string would say.
unsigned classes_of(char32_t c);
inline bool is_space(char32_t c) {
  return (classes_of(c) & kSpace) != 0;
}

enum class CaseMapping { upper, lower, title };
// Appends the full mapping of one code point ("ß" becomes "SS"), without context.
void append_mapped(std::string& out, char32_t c, CaseMapping mapping);
bool changes_under(char32_t c, CaseMapping mapping);

// Bytes of whitespace (as str.strip() sees it) at the beginning and at the end of `text`.
std::size_t leading_space(std::string_view text);
std::size_t trailing_space(std::string_view text);

std::size_t count_code_points(std::string_view text);
// The byte offset of code point `index`, or the size when there are fewer.
std::size_t offset_of(std::string_view text, std::size_t index);
// The last code point of non-empty `text`.
char32_t last_code_point(std::string_view text, std::size_t* length = nullptr);

}  // namespace cactus::jinja
