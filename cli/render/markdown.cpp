#include "cli/render/markdown.h"

#include <algorithm>
#include <cctype>

namespace cactus::cli {
namespace {

constexpr char kBold[] = "\x1b[1m", kBoldOff[] = "\x1b[22m";
constexpr char kCode[] = "\x1b[36m", kCodeOff[] = "\x1b[39m";
constexpr char kDim[] = "\x1b[2m";
constexpr std::size_t kMaxIndent = 3;  // deeper is not a heading or a fence (CommonMark)

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

std::size_t run_of(std::string_view text, char c) {
  return std::min(text.find_first_not_of(c), text.size());
}

std::string rule(std::string_view language) {
  std::string text = std::string(kDim) + "────";
  if (!language.empty()) text += " " + std::string(language) + " ────";
  return text + kBoldOff + "\n";
}

std::string trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

}  // namespace

std::string MarkdownStyler::feed(std::string_view text) {
  std::string out;
  for (const char c : text) take(out, c);
  return out;
}

std::string MarkdownStyler::finish() {
  std::string out;
  if (at_start_ && !held_.empty()) start_line(out, true);
  flush_star(out, '\n');
  set_code(out, false);
  set_bold(out, false);
  if (heading_) out += kBoldOff;
  *this = MarkdownStyler();
  return out;
}

void MarkdownStyler::take(std::string& out, char c) {
  if (!at_start_) {
    inline_char(out, c);
    return;
  }
  if (c == '\n') {
    start_line(out, true);
    if (!at_start_) inline_char(out, '\n');
    return;
  }
  held_ += c;
  start_line(out, false);
}

// Decides what the line in held_ is, if it can; `complete`: nothing follows on this line. Leaves
// at_start_ false when the rest of the line goes through inline_char.
bool MarkdownStyler::start_line(std::string& out, bool complete) {
  const std::size_t indent = run_of(held_, ' ');
  const std::string_view rest = std::string_view(held_).substr(indent);
  if (indent <= kMaxIndent && (rest.empty() || rest[0] == '`' || rest[0] == '~')) {
    const std::size_t ticks = rest.empty() ? 0 : run_of(rest, rest[0]);
    const bool fence =
        ticks >= 3 && (!in_fence_ || (rest[0] == fence_[0] && ticks >= fence_.size()));
    if (!complete && (ticks == rest.size() || fence)) return false;
    const std::string info = trim(rest.substr(ticks));
    if (fence && (in_fence_ ? info.empty() : info.find('`') == std::string::npos)) {
      out += rule(in_fence_ ? "" : info);
      if (!in_fence_) fence_ = std::string(rest.substr(0, ticks));
      in_fence_ = !in_fence_;
      held_.clear();
      return true;
    }
  } else if (!in_fence_ && indent <= kMaxIndent && rest[0] == '#') {
    const std::size_t level = run_of(rest, '#');
    if (!complete && level == rest.size() && level <= 6) return false;
    if (level <= 6 && level < rest.size() && rest[level] == ' ') {
      held_ = std::string(rest.substr(level + 1));
      heading_ = true;
      out += kBold;
    }
  } else if (!in_fence_ && !rest.empty() && (rest[0] == '-' || rest[0] == '*' || rest[0] == '+')) {
    if (!complete && rest.size() == 1) return false;
    if (rest.size() > 1 && rest[1] == ' ')
      held_ = "  " + held_.substr(0, indent) + "• " + std::string(rest.substr(2));
  } else if (!in_fence_ && !rest.empty() && std::isdigit(static_cast<unsigned char>(rest[0]))) {
    std::size_t digits = 0;
    while (digits < rest.size() && std::isdigit(static_cast<unsigned char>(rest[digits]))) ++digits;
    if (!complete && digits < 4 && digits + 1 >= rest.size()) return false;
    if (digits + 1 < rest.size() && (rest[digits] == '.' || rest[digits] == ')') &&
        rest[digits + 1] == ' ')
      held_ = "  " + held_;
  } else if (!complete && rest.empty()) {
    return false;
  }
  at_start_ = false;
  const std::string line = std::move(held_);
  held_.clear();
  previous_ = ' ';
  for (const char c : line) inline_char(out, c);
  return true;
}

void MarkdownStyler::inline_char(std::string& out, char c) {
  if (c == '\n') {
    flush_star(out, c);
    end_line(out);
    return;
  }
  if (!in_fence_ && !code_ && c == '*') {
    ++stars_;
    return;
  }
  flush_star(out, c);
  if (!in_fence_ && c == '`') {
    set_code(out, !code_);
  } else {
    out += c;
  }
  previous_ = c;
}

// Two stars open bold before a word and close it after one; any other number stays as it is.
void MarkdownStyler::flush_star(std::string& out, char next) {
  if (stars_ == 0) return;
  const int stars = stars_;
  stars_ = 0;
  if (stars == 2 && !bold_ && !blank(next)) {
    set_bold(out, true);
  } else if (stars == 2 && bold_ && !blank(previous_)) {
    set_bold(out, false);
  } else {
    out.append(static_cast<std::size_t>(stars), '*');
  }
  previous_ = '*';
}

void MarkdownStyler::set_bold(std::string& out, bool on) {
  if (bold_ == on) return;
  bold_ = on;
  if (!heading_) out += on ? kBold : kBoldOff;
}

void MarkdownStyler::set_code(std::string& out, bool on) {
  if (code_ == on) return;
  code_ = on;
  out += on ? kCode : kCodeOff;
}

void MarkdownStyler::end_line(std::string& out) {
  set_code(out, false);
  set_bold(out, false);
  if (heading_) out += kBoldOff;
  heading_ = false;
  out += '\n';
  at_start_ = true;
  previous_ = '\n';
}

}  // namespace cactus::cli
