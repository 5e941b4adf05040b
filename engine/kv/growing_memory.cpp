#include "engine/kv/growing_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

namespace cactus {
namespace {

// Usable memory grows in steps of this size: a multiple of every page size in use, and large
// enough that growing is rare. Untouched pages of a step cost nothing.
constexpr std::size_t kStep = std::size_t{1} << 20;

std::size_t round_up(std::size_t bytes) {
  return (bytes + kStep - 1) / kStep * kStep;
}

}  // namespace

GrowingMemory::~GrowingMemory() {
  if (data_ != nullptr) munmap(data_, reserved_);
}

GrowingMemory::GrowingMemory(GrowingMemory&& other) noexcept {
  *this = std::move(other);
}

GrowingMemory& GrowingMemory::operator=(GrowingMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(reserved_, other.reserved_);
  std::swap(usable_, other.usable_);
  return *this;
}

bool GrowingMemory::set_aside(std::size_t bytes) {
  const std::size_t size = round_up(std::max<std::size_t>(bytes, 1));
  void* p = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (p == MAP_FAILED) return false;
  *this = GrowingMemory();
  data_ = static_cast<std::byte*>(p);
  reserved_ = size;
  return true;
}

bool GrowingMemory::grow(std::size_t bytes) {
  if (bytes <= usable_) return true;
  if (bytes > reserved_) return false;
  const std::size_t size = std::min(round_up(bytes), reserved_);
  if (mprotect(data_ + usable_, size - usable_, PROT_READ | PROT_WRITE) != 0) return false;
  usable_ = size;
  return true;
}

}  // namespace cactus
