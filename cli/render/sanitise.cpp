#include "cli/render/sanitise.h"

#include "engine/base/utf8.h"

namespace cactus::cli {

void Sanitiser::put(std::string& out, char32_t c) {
  constexpr char32_t kEscape = 0x1B, kBell = 0x07, kStringEnd = 0x9C;
  switch (state_) {
    case State::string:
      if (c == kEscape) {
        state_ = State::string_escape;
        return;
      }
      if (c == kBell || c == kStringEnd) {
        state_ = State::text;
        return;
      }
      if (c != '\n') return;
      state_ = State::text;  // no sequence of use spans lines: do not swallow the answer
      break;
    case State::string_escape:
      if (c == '\\') {
        state_ = State::text;
        return;
      }
      state_ = State::escape;  // ESC in a string ends it and begins something else
      put(out, c);
      return;
    case State::escape:
      if (c == '[') {
        state_ = State::csi;
        return;
      }
      if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_') {
        state_ = State::string;
        return;
      }
      if (c == kEscape || (c >= 0x20 && c <= 0x2F)) return;  // intermediate bytes: more follows
      state_ = State::text;
      if (c >= 0x30 && c <= 0x7E) return;  // the final byte
      break;
    case State::csi:
      if (c >= 0x20 && c <= 0x3F) return;
      state_ = State::text;
      if (c >= 0x40 && c <= 0x7E) return;
      break;
    case State::text:
      break;
  }
  if (c == kEscape)
    state_ = State::escape;
  else if (c == 0x9B)
    state_ = State::csi;
  else if (c == 0x9D || c == 0x90 || c == 0x98 || c == 0x9E || c == 0x9F)
    state_ = State::string;
  else if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7F && !(c >= 0x80 && c <= 0x9F)))
    utf8::append(out, c);
}

std::string Sanitiser::feed(std::string_view text) {
  std::string joined;
  if (!held_.empty()) {
    joined = held_ + std::string(text);
    held_.clear();
    text = joined;
  }
  const std::size_t tail = utf8::incomplete_tail(text);
  held_ = std::string(text.substr(text.size() - tail));
  text.remove_suffix(tail);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const utf8::Decoded next = utf8::decode(text);
    put(out, next.code_point);
    text.remove_prefix(next.length);
  }
  return out;
}

std::string Sanitiser::finish() {
  std::string out;
  if (!held_.empty()) put(out, 0xFFFD);
  held_.clear();
  state_ = State::text;
  return out;
}

std::string sanitise(std::string_view text) {
  Sanitiser sanitiser;
  std::string out = sanitiser.feed(text);
  return out + sanitiser.finish();
}

}  // namespace cactus::cli
