// Where a chat's lines come from: the line editor on a terminal, plain lines otherwise.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/repl/history.h"
#include "cli/terminal.h"

namespace cactus::cli {

enum class InputEvent {
  line,
  interrupt,   // Ctrl-C
  end,         // Ctrl-D on an empty line, or the end of the input
  terminated,  // SIGTERM or SIGHUP
};
struct Input {
  InputEvent event = InputEvent::line;
  std::string line;  // without the newline that ended it; may hold others
};

class LineSource {
 public:
  virtual ~LineSource() = default;
  virtual Input read(const std::string& prompt) = 0;
};

// What may stand in place of the word that ends at the cursor.
struct WordChoices {
  std::size_t begin = 0;  // of the word, in bytes
  std::vector<std::string> words;
};
using Completer = std::function<WordChoices(std::string_view line_to_cursor)>;

// libedit: emacs keys, history, Ctrl-R, Tab, Ctrl-J and Alt-Enter for a newline, Ctrl-G for an
// editor, bracketed paste. Null when the terminal cannot be used for it.
std::unique_ptr<LineSource> edited_lines(Terminal& terminal, History& history, Completer completer);
// No prompt, no editing.
std::unique_ptr<LineSource> plain_lines();

}  // namespace cactus::cli
