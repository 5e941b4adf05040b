// `handoff = ask`: shows what would be sent, and to whom, and asks.
#pragma once
#include "cli/terminal.h"
#include "router/chain.h"

namespace cactus::cli {

// On standard error and the keyboard, one key: y sends, s shows every byte first, anything else
// does not send. Ctrl-C is `cancelled`. Without a terminal: no.
Permission confirm(Terminal& terminal, const Preview& preview);

}  // namespace cactus::cli
