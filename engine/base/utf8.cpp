#include "engine/base/utf8.h"

#include <algorithm>

namespace cactus::utf8 {
namespace {

struct Lead {
  std::size_t length;           // of the whole sequence, 0 for a byte that cannot lead
  unsigned char low, high;      // allowed range of the second byte
};

Lead lead(unsigned char b) {
  if (b < 0x80) return {1, 0, 0};
  if (b < 0xC2) return {0, 0, 0};
  if (b < 0xE0) return {2, 0x80, 0xBF};
  if (b == 0xE0) return {3, 0xA0, 0xBF};
  if (b == 0xED) return {3, 0x80, 0x9F};
  if (b < 0xF0) return {3, 0x80, 0xBF};
  if (b == 0xF0) return {4, 0x90, 0xBF};
  if (b < 0xF4) return {4, 0x80, 0xBF};
  if (b == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// Bytes of `text` that agree with the sequence its first byte leads (at least 1).
std::size_t matching(std::string_view text, const Lead& l) {
  std::size_t n = 1;
  while (n < l.length && n < text.size()) {
    const auto b = static_cast<unsigned char>(text[n]);
    const bool good = n == 1 ? (b >= l.low && b <= l.high) : (b & 0xC0) == 0x80;
    if (!good) break;
    ++n;
  }
  return n;
}

}  // namespace

Decoded decode(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const Lead l = lead(first);
  if (l.length == 0) return {};
  const std::size_t n = matching(text, l);
  if (n < l.length) return {0xFFFD, n, false};
  if (l.length == 1) return {first, 1, true};
  auto code = static_cast<char32_t>(first & (0x7F >> l.length));
  for (std::size_t i = 1; i < n; ++i) {
    code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  return {code, n, true};
}

void append(std::string& out, char32_t c) {
  auto put = [&](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

bool is_valid(std::string_view text) {
  while (!text.empty()) {
    const Decoded d = decode(text);
    if (!d.valid) return false;
    text.remove_prefix(d.length);
  }
  return true;
}

std::string sanitize(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded d = decode(text);
    if (d.valid) {
      out.append(text.substr(0, d.length));
    } else {
      append(out, 0xFFFD);
    }
    text.remove_prefix(d.length);
  }
  return out;
}

std::size_t incomplete_tail(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const std::string_view tail = text.substr(text.size() - back);
    const Lead l = lead(static_cast<unsigned char>(tail[0]));
    if (l.length > back && matching(tail, l) == back) return back;
    if (l.length != 0) return 0;
  }
  return 0;
}

}  // namespace cactus::utf8
