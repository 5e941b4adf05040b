// Markdown on a terminal while it streams: headings and **bold** bold, `code` in a colour, fences
// as a dim rule with the language, list items indented. What was printed is never repainted, so
// every decision waits only for the few characters that it needs; tables stay as they are.
#pragma once
#include <string>
#include <string_view>

namespace cactus::cli {

// Feed it sanitised text (the only escape sequences in its output are its own).
class MarkdownStyler {
 public:
  std::string feed(std::string_view text);
  std::string finish();

 private:
  void take(std::string& out, char c);
  bool start_line(std::string& out, bool complete);
  void inline_char(std::string& out, char c);
  void flush_star(std::string& out, char next);
  void set_bold(std::string& out, bool on);
  void set_code(std::string& out, bool on);
  void end_line(std::string& out);

  std::string held_;      // a line's beginning, until it shows what the line is
  bool at_start_ = true;  // of a line
  bool in_fence_ = false;
  std::string fence_;  // what opened it: the same character, at least as often, closes it
  bool heading_ = false, bold_ = false, code_ = false;
  int stars_ = 0;  // '*' seen in a row, not decided yet
  char previous_ = '\n';
};

}  // namespace cactus::cli
