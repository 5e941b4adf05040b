#include "cli/confirm.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "cli/render/format.h"
#include "cli/render/sanitise.h"
#include "cli/signals.h"
#include "cli/termios_state.h"

namespace cactus::cli {
namespace {

// The next key, 0 at the end of the input, or nothing when a signal came.
std::optional<char> read_key() {
  while (!signals::cancel()) {
    pollfd keys{STDIN_FILENO, POLLIN, 0};
    if (poll(&keys, 1, 100) <= 0) continue;
    char key = 0;
    return read(STDIN_FILENO, &key, 1) == 1 ? key : '\0';
  }
  return std::nullopt;
}

std::string summary(const Preview& preview) {
  std::string text = "hand off? " + preview.reason + " → " + preview.target + " at " +
                     preview.base_url + "\n  " + std::to_string(preview.messages) +
                     (preview.messages == 1 ? " message, " : " messages, ") +
                     format_bytes(static_cast<double>(preview.body.size()));
  for (const std::string& attachment : preview.attachments) text += ", " + attachment;
  if (preview.redactions > 0)
    text += ", " + std::to_string(preview.redactions) +
            (preview.redactions == 1 ? " place" : " places") + " taken out";
  text += preview.worst_cost ? "; costs at most " + format_dollars(*preview.worst_cost)
                             : "; the price is not known";
  return text + "\n";
}

}  // namespace

Permission confirm(Terminal& terminal, const Preview& preview) {
  if (!terminal.in_tty() || !terminal.err_tty()) return Permission::no;
  const termios_state::QuietKeys quiet(true);
  tcflush(STDIN_FILENO, TCIFLUSH);  // what was typed ahead was no answer to this
  terminal.err(sanitise(summary(preview)));
  for (;;) {
    terminal.err("  send? y sends, s shows everything, any other key keeps it here: ");
    const auto key = read_key();
    terminal.err(key == 'y' || key == 'Y' ? "yes\n" : key == 's' ? "\n" : "no\n");
    if (!key) return Permission::cancelled;
    if (*key == 'y' || *key == 'Y') return Permission::yes;
    if (*key != 's') return Permission::no;
    const auto parsed = parse_json(preview.body, "the request");
    terminal.err(sanitise(parsed ? dump_json(*parsed, 2) : preview.body) + "\n");
  }
}

}  // namespace cactus::cli
