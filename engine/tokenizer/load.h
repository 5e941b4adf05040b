// Reads tokenizer.json and tokenizer_config.json.
#pragma once
#include <memory>
#include <string_view>

#include "engine/tokenizer/tokenizer_impl.h"

namespace cactus::text {

// What tokenizer_config.json says that tokenizer.json does not.
struct TokenizerConfig {
  std::string bos, eos;  // the tokens' texts, empty where there is none
  bool add_bos = false;

  // Empty `json` gives the defaults. Errors: incompatible.
  static Result<TokenizerConfig> load(std::string_view json);
};

// Everything of a tokenizer.json's "model" but its vocabulary and merges.
struct ModelOptions {
  std::string type;
  std::string unknown, prefix, suffix;
  bool prefix_given = false;
  bool fuse_unknown = false, byte_fallback = false, ignore_merges = false;
  std::int64_t max_characters = 100;
};

}  // namespace cactus::text
