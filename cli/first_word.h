// `cactus run WORDS…`: whether the first word names a model or begins a prompt for the built-in
// one.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace cactus::cli {

// The first word is a prompt's when it cannot be a model's name: when it has white space in it, is
// arithmetic or an amount ("12*7", "18%", "5 miles"), ends with '?', or is one of the words that
// requests begin with ("what", "convert", "roll", …). Where something exists under that name
// (`exists`), it is the model all the same.
//
// Moves what belongs to the prompt from `model` to the front of `words`; `model` is then "builtin".
void split_first_word(std::string& model, std::vector<std::string>& words,
                      const std::function<bool(const std::string& name)>& exists);

// For an error about a name that is no model's: what to type if a prompt was meant; empty for names
// that only a model can have ("org/name", "./folder").
std::string meant_as_prompt(const std::string& model, const std::vector<std::string>& words);

}  // namespace cactus::cli
