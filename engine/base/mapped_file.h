// A file in memory, read-only, for as long as the object lives.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "engine/base/result.h"

namespace cactus {

// The file must not shrink while it is mapped: bundles are replaced by renames, never edited.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

  // Hints; ranges are widened or narrowed to pages as is safe.
  // Rows of [offset, offset+size) will be read here and there: no read-ahead around them.
  void advise_random(std::uint64_t offset, std::uint64_t size) const;
  // Pages of the range leave this process's memory (not the page cache) until read again.
  void release(std::uint64_t offset, std::uint64_t size) const;

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace cactus
