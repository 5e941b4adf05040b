#include "engine/tokenizer/merge_queue.h"

#include <algorithm>
#include <functional>

namespace cactus::text {

void MergeQueue::push_ordered(std::vector<std::uint64_t>& heap, std::uint64_t order) {
  heap.push_back(order);
  std::push_heap(heap.begin(), heap.end(), std::greater<>());
}

void MergeQueue::pop_ordered(std::vector<std::uint64_t>& heap) {
  std::pop_heap(heap.begin(), heap.end(), std::greater<>());
  heap.pop_back();
}

void MergeQueue::push(Candidate c) {
  ++operations_;
  const FlatMap::Value* known = list_of_rank_.find(c.rank);
  const std::uint32_t index =
      known != nullptr ? known->first : static_cast<std::uint32_t>(lists_.size());
  if (known == nullptr) {
    lists_.push_back({c.rank, none, none});
    list_of_rank_.set(c.rank, {index, 0});
  }
  List& list = lists_[index];
  if (list.first != none && nodes_[list.last].position > c.position) {
    push_ordered(unordered_, (std::uint64_t{c.rank} << 32) | c.position);
    return;
  }
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({c.position, none});
  if (list.first == none) {
    list.first = node;
    push_ordered(ranks_, (std::uint64_t{c.rank} << 32) | index);
  } else {
    nodes_[list.last].next = node;
  }
  list.last = node;
}

bool MergeQueue::pop(Candidate& c) {
  ++operations_;
  if (ranks_.empty() && unordered_.empty()) {
    if (!lists_.empty()) list_of_rank_ = FlatMap();
    lists_.clear();
    nodes_.clear();
    return false;
  }
  std::uint64_t listed = UINT64_MAX;
  if (!ranks_.empty()) {
    const List& list = lists_[ranks_.front() & UINT32_MAX];
    listed = (std::uint64_t{list.rank} << 32) | nodes_[list.first].position;
  }
  const bool from_list = unordered_.empty() || listed < unordered_.front();
  const std::uint64_t order = from_list ? listed : unordered_.front();
  c = {static_cast<std::uint32_t>(order >> 32), static_cast<std::uint32_t>(order)};
  if (!from_list) {
    pop_ordered(unordered_);
    return true;
  }
  List& list = lists_[ranks_.front() & UINT32_MAX];
  list.first = nodes_[list.first].next;
  if (list.first == none) pop_ordered(ranks_);
  return true;
}

}  // namespace cactus::text
