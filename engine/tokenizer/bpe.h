// Byte-pair encoding (Sennrich et al. 2016), merging in the order of the reference: lowest rank
// first, then leftmost.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/flat_map.h"
#include "engine/tokenizer/merge_queue.h"
#include "engine/tokenizer/vocab.h"

namespace cactus::text {

struct BpeOptions {
  std::int32_t unknown = Vocab::none;  // stands for characters that are not in the vocabulary
  bool fuse_unknown = false;           // one unknown token for several such characters in a row
  bool byte_fallback = false;          // such characters become "<0xXX>" tokens instead
  bool ignore_merges = false;          // a piece that is a token needs no merges
  bool byte_level = false;             // the vocabulary spells bytes as letters (byte_letters.h)
  std::string prefix;                  // of every character but a piece's first
  std::string suffix;                  // of a piece's last character
};

// What one encode call keeps between pieces. Not to be shared between threads.
class BpeScratch;

// Immutable once built; any number of threads may use one.
class Bpe {
 public:
  // `prefix_bytes`: how much of a merge's right part is BpeOptions::prefix and falls away.
  Bpe(const Vocab& vocab, std::size_t expected_merges, std::size_t prefix_bytes = 0);
  // Adds a merge of "left" and "right" as the vocabulary spells them; ranks count from 0. A pair
  // that comes twice keeps the later rank. Merges are looked up in batches: end_merges() must
  // follow the last one. Both return false once a merge was wrong; merge_error() says which and
  // why.
  bool add_merge(std::string_view left, std::string_view right);
  bool end_merges();
  const std::string& merge_error() const { return merge_error_; }
  // No merge and no whole piece becomes this token any more: it is a control token, whose text was
  // cut out before, unless a user wrote it.
  void forbid(std::int32_t id);
  // After the last merge; the vocabulary no longer changes.
  void finish(const BpeOptions& options);
  const BpeOptions& options() const { return options_; }

  // Appends the ids of `piece` (UTF-8). Time O(n log n), whatever the piece.
  void encode(std::string_view piece, BpeScratch& scratch, std::vector<std::int32_t>& ids) const;

 private:
  friend class BpeScratch;
  static constexpr std::uint32_t no_rank = UINT32_MAX;  // of a forbidden merge

  // Null where the two do not merge.
  const FlatMap::Value* merge_of(std::int32_t left, std::int32_t right) const {
    const FlatMap::Value* merge = merges_.find(pair_key(left, right));
    return merge != nullptr && merge->first != no_rank ? merge : nullptr;
  }
  // A merge whose tokens are being fetched from memory: three tables would otherwise be waited for
  // one after the other, half a million times.
  struct Queued {
    std::size_t begin, left, right;  // in batch_text_: where, and the parts' bytes
    std::uint64_t left_hash, right_hash;
    std::int32_t left_id, right_id, joined_id;
  };
  static constexpr std::size_t batch_merges = 64;

  std::string_view joined_text(const Queued& merge, std::string& buffer) const;
  std::int32_t find_joined(std::string_view joined);
  static std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
    return (std::uint64_t{static_cast<std::uint32_t>(left)} << 32) |
           static_cast<std::uint32_t>(right);
  }
  static std::size_t seam_bit(char32_t left, char32_t right);
  bool can_join(char32_t left, char32_t right) const;
  std::int32_t character(std::string_view text, char32_t code, bool first, bool last) const;
  void symbols_of(std::string_view piece, BpeScratch& scratch) const;
  void symbols_of_bytes(std::string_view piece, BpeScratch& scratch) const;
  void encode_segment(BpeScratch& scratch, std::size_t begin, std::size_t end,
                      std::vector<std::int32_t>& ids) const;
  void merge_short(std::int32_t* symbols, std::size_t n, std::vector<std::int32_t>& ids) const;
  void merge_long(const std::int32_t* symbols, std::size_t n, BpeScratch& scratch,
                  std::vector<std::int32_t>& ids) const;

  const Vocab& vocab_;
  FlatMap merges_;  // pair_key -> rank, id
  std::size_t prefix_bytes_;
  std::uint32_t next_rank_ = 0;
  std::int32_t last_joined_ = Vocab::none;
  std::vector<Queued> batch_;
  std::string batch_text_, merge_error_;
  // A bit for every (last character of the left, first character of the right) of any merge,
  // hashed: where it is not set no merge ever crosses, and the text on both sides is independent.
  std::vector<std::uint64_t> seams_;
  std::vector<std::int32_t> characters_;         // code point below 0x10000 -> id or none
  std::array<std::int32_t, 256> bytes_{};        // byte_level: of each byte's letter
  std::array<std::int32_t, 256> byte_tokens_{};  // "<0xXX>"
  bool all_byte_tokens_ = false;
  std::vector<bool> forbidden_;  // by id; shorter than the vocabulary where the rest is allowed
  BpeOptions options_;
};

class BpeScratch {
 public:
  // Queue operations so far: what tests hold against the length of the text.
  std::uint64_t operations() const { return queue_.operations(); }

 private:
  friend class Bpe;
  static constexpr std::size_t cache_slots = 4096;
  static constexpr std::size_t cached_symbols = 24;  // longer segments are not remembered

  struct Symbol {  // doubly linked, for merge_long
    std::int32_t id;
    std::int32_t previous, next;  // -1: none
    bool alive;
  };
  // A segment seen before: where its symbols and its ids are kept.
  struct Cached {
    std::uint64_t hash = 0;
    std::uint32_t symbols = 0, ids = 0;
    std::uint16_t symbol_count = 0, id_count = 0;
  };

  std::vector<std::int32_t> symbols_;
  std::vector<char32_t> first_, last_;  // characters of each symbol, for the seams
  std::vector<Symbol> links_;
  MergeQueue queue_;
  std::vector<Cached> cache_;
  std::vector<std::int32_t> kept_symbols_, kept_ids_;
  std::size_t symbols_seen_ = 0;
};

}  // namespace cactus::text
