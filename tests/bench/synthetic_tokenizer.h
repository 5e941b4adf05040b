// A tokenizer.json of Gemma 4's shape (262,144 tokens, about 515,000 merges, 32 MB, indented as the
// reference library writes it), made of invented words, and text in those words.
#pragma once
#include <cstddef>
#include <string>

namespace cactus::bench {

struct SyntheticTokenizer {
  std::string json;
  std::size_t tokens = 0, merges = 0;
};

SyntheticTokenizer make_gemma_shape();

// `bytes` of words, frequent ones more often (Zipf), with punctuation, numbers and line ends.
std::string make_text(std::size_t bytes);

}  // namespace cactus::bench
