#include "engine/tokenizer/vocab.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <random>

#include "engine/base/utf8.h"
#include "engine/tokenizer/flat_map.h"

namespace cactus::text {

std::uint64_t hash_seed() {
  static const std::uint64_t seed = [] {
    std::uint64_t value =
        static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    try {
      std::random_device device;
      value ^= (static_cast<std::uint64_t>(device()) << 32) | device();
    } catch (const std::exception&) {  // no random device: the clock has to do
    }
    return mix(value);
  }();
  return seed;
}

Vocab::Vocab(std::size_t expected_tokens) : seed_(hash_seed()) {
  arena_.reserve(expected_tokens * 8);
  tokens_.reserve(expected_tokens);
  rehash(expected_tokens + expected_tokens / 2);
}

void Vocab::rehash(std::size_t slots) {
  std::vector<Slot> fresh(std::bit_ceil(std::max<std::size_t>(slots, 64)));
  slots_.swap(fresh);
  mask_ = slots_.size() - 1;
  for (const Slot& slot : fresh) {
    if (slot.id_plus_one == 0) continue;
    std::size_t i = hash(text(static_cast<std::int32_t>(slot.id_plus_one - 1))) & mask_;
    while (slots_[i].id_plus_one != 0) i = (i + 1) & mask_;
    slots_[i] = slot;
  }
}

std::uint64_t Vocab::hash(std::string_view text) const {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed_);
}

std::int32_t Vocab::find(std::string_view text) const {
  return find(text, hash(text));
}

std::int32_t Vocab::find(std::string_view wanted, std::uint64_t hash) const {
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t i = hash & mask_; slots_[i].id_plus_one != 0; i = (i + 1) & mask_) {
    const auto id = static_cast<std::int32_t>(slots_[i].id_plus_one - 1);
    if (slots_[i].tag == tag && text(id) == wanted) return id;
  }
  return none;
}

Vocab::Added Vocab::add(std::string_view text, std::int64_t id) {
  if (id < 0 || id > max_id) return Added::bad_id;
  if (text.empty() || !utf8::is_valid(text)) return Added::bad_text;
  if (arena_.size() + text.size() > UINT32_MAX) return Added::bad_text;
  const auto index = static_cast<std::size_t>(id);
  if (index >= tokens_.size()) tokens_.resize(index + 1);
  if (tokens_[index].length != 0) return Added::duplicate_id;

  if ((count_ + 1) * 4 > slots_.size() * 3) rehash(slots_.size() * 2);
  const std::uint64_t h = hash(text);
  if (find(text, h) != none) return Added::duplicate_text;
  std::size_t i = h & mask_;
  while (slots_[i].id_plus_one != 0) i = (i + 1) & mask_;
  slots_[i] = {static_cast<std::uint32_t>(h >> 32), static_cast<std::uint32_t>(index + 1)};
  tokens_[index] = {static_cast<std::uint32_t>(arena_.size()),
                    static_cast<std::uint32_t>(text.size())};
  arena_.append(text);
  longest_ = std::max(longest_, text.size());
  ++count_;
  return Added::yes;
}

}  // namespace cactus::text
