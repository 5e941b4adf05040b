// The checksums the hub names files by (OpenSSL): SHA-256 of large files; of others SHA-1 of the
// git blob, "blob SIZE", a zero byte and the bytes.
#pragma once
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "engine/base/result.h"
#include "hub/hf/repository.h"

namespace cactus::hub {

class Digest {
 public:
  explicit Digest(const TreeFile& file);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void update(std::span<const std::byte> bytes);
  std::string hex();  // lower case; ends the digest

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Reads the whole file at `path` and compares. Errors: incompatible (size or checksum are wrong),
// those of reading, cancelled.
Status verify_file(const std::filesystem::path& path, const TreeFile& file,
                   const std::atomic<bool>* cancel = nullptr);

Error wrong_checksum(const TreeFile& file, const std::string& found);

}  // namespace cactus::hub
