// Memory that grows in place: address space is set aside at once, pages are taken as needed. So an
// array whose final size is rarely reached stays contiguous without ever being copied.
#pragma once
#include <cstddef>

namespace cactus {

class GrowingMemory {
 public:
  GrowingMemory() = default;
  ~GrowingMemory();
  GrowingMemory(GrowingMemory&& other) noexcept;
  GrowingMemory& operator=(GrowingMemory&& other) noexcept;
  GrowingMemory(const GrowingMemory&) = delete;
  GrowingMemory& operator=(const GrowingMemory&) = delete;

  // Sets aside `bytes` of address space, page-aligned, none of it usable yet. False: refused.
  bool set_aside(std::size_t bytes);
  // Makes the first `bytes` usable; new ones read as zero. False: out of memory or beyond what was
  // set aside; what was usable stays so.
  bool grow(std::size_t bytes);

  std::byte* data() const { return data_; }
  std::size_t usable() const { return usable_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t reserved_ = 0;
  std::size_t usable_ = 0;
};

}  // namespace cactus
