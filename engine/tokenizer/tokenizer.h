// Text to token ids and back, as a model's tokenizer.json says.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/plain_span.h"
#include "engine/base/result.h"

namespace cactus {

namespace text {
class Loader;
}

struct EncodeOptions {
  bool add_special = false;          // what the post-processor adds around a text (bos, [CLS], …)
  bool parse_added = true;           // recognise added tokens in the text at all
  std::span<const PlainSpan> plain;  // no control token is recognised in or across these
};

// Immutable; any number of threads may use one.
//
// A control token is an added token that steers the model: one marked special, or one written as
// markup that is not an HTML tag ("<think>", "<|0.00|>"). Runs of line ends and HTML tags, which
// some vocabularies also list as added tokens, are ordinary text and stay so in plain spans.
class Tokenizer {
 public:
  // `tokenizer_config_json` may be empty: then no bos and eos are known beyond the
  // post-processor's. Errors: incompatible, for broken JSON, a component that is not supported
  // (named), ids or merges that contradict each other.
  static Result<std::unique_ptr<const Tokenizer>> load(std::string_view tokenizer_json,
                                                       std::string_view tokenizer_config_json);
  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // Parts of `text` that are not UTF-8 count as U+FFFD. Errors: usage, where a tokenizer's regular
  // expression exceeds its limits on this text.
  Result<std::vector<std::int32_t>> encode(std::string_view text,
                                           const EncodeOptions& options = {}) const;

  // Ids that name no token are skipped.
  std::string decode(std::span<const std::int32_t> ids, bool skip_special) const;

  // The token written exactly so, as the vocabulary spells it ("▁the", "Ġthe", "<|im_end|>").
  std::optional<std::int32_t> token_id(std::string_view token) const;
  // Empty for an id that names no token. Lives as long as the tokenizer.
  std::string_view token_text(std::int32_t id) const;
  // The bytes it stands for inside a text (what a decoder cuts off at a text's ends is still
  // there); not always whole code points. Empty for an id that names no token.
  std::string token_bytes(std::int32_t id) const;
  bool is_special(std::int32_t id) const;  // left out by skip_special
  bool is_control(std::int32_t id) const;  // never comes out of a plain span

  // One more than the greatest id. The model's embedding may have more rows (padding).
  std::int32_t vocab_size() const;
  std::optional<std::int32_t> bos_id() const;
  std::optional<std::int32_t> eos_id() const;
  // Whether add_special begins every text with bos_id().
  bool adds_bos() const;

 private:
  friend class Detokenizer;
  friend class text::Loader;
  struct Impl;
  explicit Tokenizer(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

// Decodes token by token. What push and finish return is whole code points only and adds up to
// exactly what Tokenizer::decode gives for the same ids.
class Detokenizer {
 public:
  // The tokenizer must outlive it.
  explicit Detokenizer(const Tokenizer& tokenizer, bool skip_special = true);
  ~Detokenizer();
  Detokenizer(Detokenizer&&) noexcept;
  Detokenizer& operator=(Detokenizer&&) noexcept;

  std::string push(std::int32_t id);  // the text that is now certain, possibly none
  std::string finish();               // the rest; the next push begins a new text

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cactus
