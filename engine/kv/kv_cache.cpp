#include "engine/kv/kv_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cactus {
namespace {

// Attention takes positions in blocks of this many (kernels/ops_attention.cpp). A ring of a
// multiple of it never cuts a block in two, so a result does not depend on where the ring turns.
constexpr std::int64_t kBlock = 128;

std::int64_t ring_slots(std::int64_t window, std::int64_t chunk) {
  return (window + chunk + kBlock - 1) / kBlock * kBlock;
}

}  // namespace

KvCache::KvCache(std::vector<KvLayer> layers, kernels::Type type, std::int64_t context,
                 std::int64_t chunk)
    : type_(type) {
  for (const KvLayer& shape : layers) {
    Store& store = stores_.emplace_back();
    store.shape = shape;
    store.slots = shape.window > 0 ? std::min(ring_slots(shape.window, chunk), context) : context;
    for (int part = 0; part < 4; ++part) {
      const std::size_t size = slot_bytes(store, part) * static_cast<std::size_t>(store.slots);
      if (size > 0) usable_ = store.memory[part].set_aside(size) && usable_;
    }
  }
}

std::size_t KvCache::slot_bytes(const Store& store, int part) const {
  const auto heads = static_cast<std::size_t>(store.shape.kv_heads);
  if (part >= 2) return type_ == kernels::Type::q8 ? heads * sizeof(float) : 0;
  const std::size_t element = type_ == kernels::Type::f32 ? 4 : type_ == kernels::Type::f16 ? 2 : 1;
  return heads * static_cast<std::size_t>(store.shape.head_dim) * element;
}

std::int64_t KvCache::used_slots(const Store& store, std::int64_t length) const {
  return std::min(length, store.slots);
}

bool KvCache::prepare(std::int64_t count) {
  if (!usable_) return false;
  const std::int64_t end = length_ + count;
  for (Store& store : stores_) {
    for (int part = 0; part < 4; ++part) {
      const std::size_t size =
          slot_bytes(store, part) * static_cast<std::size_t>(used_slots(store, end));
      if (size > 0 && !store.memory[part].grow(size)) return false;
    }
  }
  written_ = std::max(written_, end);
  return true;
}

kernels::KvView KvCache::view(std::int64_t layer) const {
  const Store& store = stores_[static_cast<std::size_t>(layer)];
  kernels::KvView view;
  view.k = store.memory[0].data();
  view.v = store.memory[1].data();
  view.k_scale = reinterpret_cast<float*>(store.memory[2].data());
  view.v_scale = reinterpret_cast<float*>(store.memory[3].data());
  view.type = type_;
  view.slots = store.slots;
  view.kv_heads = store.shape.kv_heads;
  view.head_dim = store.shape.head_dim;
  return view;
}

std::int64_t KvCache::bytes() const {
  std::int64_t total = 0;
  for (const Store& store : stores_) {
    for (int part = 0; part < 4; ++part) {
      total += static_cast<std::int64_t>(slot_bytes(store, part)) * used_slots(store, written_);
      total += static_cast<std::int64_t>(store.marked[part].size());
    }
  }
  return total;
}

// Whether every ring still holds the positions that the query at `length` sees, when positions up
// to `written` have been written since.
bool KvCache::windows_whole(std::int64_t length, std::int64_t written) const {
  return std::all_of(stores_.begin(), stores_.end(), [&](const Store& store) {
    if (store.shape.window == 0) return true;
    return std::max<std::int64_t>(0, length - store.shape.window + 1) >= written - store.slots;
  });
}

void KvCache::mark() {
  if (marked_length_ == length_) return;
  for (Store& store : stores_) {
    if (store.shape.window == 0) continue;
    for (int part = 0; part < 4; ++part) {
      const std::size_t size =
          slot_bytes(store, part) * static_cast<std::size_t>(used_slots(store, written_));
      if (size == 0) continue;
      store.marked[part].resize(size);
      std::memcpy(store.marked[part].data(), store.memory[part].data(), size);
    }
  }
  marked_length_ = length_;
  marked_written_ = written_;
}

bool KvCache::rewind(std::int64_t length) {
  if (length < 0 || length > length_) return false;
  if (length > 0 && !windows_whole(length, written_)) {
    if (length > marked_length_ || !windows_whole(length, marked_written_)) return false;
    for (Store& store : stores_) {
      for (int part = 0; part < 4; ++part) {
        const std::vector<std::byte>& kept = store.marked[part];
        if (!kept.empty()) std::memcpy(store.memory[part].data(), kept.data(), kept.size());
      }
    }
    written_ = marked_written_;
  }
  length_ = length;
  // What the mark kept beyond `length` may be overwritten in layers that grow.
  if (marked_length_ > length) marked_length_ = length;
  if (length == 0) written_ = 0;
  return true;
}

}  // namespace cactus
