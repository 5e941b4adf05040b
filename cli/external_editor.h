// The user's own editor for longer texts.
#pragma once
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cactus::cli {

// Opens `text` in CACTUS_EDITOR, VISUAL, EDITOR or vi and returns what it holds afterwards.
// The terminal is in its ordinary mode meanwhile. `suffix` (".md") tells the editor what the text
// is.
Result<std::string> edit_text(std::string_view text, std::string_view suffix);

}  // namespace cactus::cli
