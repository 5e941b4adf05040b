#include "engine/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace cactus {

namespace fs = std::filesystem;

Error file_error(std::string_view what, const fs::path& path, int error_number) {
  ErrorKind kind = ErrorKind::usage;
  std::string fix;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      kind = ErrorKind::not_found;
      break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      kind = ErrorKind::resources;
      fix = "free some space there, or choose another place";
      break;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EIO:
      kind = ErrorKind::resources;
      break;
    default:
      break;
  }
  return make_error(kind, "cannot " + std::string(what) + " " + path.string(),
                    std::generic_category().message(error_number), std::move(fix));
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.front() == '.') return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '/' || c == '\\' || byte < 0x20 || byte == 0x7f;
  });
}

Result<File> File::open(const fs::path& path, Mode mode) {
  const int flags = mode == Mode::read ? O_RDONLY : O_RDWR | O_CREAT;
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (fd < 0) return file_error(mode == Mode::read ? "open" : "write", path, errno);
  return File(fd, path);
}

File::File(File&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::uint64_t> File::size() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return file_error("examine", path_, errno);
  return static_cast<std::uint64_t>(info.st_size);
}

// macOS refuses to move more than 2 GiB at once.
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;

Status File::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t n =
        ::pread(fd_, out.data(), std::min(out.size(), kMostAtOnce), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("read", path_, errno);
    if (n == 0) {
      return make_error(ErrorKind::incompatible, "cannot read " + path_.string(),
                        "the file ends at byte " + std::to_string(offset) + ", too early",
                        "download or convert the model again");
    }
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
  return ok_status();
}

Status File::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), std::min(bytes.size(), kMostAtOnce),
                               static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("write", path_, errno);
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return ok_status();
}

Status File::truncate(std::uint64_t size) {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return file_error("write", path_, errno);
  return ok_status();
}

Status File::sync() {
#ifdef F_FULLFSYNC  // macOS: fsync alone stops at the drive's cache
  if (::fcntl(fd_, F_FULLFSYNC) == 0) return ok_status();
#endif
  if (::fsync(fd_) != 0) return file_error("write", path_, errno);
  return ok_status();
}

Result<bool> File::try_lock() {
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return file_error("lock", path_, errno);
}

Result<std::string> read_file(const fs::path& path, std::uint64_t limit) {
  CACTUS_TRY(file, File::open(path, File::Mode::read));
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return make_error(ErrorKind::usage, "cannot read " + path.string(), "it is not a regular file");
  }
  CACTUS_TRY(size, file.size());
  if (size > limit) {
    return make_error(ErrorKind::incompatible, path.string() + " is too large",
                      std::to_string(size) + " bytes, and at most " + std::to_string(limit) +
                          " are expected there");
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  CACTUS_CHECK(file.read_at(0, std::as_writable_bytes(std::span(text))));
  return text;
}

Status sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return file_error("open", folder, errno);
  const bool failed = ::fsync(fd) != 0;
  const int why = errno;
  ::close(fd);
  // Some network file systems cannot sync a folder and say so; the rename itself has happened.
  if (failed && why != EINVAL && why != ENOTSUP) return file_error("write", folder, why);
  return ok_status();
}

Status write_file_atomic(const fs::path& path, std::string_view text) {
  std::string aside = (path.parent_path() / ("." + path.filename().string() + ".XXXXXX")).string();
  const int fd = ::mkstemp(aside.data());
  if (fd < 0) return file_error("write", path, errno);
  ::fchmod(fd, 0644);
  ::close(fd);
  const auto write = [&]() -> Status {
    CACTUS_TRY(file, File::open(aside, File::Mode::write));
    CACTUS_CHECK(file.write_at(0, std::as_bytes(std::span(text))));
    CACTUS_CHECK(file.sync());
    if (::rename(aside.c_str(), path.c_str()) != 0) return file_error("write", path, errno);
    return sync_folder(path.parent_path());
  };
  Status status = write();
  if (!status) ::unlink(aside.c_str());
  return status;
}

}  // namespace cactus
