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

  // Copies bytes of the file without touching the map, so that they do not count as this process's
  // memory; offset + out.size() must lie within the file.
  void read_at(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  MappedFile(std::span<const std::byte> bytes, int fd) : bytes_(bytes), fd_(fd) {}
  std::span<const std::byte> bytes_;
  int fd_ = -1;
};

}  // namespace cactus
