#include "engine/constrain/token_trie.h"

#include <algorithm>

namespace cactus::constrain {

TokenTrie::TokenTrie(std::vector<std::pair<std::string, std::int32_t>> tokens) {
  std::erase_if(tokens, [](const auto& token) { return token.first.empty(); });
  std::sort(tokens.begin(), tokens.end());
  build(tokens, 0);
}

// Nodes of the tokens, which share their first `depth` bytes and are longer; no deeper than the
// longest token (a few hundred bytes).
std::uint32_t TokenTrie::build(std::span<const std::pair<std::string, std::int32_t>> tokens,
                               std::size_t depth) {
  for (std::size_t i = 0; i < tokens.size();) {
    const char byte = tokens[i].first[depth];
    std::size_t end = i;
    while (end < tokens.size() && tokens[end].first[depth] == byte) ++end;
    const std::size_t index = nodes_.size();
    nodes_.push_back({.first_id = static_cast<std::uint32_t>(ids_.size()),
                      .byte = static_cast<unsigned char>(byte)});
    for (; i < end && tokens[i].first.size() == depth + 1; ++i) {
      ids_.push_back(tokens[i].second);
      ++nodes_[index].ids;
    }
    if (i < end) build(tokens.subspan(i, end - i), depth + 1);
    nodes_[index].next = static_cast<std::uint32_t>(nodes_.size());
    i = end;
  }
  return static_cast<std::uint32_t>(nodes_.size());
}

void TokenTrie::collect(const Acceptor& state, TokenSet& out) const {
  collect(0, static_cast<std::uint32_t>(nodes_.size()), state, out);
}

void TokenTrie::collect(std::uint32_t begin, std::uint32_t end, const Acceptor& state,
                        TokenSet& out) const {
  for (std::uint32_t i = begin; i < end; i = nodes_[i].next) {
    const Node& node = nodes_[i];
    Acceptor next = state;
    if (!next.feed(node.byte)) continue;
    for (std::uint32_t id = 0; id < node.ids; ++id) out.add(ids_[node.first_id + id]);
    collect(i + 1, node.next, next, out);
  }
}

}  // namespace cactus::constrain
