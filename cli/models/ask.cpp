#include "cli/models/ask.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "cli/environment.h"
#include "cli/signals.h"

namespace cactus::cli {

bool can_ask(const Context& context) {
  return context.terminal.in_tty() && context.terminal.err_tty() && context.format == Format::text;
}

Result<bool> always_yes() {
  return env_bool("CACTUS_YES", false);
}

Result<bool> ask(Context& context, const std::string& question, bool fallback) {
  const signals::PhaseScope idle(signals::Phase::idle);
  for (;;) {
    context.terminal.err(question + (fallback ? " [Y/n] " : " [y/N] "));
    std::string line;
    char byte = 0;
    for (;;) {
      // A Ctrl-C between two looks at the flag interrupts nothing, so nothing waits for long.
      pollfd input{STDIN_FILENO, POLLIN, 0};
      const bool interrupted = signals::exit_code() != 0;
      if (!interrupted && ::poll(&input, 1, 100) <= 0) continue;
      const ssize_t n = interrupted ? 0 : ::read(STDIN_FILENO, &byte, 1);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        context.terminal.err("\n");
        return make_error(ErrorKind::cancelled, "");
      }
      if (byte == '\n') break;
      line += byte;
    }
    if (line.empty()) return fallback;
    if (line == "y" || line == "Y" || line == "yes" || line == "Yes") return true;
    if (line == "n" || line == "N" || line == "no" || line == "No") return false;
  }
}

}  // namespace cactus::cli
