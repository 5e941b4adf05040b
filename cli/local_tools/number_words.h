// Numbers as people say them: "forty-two", "a hundred and five", "two point five", "three and a
// half", "2 million", "first". Words are lower case, "twenty-one" split at its hyphen.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/local_tools/rational.h"

namespace cactus::cli {

struct WordNumber {
  Rational value;
  std::size_t used = 0;  // words that belong to it; 0: no number stands here
};

// The number that `words` begins with.
WordNumber number_in_words(std::span<const std::string> words);
// What follows a number in digits: "million", "dozen", "and a half". used is 0 when nothing does.
WordNumber scaled_by_words(const Rational& number, std::span<const std::string> words);

// 1 to 31: "first", "third", "21st", "31st", "twentieth"; not "twenty first", which is two words.
std::optional<int> ordinal_word(std::string_view word);
// "half" 2, "thirds" 3, "quarter" 4, … "tenth" 10, "hundredth", "thousandth".
std::optional<int> fraction_word(std::string_view word);
// 0 to 19, 20, 30, … 90.
std::optional<int> small_number_word(std::string_view word);

}  // namespace cactus::cli
