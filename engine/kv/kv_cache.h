// Keys and values of one sequence, of all layers that own some.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/kv/growing_memory.h"
#include "kernels/types.h"

namespace cactus {

struct KvLayer {
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t window = 0;  // positions a query sees, its own included; 0: all
};

// A layer with a window keeps its positions in a ring of at least window + chunk slots, so that
// writing a chunk (which may yet be cancelled) spares what the window before it needs; the others
// keep every position and grow. Memory in use is what positions have been written, never the
// context's limit.
class KvCache {
 public:
  // `context`: most positions ever held; `chunk`: most that are written at once.
  KvCache(std::vector<KvLayer> layers, kernels::Type type, std::int64_t context,
          std::int64_t chunk);

  // Makes room for positions length() … length()+count-1, which may then be written through view().
  // False: out of memory. Nothing counts as held before commit().
  bool prepare(std::int64_t count);
  void commit(std::int64_t count) { length_ += count; }

  kernels::KvView view(std::int64_t layer) const;
  std::int64_t length() const { return length_; }
  std::int64_t bytes() const;

  // As DecoderState: rewinding to `length` works while the windows before it are still whole, now
  // or in what mark() kept. A mark copies the rings (for Gemma 4 E2B 6 MB at int8).
  bool rewind(std::int64_t length);
  void mark();

 private:
  struct Store {
    KvLayer shape;
    std::int64_t slots = 0;
    GrowingMemory memory[4];  // k, v, and their scales (q8 only)
    std::vector<std::byte> marked[4];
  };
  std::size_t slot_bytes(const Store& store, int part) const;  // part: index into memory
  std::int64_t used_slots(const Store& store, std::int64_t length) const;
  bool windows_whole(std::int64_t length, std::int64_t lost) const;

  std::vector<Store> stores_;
  kernels::Type type_;
  std::int64_t length_ = 0;
  std::int64_t written_ = 0;  // positions written since the last restore, at most
  std::int64_t marked_length_ = -1;
  std::int64_t marked_written_ = 0;
  bool usable_ = true;  // false: no address space
};

}  // namespace cactus
