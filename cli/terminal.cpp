#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/environment.h"
#include "cli/files.h"
#include "cli/redact.h"
#include "cli/render/sanitise.h"

namespace cactus::cli {
namespace {

const char* code(Style style) {
  switch (style) {
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::red:
      return "\x1b[1;31m";
    case Style::yellow:
      return "\x1b[33m";
    case Style::green:
      return "\x1b[32m";
    case Style::cyan:
      return "\x1b[36m";
  }
  return "";
}

bool set_and_not_zero(const char* name) {
  const auto value = env(name);
  return value && *value != "0";
}

}  // namespace

Result<ColorMode> parse_color_mode(std::string_view text) {
  if (text == "auto") return ColorMode::automatic;
  if (text == "always") return ColorMode::always;
  if (text == "never") return ColorMode::never;
  return make_error(ErrorKind::usage, "colour mode '" + std::string(text) + "' is not known",
                    "it is auto, always or never");
}

bool use_color(ColorMode mode, bool tty) {
  if (mode != ColorMode::automatic) return mode == ColorMode::always;
  if (set_and_not_zero("FORCE_COLOR")) return true;
  if (env("NO_COLOR")) return false;
  if (set_and_not_zero("CLICOLOR_FORCE")) return true;
  if (env("CLICOLOR") == "0" || env("TERM") == "dumb") return false;
  return tty;
}

Terminal::Terminal(ColorMode color)
    : in_tty_(isatty(STDIN_FILENO) != 0),
      out_tty_(isatty(STDOUT_FILENO) != 0),
      err_tty_(isatty(STDERR_FILENO) != 0) {
  set_color(color);
}

void Terminal::set_color(ColorMode mode) {
  out_color_ = use_color(mode, out_tty_);
  err_color_ = use_color(mode, err_tty_);
}

int Terminal::width() const {
  for (const int fd : {STDERR_FILENO, STDOUT_FILENO, STDIN_FILENO}) {
    winsize size{};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  return 80;
}

bool Terminal::out(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (closed_ || !failure_.empty()) return false;
  if (write_fully(STDOUT_FILENO, text)) return true;
  if (errno == EPIPE)
    closed_ = true;
  else
    failure_ = std::strerror(errno);
  return false;
}

void Terminal::err(std::string_view text) {
  const std::lock_guard lock(mutex_);
  write_fully(STDERR_FILENO, text);
}

void Terminal::note(std::string_view line) {
  if (!quiet_) err(styled(Style::dim, sanitise(redact::text(line))) + "\n");
}

void Terminal::warn(std::string_view line) {
  if (!quiet_) err(styled(Style::yellow, "warning:") + " " + sanitise(redact::text(line)) + "\n");
}

void Terminal::error(const Error& original) {
  const Error error = redact::error(original);
  std::string text = styled(Style::red, "error:") + " " + sanitise(error.what) + "\n";
  if (!error.why.empty()) text += "  why: " + sanitise(error.why) + "\n";
  if (!error.fix.empty()) text += "  try: " + styled(Style::bold, sanitise(error.fix)) + "\n";
  err(text);
}

std::string Terminal::styled(Style style, std::string_view text) const {
  if (!err_color_) return std::string(text);
  return code(style) + std::string(text) + "\x1b[0m";
}

}  // namespace cactus::cli
