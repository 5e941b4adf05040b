// Tab in a chat: slash commands, their arguments, saved conversations, paths.
#pragma once
#include "cli/repl/line_source.h"

namespace cactus::cli {

WordChoices complete_line(std::string_view line_to_cursor);

}  // namespace cactus::cli
