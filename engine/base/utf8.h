// UTF-8 without exceptions: validation, decoding with replacement, and holding back of bytes that
// do not make a whole code point yet.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cactus::utf8 {

struct Decoded {
  char32_t code_point = 0xFFFD;  // U+FFFD where the bytes are not UTF-8
  std::size_t length = 1;        // bytes consumed, at least 1
  bool valid = false;
};

// The first code point of non-empty `text` (Unicode 15, table 3-7: no overlong forms, no surrogates).
Decoded decode(std::string_view text);

void append(std::string& out, char32_t code_point);
bool is_valid(std::string_view text);

// `text` with every maximal invalid part replaced by U+FFFD (as Python's errors="replace").
std::string sanitize(std::string_view text);

// Bytes at the end of `text` that begin a code point without ending it (0 to 3).
std::size_t incomplete_tail(std::string_view text);

}  // namespace cactus::utf8
