#include "cli/keys/ask.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "cli/signals.h"

namespace cactus::cli {
namespace {

constexpr std::size_t kLongest = 64u << 10;

// Keys are not shown while it lives.
class Unseen {
 public:
  Unseen() : active_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!active_) return;
    termios hidden = before_;
    hidden.c_lflag &= static_cast<tcflag_t>(~ECHO);
    hidden.c_lflag |= ECHONL | ICANON;
    // Quitting by Ctrl-\ would leave the terminal silent, and a core dump with the key in it.
    hidden.c_cc[VQUIT] = _POSIX_VDISABLE;
    // FLUSH: what was typed before the question is no key.
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  ~Unseen() {
    if (active_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_{};  // first: it is filled while active_ is made
  bool active_;
};

// A line of standard input, byte by byte so that nothing after it is taken.
Result<std::string> read_line() {
  // A reserved buffer is not moved while it grows, so that wiping it wipes all of it.
  std::string line;
  line.reserve(kLongest);
  for (;;) {
    char c = 0;
    const ssize_t n = read(STDIN_FILENO, &c, 1);
    if (n < 0 && errno == EINTR) {
      if (signals::exit_code() == 0) continue;
      wipe(line);
      return make_error(ErrorKind::cancelled, "");
    }
    if (n <= 0 && line.empty()) return make_error(ErrorKind::cancelled, "no answer came");
    if (n <= 0 || c == '\n') return line;
    if (line.size() < kLongest - 1) line += c;
  }
}

}  // namespace

bool can_ask(const Terminal& terminal) {
  return terminal.in_tty() && terminal.err_tty();
}

Result<std::string> ask_line(Terminal& terminal, std::string_view question) {
  terminal.err(question);
  return read_line();
}

Result<Secret> ask_hidden(Terminal& terminal, std::string_view question) {
  const Unseen unseen;
  terminal.err(question);
  CACTUS_TRY(line, read_line());
  return Secret::take(line);
}

Result<bool> ask_yes(Terminal& terminal, std::string_view question, bool fallback) {
  for (;;) {
    CACTUS_TRY(line,
               ask_line(terminal, std::string(question) + (fallback ? " [Y/n] " : " [y/N] ")));
    if (line.empty()) return fallback;
    for (const char* yes : {"y", "Y", "yes", "Yes", "YES"})
      if (line == yes) return true;
    for (const char* no : {"n", "N", "no", "No", "NO"})
      if (line == no) return false;
    terminal.err("yes or no, please\n");
  }
}

}  // namespace cactus::cli
