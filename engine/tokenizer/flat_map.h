// Open-addressing map from a 64-bit key to two 32-bit values: merges and trie edges.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cactus::text {

// Different in every process, so that no file can be made whose keys all collide.
std::uint64_t hash_seed();

inline std::uint64_t mix(std::uint64_t x) {  // MurmurHash3's finalizer
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

class FlatMap {
 public:
  struct Value {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
  };

  explicit FlatMap(std::size_t expected = 0) : seed_(hash_seed()) {
    rehash(expected + expected / 3);
  }

  // Null where the key is absent. Valid until the next insertion.
  const Value* find(std::uint64_t key) const {
    for (std::size_t i = index(key);; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.key_plus_one == key + 1) return &slot.value;
      if (slot.key_plus_one == 0) return nullptr;
    }
  }
  // Replaces what stood there. Any key but the greatest 64-bit number.
  void set(std::uint64_t key, Value value) {
    if ((size_ + 1) * 4 > slots_.size() * 3) rehash(slots_.size() * 2);
    place(key, value);
  }
  std::size_t size() const { return size_; }
  void prefetch(std::uint64_t key) const { __builtin_prefetch(&slots_[index(key)]); }

 private:
  struct Slot {
    std::uint64_t key_plus_one = 0;  // 0: empty
    Value value;
  };

  std::size_t index(std::uint64_t key) const {
    return static_cast<std::size_t>(mix(key ^ seed_)) & mask_;
  }
  void place(std::uint64_t key, Value value) {
    std::size_t i = index(key);
    while (slots_[i].key_plus_one != 0 && slots_[i].key_plus_one != key + 1) i = (i + 1) & mask_;
    size_ += slots_[i].key_plus_one == 0;
    slots_[i] = {key + 1, value};
  }
  void rehash(std::size_t slots) {
    std::vector<Slot> old(std::bit_ceil(slots < 16 ? std::size_t{16} : slots));
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    size_ = 0;
    for (const Slot& slot : old) {
      if (slot.key_plus_one != 0) place(slot.key_plus_one - 1, slot.value);
    }
  }

  std::uint64_t seed_;
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace cactus::text
