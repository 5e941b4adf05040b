#include "engine/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "engine/base/file.h"

namespace cactus {
namespace {

// madvise on the whole pages within [offset, offset + size).
void advise(std::span<const std::byte> map, std::uint64_t offset, std::uint64_t size, int advice) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t begin = (offset + page - 1) / page * page;
  const std::uint64_t end = (offset + size) / page * page;
  if (begin >= end || end > map.size()) return;
  auto* at = const_cast<std::byte*>(map.data()) + begin;
  (void)::madvise(at, static_cast<std::size_t>(end - begin),
                  advice);  // a hint: failure is harmless
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return file_error("open", path, errno);
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return make_error(ErrorKind::incompatible, "cannot read " + path.string(),
                      "it is not a regular file");
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) {
    ::close(fd);
    return MappedFile({});
  }
  void* map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  const int why = errno;
  ::close(fd);
  if (map == MAP_FAILED) return file_error("map", path, why);
  return MappedFile({static_cast<const std::byte*>(map), size});
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void MappedFile::advise_random(std::uint64_t offset, std::uint64_t size) const {
  advise(bytes_, offset, size, MADV_RANDOM);
}

void MappedFile::release(std::uint64_t offset, std::uint64_t size) const {
  advise(bytes_, offset, size, MADV_DONTNEED);
}

}  // namespace cactus
