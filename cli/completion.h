// Tab completion: what may follow, found by walking the command tree; and the shells' scripts,
// which ask `cactus __complete`.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cli/introspect.h"

namespace cactus::cli {

struct Candidate {
  std::string word;
  std::string help;
};

struct Completion {
  std::vector<Candidate> candidates;
  bool files = false;  // the shell's own completion of file names
};

// `words` are those after the program's name; the last one is being typed (and may be empty).
Completion complete(const CommandDoc& root, const std::vector<std::string>& words);

// The script for "bash", "zsh" or "fish"; empty for another shell.
std::string completion_script(std::string_view shell);

}  // namespace cactus::cli
