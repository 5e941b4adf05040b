// Questions to the person at the terminal: written to standard error, answered on standard input.
#pragma once
#include <string>
#include <string_view>

#include "cli/terminal.h"
#include "engine/base/result.h"
#include "engine/base/secret.h"

namespace cactus::cli {

// Whether there is somebody to ask: standard input and standard error are a terminal.
bool can_ask(const Terminal& terminal);

// One line, without the newline. cancelled at the end of input (Ctrl-D).
Result<std::string> ask_line(Terminal& terminal, std::string_view question);
// The same without showing what is typed. The terminal's mode comes back whatever happens: signals
// restore it (cli/termios_state.h), Ctrl-\ does nothing meanwhile.
Result<Secret> ask_hidden(Terminal& terminal, std::string_view question);
// "question [y/N] ": `fallback` for an empty line; asks again for anything but yes and no.
Result<bool> ask_yes(Terminal& terminal, std::string_view question, bool fallback);

}  // namespace cactus::cli
