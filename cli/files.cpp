#include "cli/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "cli/signals.h"
#include "engine/base/descriptor.h"

namespace cactus::cli {
namespace fs = std::filesystem;
namespace {

Error system_error(ErrorKind kind, const std::string& what) {
  return make_error(kind, what, std::strerror(errno));
}

void make_folders(const fs::path& folder) {
  if (folder.empty()) return;
  std::error_code ignored;
  if (fs::exists(folder, ignored)) return;
  make_folders(folder.parent_path());
  mkdir(folder.c_str(), 0700);
}

}  // namespace

bool write_fully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Result<std::string> read_all(int fd, std::string_view name, std::size_t limit) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n == 0) return text;
    if (n < 0) {
      if (errno == EINTR && signals::exit_code() == 0) continue;
      if (errno == EINTR)
        return make_error(ErrorKind::cancelled, "interrupted while reading " + std::string(name));
      return system_error(ErrorKind::usage, "cannot read " + std::string(name));
    }
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > limit)
      return make_error(ErrorKind::usage, std::string(name) + " is too long",
                        "the limit is " + std::to_string(limit >> 20) + " MiB");
  }
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    const ErrorKind kind = errno == ENOENT ? ErrorKind::not_found : ErrorKind::usage;
    return system_error(kind, "cannot open '" + path.string() + "'");
  }
  return read_all(file.get(), "'" + path.string() + "'", limit);
}

Status write_file(const fs::path& given, std::string_view content, mode_t mode) {
  std::error_code ignored;
  fs::path path = given;
  if (const fs::path real = fs::weakly_canonical(given, ignored); !ignored) path = real;
  make_folders(path.parent_path());
  const std::string what = "cannot write '" + path.string() + "'";
  std::string aside = path.string() + ".XXXXXX";
  const Descriptor file(mkstemp(aside.data()));
  if (file.get() < 0) return system_error(ErrorKind::usage, what);
  const bool written = fchmod(file.get(), mode) == 0 && write_fully(file.get(), content) &&
                       fsync(file.get()) == 0 && rename(aside.c_str(), path.c_str()) == 0;
  if (!written) {
    const Error error = system_error(
        errno == ENOSPC || errno == EDQUOT ? ErrorKind::resources : ErrorKind::usage, what);
    unlink(aside.c_str());
    return error;
  }
  const fs::path parent = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  const Descriptor folder(open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) fsync(folder.get());
  return ok_status();
}

FileLock::FileLock(const fs::path& path) {
  make_folders(path.parent_path());
  fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) return;
  while (flock(fd_, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    close(fd_);
    fd_ = -1;
    return;
  }
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace cactus::cli
