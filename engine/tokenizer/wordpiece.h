// WordPiece (BERT): the longest token that begins a word, then the longest that continues it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/vocab.h"

namespace cactus::text {

struct WordPieceOptions {
  std::int32_t unknown = Vocab::none;  // for a whole word that cannot be spelled
  std::string prefix = "##";           // of a token that continues a word
  std::size_t max_characters = 100;    // longer words are unknown
};

// Appends the ids of one word. Time O(characters × longest token).
void encode_word_piece(const Vocab& vocab, const WordPieceOptions& options, std::string_view word,
                       std::vector<std::int32_t>& ids);

}  // namespace cactus::text
