#include "engine/base/secret.h"

#include <algorithm>

namespace cactus {
namespace {

constexpr std::size_t kShownFirst = 7, kShownLast = 4;

void wipe_bytes(char* bytes, std::size_t size) {
  volatile char* at = bytes;
  for (std::size_t i = 0; i < size; ++i) at[i] = 0;
}

}  // namespace

Secret::Secret(std::string_view text) : size_(text.size()) {
  if (text.empty()) return;
  char* buffer = new char[size_ + 1];
  std::copy(text.begin(), text.end(), buffer);
  buffer[size_] = 0;
  text_ = std::shared_ptr<const char[]>(buffer, [size = size_](const char* bytes) {
    wipe_bytes(const_cast<char*>(bytes), size);
    delete[] bytes;
  });
}

Secret Secret::take(std::string& text) {
  Secret secret{std::string_view(text)};
  wipe(text);
  return secret;
}

bool Secret::operator==(const Secret& other) const {
  if (size_ != other.size_) return false;
  const std::string_view mine = expose(), theirs = other.expose();
  unsigned char different = 0;
  for (std::size_t i = 0; i < size_; ++i)
    different = static_cast<unsigned char>(different | (mine[i] ^ theirs[i]));
  return different == 0;
}

std::string Secret::masked() const {
  return mask_key(expose());
}

std::string mask_key(std::string_view key) {
  // At least half of a key stays hidden.
  if (key.size() <= 2 * (kShownFirst + kShownLast)) return "…";
  return std::string(key.substr(0, kShownFirst)) + "…" +
         std::string(key.substr(key.size() - kShownLast));
}

void wipe(std::string& text) {
  // The whole capacity: a shorter text may have replaced a longer one.
  text.resize(text.capacity());
  wipe_bytes(text.data(), text.size());
  text.clear();
}

}  // namespace cactus
