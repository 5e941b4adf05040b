// What a loaded tokenizer is made of.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/decoder.h"
#include "engine/tokenizer/normalizer.h"
#include "engine/tokenizer/post_processor.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/vocab.h"
#include "engine/tokenizer/wordpiece.h"

namespace cactus {

struct Tokenizer::Impl {
  explicit Impl(std::size_t expected_tokens) : vocab(expected_tokens) {}

  struct Call;  // one encode call

  Status encode_section(std::string_view section, bool at_start, std::span<const PlainSpan> plain,
                        bool parse_added, Call& call) const;
  Status encode_text(std::string text, bool at_start, Call& call) const;

  text::Vocab vocab;               // of the model, and the added tokens
  std::unique_ptr<text::Bpe> bpe;  // null: WordPiece
  text::WordPieceOptions word_piece;
  text::AddedTokens raw_added;  // looked for in the text as it is
  text::AddedTokens normalized_added;
  text::Normalizer normalizer;
  text::PreTokenizer pre_tokenizer;
  text::PostProcessor post_processor;
  text::DecoderSpec decoder;
  std::vector<std::uint8_t> flags;  // by id: special_flag, control_flag
  std::optional<std::int32_t> bos, eos;

  static constexpr std::uint8_t special_flag = 1;
  static constexpr std::uint8_t control_flag = 2;
  bool has_flag(std::int32_t id, std::uint8_t flag) const {
    return id >= 0 && static_cast<std::size_t>(id) < flags.size() &&
           (flags[static_cast<std::size_t>(id)] & flag) != 0;
  }
};

}  // namespace cactus
