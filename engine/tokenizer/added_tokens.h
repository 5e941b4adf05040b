// Added tokens: found in a text before anything else looks at it.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/flat_map.h"
#include "engine/tokenizer/regex.h"
#include "engine/tokenizer/tokenizer.h"

namespace cactus::text {

struct AddedToken {
  std::int32_t id = 0;
  std::string content;
  bool single_word = false;             // only where no letter or digit adjoins
  bool lstrip = false, rstrip = false;  // takes the white space beside it
  bool normalized = true;               // looked for in the normalised text
  bool special = false;                 // left out by skip_special
};

// Whether an added token steers the model, so that text from users must not become it
// (see Tokenizer).
bool is_control_token(const AddedToken& token);

// A set of added tokens with a trie: the longest token at the leftmost place wins, as in the
// reference. Time is linear in the text (times the longest token, which is limited).
class AddedTokens {
 public:
  static constexpr std::size_t max_token_bytes = 1024;

  struct Found {
    std::int32_t id = -1;  // -1: text between tokens
    Range range;
  };

  // `content` as it is looked for (normalised or not), not empty, at most max_token_bytes.
  // Of several tokens with one content, the first one counts.
  void add(const AddedToken& token, std::string_view content);
  bool empty() const { return tokens_.empty(); }
  bool has_control() const { return has_control_; }

  // Cuts `text` (UTF-8) into tokens and the text between them. No control token overlaps `plain`
  // (sorted, disjoint).
  std::vector<Found> split(std::string_view text, std::span<const PlainSpan> plain) const;

 private:
  struct Entry {
    std::int32_t id = 0;
    std::uint32_t length = 0;
    bool single_word = false, lstrip = false, rstrip = false, control = false;
  };

  std::uint32_t child(std::uint32_t node, unsigned char byte) const;

  std::vector<Entry> tokens_;
  std::vector<std::int32_t> ends_ = {-1};  // of each trie node: index of the token that ends there
  FlatMap edges_;                          // node << 8 | byte -> node
  bool first_byte_[256] = {};
  bool has_control_ = false;
};

}  // namespace cactus::text
