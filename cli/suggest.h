// "Did you mean": the nearest word by Damerau-Levenshtein distance.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cactus::cli {

// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal
// string alignment). Bytes, not code points: names of commands and options are ASCII.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, or an empty string: at most 2 edits, and at most a third of the
// word's length (but one edit is always allowed in words of 2 letters or more).
std::string closest(std::string_view word, std::span<const std::string> candidates);

}  // namespace cactus::cli
