// Small files of the user's: read whole, written aside, synced and renamed.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cactus::cli {

// Errors: not_found, resources (longer than `limit` bytes), usage (a folder, not readable).
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = 256u << 20);

// Everything from `fd` until its end. usage when longer than `limit`.
Result<std::string> read_all(int fd, std::string_view name, std::size_t limit = 256u << 20);

// Replaces `path` in one step: a crash leaves the old or the new content, never a mixture. Folders
// above it are made (0700). Follows a symbolic link (dotfiles are often links).
Status write_file(const std::filesystem::path& path, std::string_view content, mode_t mode);

// All bytes to `fd`; false with errno set when that fails.
bool write_fully(int fd, std::string_view bytes);

// An exclusive lock that a crash releases; waits for its turn.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  bool held() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace cactus::cli
