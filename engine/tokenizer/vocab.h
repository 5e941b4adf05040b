// The tokens of a vocabulary: text to id and id to text.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cactus::text {

class Vocab {
 public:
  static constexpr std::int32_t none = -1;
  static constexpr std::int64_t max_id = (1 << 22) - 1;  // 16 times the largest vocabulary known

  enum class Added { yes, duplicate_id, duplicate_text, bad_id, bad_text };

  explicit Vocab(std::size_t expected_tokens);

  // `text` must be UTF-8 and not empty.
  Added add(std::string_view text, std::int64_t id);

  std::int32_t find(std::string_view text) const;  // none where absent
  std::uint64_t hash(std::string_view text) const;
  std::int32_t find(std::string_view text, std::uint64_t hash) const;
  // What find(text, hash) will read, in this order, each a cache miss in a large vocabulary.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  void prefetch_token(std::uint64_t hash) const {
    __builtin_prefetch(tokens_.data() + (slots_[hash & mask_].id_plus_one - 1));
  }
  void prefetch_text(std::uint64_t hash) const {
    const std::uint32_t id_plus_one = slots_[hash & mask_].id_plus_one;
    if (id_plus_one != 0) __builtin_prefetch(arena_.data() + tokens_[id_plus_one - 1].offset);
  }

  // Empty for an id that names no token.
  std::string_view text(std::int32_t id) const {
    if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size()) return {};
    const Token& t = tokens_[static_cast<std::size_t>(id)];
    return {arena_.data() + t.offset, t.length};
  }
  std::int32_t size() const { return static_cast<std::int32_t>(tokens_.size()); }
  std::size_t longest() const { return longest_; }  // bytes

 private:
  struct Token {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;  // 0: no such token
  };
  // The upper half of the hash, and the id plus one (0: empty).
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t id_plus_one = 0;
  };

  void rehash(std::size_t slots);

  std::uint64_t seed_;
  std::string arena_;
  std::vector<Token> tokens_;
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  std::size_t count_ = 0;
  std::size_t longest_ = 0;
};

}  // namespace cactus::text
