// Commands inside a chat: exact names, arguments after them.
#pragma once
#include <string>
#include <vector>

#include "cli/repl/chat.h"

namespace cactus::cli {

// `line` begins with '/'. usage for an unknown command, with the nearest one.
Status run_slash(ChatState& chat, const std::string& line);
// "/help", "/exit", …
std::vector<std::string> slash_names();

}  // namespace cactus::cli
