#include "auth/key_shape.h"

#include <algorithm>

#include "engine/base/secret.h"

namespace cactus::auth {
namespace {

constexpr std::string_view kPrefixes[] = {"sk-", "AIza", "hf_", "gsk_", "xai-"};
constexpr std::size_t kLeastLength =
    16;                               // after the prefix; test keys of documentation are shorter
constexpr std::size_t kLeastRun = 8;  // random characters without a dash: words have none

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
  return is_digit(c) || is_letter(c) || c == '-' || c == '_';
}
bool is_bearer(char c) {
  return is_word(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
}

// Some run of letters and digits that holds both.
bool has_random_run(std::string_view word) {
  std::size_t length = 0;
  bool digit = false, letter = false;
  for (const char c : word) {
    if (!is_digit(c) && !is_letter(c)) {
      length = 0;
      digit = letter = false;
      continue;
    }
    digit = digit || is_digit(c);
    letter = letter || is_letter(c);
    if (++length >= kLeastRun && digit && letter) return true;
  }
  return false;
}

// The end of the key of `prefix` that begins at `at`, or npos.
std::size_t key_end(std::string_view text, std::size_t at, std::string_view prefix) {
  if (text.compare(at, prefix.size(), prefix) != 0) return std::string_view::npos;
  const std::size_t begin = at + prefix.size();
  std::size_t end = begin;
  while (end < text.size() && is_word(text[end])) ++end;
  return end - begin >= kLeastLength && has_random_run(text.substr(begin, end - begin))
             ? end
             : std::string_view::npos;
}

std::string mask_bearers(std::string text) {
  constexpr std::string_view kScheme = "earer ";  // of either case
  std::size_t at = 0;
  while ((at = text.find(kScheme, at)) != std::string::npos) {
    const std::size_t begin = at + kScheme.size();
    std::size_t end = begin;
    while (end < text.size() && is_bearer(text[end])) ++end;
    at = begin;
    if (end - begin < kLeastLength) continue;
    const std::string masked = mask_key(std::string_view(text).substr(begin, end - begin));
    text.replace(begin, end - begin, masked);
    at = begin + masked.size();
  }
  return text;
}

}  // namespace

KeyShape find_key_shape(std::string_view text, std::size_t from) {
  for (std::size_t at = from; at < text.size(); ++at) {
    if (at > 0 && is_word(text[at - 1])) continue;
    for (const std::string_view prefix : kPrefixes)
      if (const std::size_t end = key_end(text, at, prefix); end != std::string_view::npos)
        return {at, end};
  }
  return {};
}

bool is_key_shaped(std::string_view word) {
  const KeyShape shape = find_key_shape(word);
  return shape.begin == 0 && shape.end == word.size();
}

std::string mask_key_shapes(std::string_view text) {
  std::string masked;
  std::size_t done = 0;
  for (KeyShape shape; (shape = find_key_shape(text, done)).begin != std::string_view::npos;) {
    masked += text.substr(done, shape.begin - done);
    masked += mask_key(text.substr(shape.begin, shape.end - shape.begin));
    done = shape.end;
  }
  masked += text.substr(done);
  return mask_bearers(std::move(masked));
}

}  // namespace cactus::auth
