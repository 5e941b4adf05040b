#include "router/providers/safe_text.h"

#include <algorithm>

#include "engine/base/utf8.h"

namespace cactus::providers {
namespace {

constexpr std::string_view kMask = "[key]";
constexpr std::size_t kPiece = 8;  // bytes of a key in a row that give it away

std::string without_key(std::string_view text, std::string_view key) {
  const std::size_t least = std::min(kPiece, key.size());
  if (least < 4) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t most = std::min(key.size(), text.size() - i);
    std::size_t length = 0;
    while (length < most) {
      const std::size_t longer = std::max(length + 1, least);
      if (longer > most || key.find(text.substr(i, longer)) == std::string_view::npos) break;
      length = longer;
    }
    if (length == 0) {
      out += text[i++];
    } else {
      out += kMask;
      i += length;
    }
  }
  return out;
}

// Nothing to see, or something that moves what is seen: controls, bidirectional marks, zero width.
bool is_invisible(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFFF0 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

}  // namespace

std::string safe_line(std::string_view text, std::size_t limit, const Secret& key) {
  const std::string masked = without_key(text.substr(0, 64 * 1024), key.expose());
  std::string out;
  bool space = false;
  for (std::string_view rest = masked; !rest.empty() && out.size() <= limit;) {
    const utf8::Decoded c = utf8::decode(rest);
    rest.remove_prefix(c.length);
    if (c.code_point == ' ' || is_invisible(c.code_point)) {
      space = !out.empty();
      continue;
    }
    if (space) out += ' ';
    space = false;
    utf8::append(out, c.code_point);
  }
  if (out.size() <= limit) return out;
  constexpr std::string_view kDots = "…";
  out.resize(limit - std::min(limit, kDots.size()));
  out.resize(out.size() - utf8::incomplete_tail(out));
  return out + std::string(kDots);
}

std::string safe_id(std::string_view text, const Secret& key) {
  std::string out;
  for (const char c : text.substr(0, 128)) {
    if (c > 0x20 && c < 0x7F) out += c;
  }
  return without_key(out, key.expose());
}

}  // namespace cactus::providers
