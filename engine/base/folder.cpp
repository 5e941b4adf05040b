// The part of file.h that is about folders.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "engine/base/file.h"

#ifdef __linux__
#include <sys/syscall.h>
#endif

namespace cactus {
namespace {

namespace fs = std::filesystem;

fs::path parent_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

// 0 when done in one step, else the error number; ENOSYS or EINVAL: the system cannot.
int exchange(const char* a, const char* b) {
#if defined(__linux__) && defined(SYS_renameat2)
  constexpr unsigned kExchange = 2;  // RENAME_EXCHANGE; glibc before 2.28 and musl lack the wrapper
  return ::syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, kExchange) == 0 ? 0 : errno;
#elif defined(__APPLE__)
  return ::renamex_np(a, b, RENAME_SWAP) == 0 ? 0 : errno;
#else
  (void)a, (void)b;
  return ENOSYS;
#endif
}

}  // namespace

Status rename_durably(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return file_error("write", to, errno);
  return sync_folder(parent_of(to));
}

Status exchange_folders(const fs::path& a, const fs::path& b) {
  const int error = exchange(a.c_str(), b.c_str());
  if (error == 0) return sync_folder(parent_of(b));
  if (error != ENOSYS && error != EINVAL && error != ENOTSUP)
    return file_error("replace", b, error);
  fs::path aside = b;
  aside += ".old";
  if (::rename(b.c_str(), aside.c_str()) != 0) return file_error("replace", b, errno);
  if (::rename(a.c_str(), b.c_str()) != 0) {
    const int why = errno;
    ::rename(aside.c_str(), b.c_str());
    return file_error("replace", b, why);
  }
  return rename_durably(aside, a);
}

Status remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return file_error("remove", path, error.value());
  return ok_status();
}

Status make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return file_error("create", path, error.value());
  return ok_status();
}

Result<fs::path> make_temp_folder(std::string_view prefix) {
  std::error_code error;
  const fs::path base = fs::temp_directory_path(error);
  if (error) return file_error("use the temporary folder", base, error.value());
  std::string name = (base / (std::string(prefix) + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) return file_error("create", name, errno);
  return fs::path(name);
}

Result<std::uint64_t> free_space(const fs::path& path) {
  std::error_code error;
  fs::path at = fs::absolute(path, error);
  while (!error && !at.empty() && !fs::exists(at, error) && at != at.root_path()) {
    at = at.parent_path();
  }
  const fs::space_info space = fs::space(at, error);
  if (error) return file_error("examine", at, error.value());
  return static_cast<std::uint64_t>(space.available);
}

}  // namespace cactus
