#include "cli/executable.h"

#include <array>
#include <filesystem>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

namespace cactus::cli {

Result<std::string> executable_path() {
#ifdef __APPLE__
  std::array<char, 4096> path{};
  auto size = static_cast<std::uint32_t>(path.size());
  if (_NSGetExecutablePath(path.data(), &size) == 0) return std::string(path.data());
#else
  std::error_code failed;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (!failed) return path.string();
#endif
  return make_error(ErrorKind::internal, "the path of this program is unknown");
}

}  // namespace cactus::cli
