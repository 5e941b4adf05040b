// A vocabulary by the bytes of its tokens, to find all that an acceptor takes next.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/constrain/acceptor.h"

namespace cactus::constrain {

// One bit a token id.
class TokenSet {
 public:
  explicit TokenSet(std::size_t ids = 0) : words_((ids + 63) / 64) {}
  void add(std::int32_t id) { words_[index(id)] |= bit(id); }
  bool has(std::int32_t id) const {
    return id >= 0 && index(id) < words_.size() && (words_[index(id)] & bit(id)) != 0;
  }
  void clear() { words_.assign(words_.size(), 0); }
  std::span<const std::uint64_t> words() const { return words_; }

 private:
  static std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id) / 64; }
  static std::uint64_t bit(std::int32_t id) { return std::uint64_t{1} << (id % 64); }
  std::vector<std::uint64_t> words_;
};

class TokenTrie {
 public:
  TokenTrie() = default;
  // Tokens as (bytes, id); empty ones are left out. Several may have the same bytes.
  explicit TokenTrie(std::vector<std::pair<std::string, std::int32_t>> tokens);

  // Adds to `out` every token whose bytes `state` takes one after the other.
  void collect(const Acceptor& state, TokenSet& out) const;

 private:
  struct Node {
    std::uint32_t next = 0;      // the node after this one's subtree
    std::uint32_t first_id = 0;  // ids_ from here on end at this node …
    std::uint32_t ids = 0;       // … so many
    unsigned char byte = 0;
  };
  std::uint32_t build(std::span<const std::pair<std::string, std::int32_t>> tokens,
                      std::size_t depth);
  void collect(std::uint32_t begin, std::uint32_t end, const Acceptor& state, TokenSet& out) const;

  std::vector<Node> nodes_;  // in the order of a depth-first walk
  std::vector<std::int32_t> ids_;
};

}  // namespace cactus::constrain
