// GPT-2's spelling of bytes as printable letters: printable Latin-1 stands for itself, the 68 other
// bytes are U+0100 onwards in order ("Ġ" is a space).
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace cactus::text {

// byte -> code point
const std::array<char16_t, 256>& byte_letters();
// code point -> byte, or -1
int letter_byte(char32_t letter);

std::string spell_bytes(std::string_view bytes);

}  // namespace cactus::text
