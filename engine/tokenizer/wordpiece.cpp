#include "engine/tokenizer/wordpiece.h"

#include <algorithm>

namespace cactus::text {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

void encode_word_piece(const Vocab& vocab, const WordPieceOptions& options, std::string_view word,
                       std::vector<std::int32_t>& ids) {
  const std::size_t before = ids.size();
  const auto characters = static_cast<std::size_t>(
      std::count_if(word.begin(), word.end(), [](char c) { return !continues(c); }));
  bool known = characters <= options.max_characters;
  std::string spelled;
  for (std::size_t begin = 0; known && begin < word.size();) {
    spelled.assign(begin == 0 ? std::string_view() : std::string_view(options.prefix));
    const std::size_t prefix = spelled.size();
    spelled.append(word.substr(begin, vocab.longest()));
    std::int32_t id = Vocab::none;
    while (spelled.size() > prefix && id == Vocab::none) {
      const std::size_t next = begin + spelled.size() - prefix;
      if (next == word.size() || !continues(word[next])) id = vocab.find(spelled);
      if (id == Vocab::none) spelled.pop_back();
    }
    known = id != Vocab::none;
    if (known) ids.push_back(id);
    begin += spelled.size() - prefix;
  }
  if (known) return;
  ids.resize(before);
  if (options.unknown != Vocab::none) ids.push_back(options.unknown);
}

}  // namespace cactus::text
