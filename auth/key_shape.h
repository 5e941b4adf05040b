// What a key looks like when nobody says that it is one: the prefixes under which the providers
// hand out keys, followed by a long word of letters and digits.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace cactus::auth {

// Where the first key-shaped part of `text` from `from` on begins and ends; begin == npos: none.
// A shape is a known prefix ("sk-", so also "sk-ant-" and "sk-or-"; "AIza", "hf_", "gsk_", "xai-")
// at the beginning of a word with at least 16 letters, digits, '-' or '_' after it, among them 8
// letters and digits in a row that are not all of one kind.
struct KeyShape {
  std::size_t begin = std::string_view::npos;
  std::size_t end = std::string_view::npos;
};
KeyShape find_key_shape(std::string_view text, std::size_t from = 0);

// The whole of `word` has that shape.
bool is_key_shaped(std::string_view word);

// `text` with each key-shaped part, and the value after "Bearer ", as mask_key() shows them.
std::string mask_key_shapes(std::string_view text);

}  // namespace cactus::auth
