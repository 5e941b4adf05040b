// The seam to the file system: reading with limits, writing so that a crash leaves the old file or
// the new one, moving folders in one step, locks that a crash releases. Nothing here throws.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cactus {

// The error of a system call that failed with `error_number` (errno): "cannot WHAT PATH", why.
// not_found for a missing file, resources for a full disk and the like, usage otherwise.
Error file_error(std::string_view what, const std::filesystem::path& path, int error_number);

// A name of one plain file inside a folder: not empty, no separator, not hidden, no control
// characters, at most 255 bytes. What comes from a manifest or an index must pass before it is
// used.
bool is_plain_name(std::string_view name);

// An open file. Reads and writes whole spans or fails; safe to read from several threads.
class File {
 public:
  enum class Mode { read, write };  // write: created when absent, kept when present, also readable
  static Result<File> open(const std::filesystem::path& path, Mode mode);
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  Result<std::uint64_t> size() const;
  Status read_at(std::uint64_t offset, std::span<std::byte> out) const;
  Status write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  Status truncate(std::uint64_t size);
  Status sync();  // contents and size are on the disk when it returns
  // Takes the exclusive lock of this file, released when it is closed or the process ends. False:
  // another process (or another File of this one) holds it.
  Result<bool> try_lock();
  const std::filesystem::path& path() const { return path_; }

 private:
  File(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
  std::filesystem::path path_;
};

// The whole of a regular file of at most `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

// Written aside in the same folder, synced and renamed over `path`.
Status write_file_atomic(const std::filesystem::path& path, std::string_view text);

// Makes renames and new names in `folder` durable.
Status sync_folder(const std::filesystem::path& folder);

// Moves `from` to `to`, which must not exist, durably.
Status rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

// Exchanges two existing folders. One step where the system can (Linux, macOS); elsewhere three
// renames through a temporary name.
Status exchange_folders(const std::filesystem::path& a, const std::filesystem::path& b);

Status remove_tree(const std::filesystem::path& path);
Status make_folders(const std::filesystem::path& path);

// A new empty folder under the system's temporary one, for this user only.
Result<std::filesystem::path> make_temp_folder(std::string_view prefix);

// Bytes this user can still write where `path` is (or its nearest existing parent).
Result<std::uint64_t> free_space(const std::filesystem::path& path);

}  // namespace cactus
