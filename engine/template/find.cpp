// Substring search that hostile texts cannot make quadratic.
#include <vector>

#include "engine/template/text.h"

namespace cactus::jinja {
namespace {

// Below this length the library's search is at most so many times the text's length.
constexpr std::size_t kShort = 32;

// Knuth, Morris, Pratt over characters `at(i)` of the text and `want(i)` of what is sought; the
// offset of the first match, or npos.
template <class At, class Want>
std::size_t kmp(At at, std::size_t size, Want want, std::size_t length) {
  std::vector<std::size_t> border(length, 0);  // of each prefix
  for (std::size_t i = 1, k = 0; i < length; ++i) {
    while (k > 0 && want(i) != want(k)) k = border[k - 1];
    if (want(i) == want(k)) ++k;
    border[i] = k;
  }
  for (std::size_t i = 0, k = 0; i < size; ++i) {
    while (k > 0 && at(i) != want(k)) k = border[k - 1];
    if (at(i) == want(k)) ++k;
    if (k == length) return i + 1 - length;
  }
  return std::string_view::npos;
}

}  // namespace

std::size_t find(std::string_view text, std::string_view wanted, std::size_t from) {
  if (from > text.size() || wanted.size() > text.size() - from) return std::string_view::npos;
  if (wanted.size() <= kShort) return text.find(wanted, from);
  const std::size_t hit = kmp([&](std::size_t i) { return text[from + i]; }, text.size() - from,
                              [&](std::size_t i) { return wanted[i]; }, wanted.size());
  return hit == std::string_view::npos ? hit : from + hit;
}

std::size_t rfind(std::string_view text, std::string_view wanted) {
  if (wanted.size() <= kShort || wanted.size() > text.size()) return text.rfind(wanted);
  const std::size_t hit =
      kmp([&](std::size_t i) { return text[text.size() - 1 - i]; }, text.size(),
          [&](std::size_t i) { return wanted[wanted.size() - 1 - i]; }, wanted.size());
  return hit == std::string_view::npos ? hit : text.size() - hit - wanted.size();
}

}  // namespace cactus::jinja
