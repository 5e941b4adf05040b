// Texts to token ids and back, as JSON: the library behind `cactus debug tokens`.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/tokenizer/tokenizer.h"

namespace cactus {

// The tokenizer of a bundle or of a Hugging Face folder; no weights are read. Errors: not_found,
// incompatible.
Result<std::unique_ptr<const Tokenizer>> open_tokenizer(const std::filesystem::path& folder);

// `texts_json`: a list of texts. Returns a list of id lists, on one line; with `add_special`, each
// with what the tokenizer puts around a text. Errors: usage, naming `name` and the entry.
Result<std::string> encode_texts(const Tokenizer& tokenizer, std::string_view texts_json,
                                 std::string_view name, bool add_special);

// `ids_json`: a list of id lists (or one list of ids). Returns a list of texts; with
// `skip_special`, without special tokens. Errors: usage, naming `name` and the entry.
Result<std::string> decode_ids(const Tokenizer& tokenizer, std::string_view ids_json,
                               std::string_view name, bool skip_special);

}  // namespace cactus
