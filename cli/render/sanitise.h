// Model output on a terminal: what could move the cursor, change the title or write the clipboard
// is taken out; text, newlines and tabs stay.
#pragma once
#include <string>
#include <string_view>

namespace cactus::cli {

// Streaming: text may be cut anywhere, inside a code point or an escape sequence included.
// Dropped: C0 and C1 controls except \n and \t, DEL, and whole escape sequences (CSI, OSC, DCS,
// SOS, PM, APC, two-character ones), which an unterminated string sequence ends at the next
// newline. Invalid UTF-8 becomes U+FFFD; an incomplete code point is held back until it is whole.
class Sanitiser {
 public:
  std::string feed(std::string_view text);
  // The end: what was held back, as U+FFFD.
  std::string finish();

 private:
  enum class State { text, escape, csi, string, string_escape };
  void put(std::string& out, char32_t code_point);

  State state_ = State::text;
  std::string held_;
};

std::string sanitise(std::string_view text);

}  // namespace cactus::cli
