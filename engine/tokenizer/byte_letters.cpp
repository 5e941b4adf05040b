#include "engine/tokenizer/byte_letters.h"

#include "engine/base/utf8.h"

namespace cactus::text {
namespace {

constexpr char16_t first_substitute = 0x100;
constexpr int substitutes = 68;

bool printable(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

}  // namespace

const std::array<char16_t, 256>& byte_letters() {
  static const std::array<char16_t, 256> letters = [] {
    std::array<char16_t, 256> table{};
    char16_t next = first_substitute;
    for (unsigned b = 0; b < 256; ++b) {
      table[b] = printable(b) ? static_cast<char16_t>(b) : next++;
    }
    return table;
  }();
  return letters;
}

int letter_byte(char32_t letter) {
  static const std::array<std::int16_t, first_substitute + substitutes> bytes = [] {
    std::array<std::int16_t, first_substitute + substitutes> table{};
    table.fill(-1);
    for (std::size_t b = 0; b < 256; ++b) table[byte_letters()[b]] = static_cast<std::int16_t>(b);
    return table;
  }();
  return letter < bytes.size() ? bytes[letter] : -1;
}

std::string spell_bytes(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) utf8::append(out, byte_letters()[static_cast<unsigned char>(c)]);
  return out;
}

}  // namespace cactus::text
