// Where a text came from: what the template and the tokenizer must agree on about user text.
#pragma once
#include <cstddef>

namespace cactus {

// Bytes [begin, end) of a rendered text that came from what users, tools or documents said. A
// tokenizer must recognise no control token that overlaps one.
struct PlainSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const PlainSpan&) const = default;
};

}  // namespace cactus
