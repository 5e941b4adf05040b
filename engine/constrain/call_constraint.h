// Holds a model's replies to the tools it was offered, token by token.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/constrain/said.h"
#include "engine/constrain/token_trie.h"
#include "engine/sample/token_constraint.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tools/reply_format.h"

namespace cactus::constrain {

// A tokenizer's tokens as bytes, in the alphabet of one call syntax. Immutable; built once for a
// model (some milliseconds for each ten thousand tokens).
class Vocabulary {
 public:
  // `stop_ids`: ends of turns, sorted. Errors: usage, when the syntax has no grammar or a marker of
  // it is no control token here.
  static Result<std::shared_ptr<const Vocabulary>> create(const Tokenizer& tokenizer,
                                                          const CallSyntax& syntax,
                                                          std::span<const std::int32_t> stop_ids);

  const CallSyntax& syntax() const { return *syntax_; }
  std::size_t size() const { return bytes_.size(); }
  // Empty for control tokens that mean nothing here and ids without a token.
  const std::string& bytes(std::int32_t id) const { return bytes_[static_cast<std::size_t>(id)]; }
  const TokenTrie& all() const { return all_; }
  // Inside a string: tokens that stay in it whatever follows, and those that may not.
  const TokenSet& plain() const { return plain_; }
  const TokenTrie& others() const { return others_; }

 private:
  const CallSyntax* syntax_ = nullptr;
  std::vector<std::string> bytes_;
  TokenTrie all_, others_;
  TokenSet plain_;
};

// Without tools, a model that must decide can only say that none fits. With `request`, the texts
// and numbers of calls are copied out of it (said.h). `must_call`: it does not decline at once, if
// there is any tool it could call. Errors: as compile_schema.
Result<std::unique_ptr<TokenConstraint>> constrain_calls(
    std::shared_ptr<const Vocabulary> vocabulary, const Json& tools,
    const std::optional<std::string>& request = std::nullopt, bool must_call = false);

}  // namespace cactus::constrain
