// The merges that are possible in a long piece: lowest rank first, then leftmost.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/tokenizer/flat_map.h"

namespace cactus::text {

// Merging goes through a piece from left to right, so candidates of one rank nearly always arrive
// in order. Those are kept in one list for each rank, which costs a constant time each however long
// the piece; the few others wait in a heap.
class MergeQueue {
 public:
  struct Candidate {
    std::uint32_t rank;
    std::uint32_t position;
  };

  void push(Candidate c);
  // False when it is empty; then everything is as new, and memory is kept.
  bool pop(Candidate& c);
  // Operations since construction: what tests hold against the length of the text.
  std::uint64_t operations() const { return operations_; }

 private:
  struct Node {
    std::uint32_t position, next;
  };
  struct List {
    std::uint32_t rank, first, last;  // first: none where it is empty
  };
  static constexpr std::uint32_t none = UINT32_MAX;

  void push_ordered(std::vector<std::uint64_t>& heap, std::uint64_t order);
  void pop_ordered(std::vector<std::uint64_t>& heap);

  FlatMap list_of_rank_;
  std::vector<List> lists_;
  std::vector<Node> nodes_;
  std::vector<std::uint64_t> ranks_;      // heap of rank << 32 | list, of the lists with candidates
  std::vector<std::uint64_t> unordered_;  // heap of rank << 32 | position
  std::uint64_t operations_ = 0;
};

}  // namespace cactus::text
