// The text of a one-shot prompt: words of the command line, files, and standard input.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace cactus::cli {

struct PromptInput {
  std::vector<std::string> words;  // joined by one space; a lone "-" is where stdin goes
  std::string prompt;              // -p
  std::vector<std::string> files;  // -f
};

// What is asked: text, and what came over standard input when that is an image or a sound.
struct Prompt {
  std::string text;
  std::string attached;
};

// UTF-8 text, or a usage error that says what `name` is instead.
Status check_text(std::string_view bytes, std::string_view name);

// Instruction first, data after: words (and -p), then files, then stdin (unless "-" placed it),
// each after a blank line. `read_stdin` returns the piped text and is called at most once, and only
// if `has_stdin` or "-" asks for it. An image or a sound there is attached, unless "-" says where
// its text would go.
Result<Prompt> assemble_prompt(const PromptInput& input, bool has_stdin,
                                    const std::function<Result<std::string>()>& read_stdin);

// TEXT, or the contents of a file for "@file".
Result<std::string> text_or_file(const std::string& argument);

}  // namespace cactus::cli
