// The clock, the time zone database and the random numbers of this machine.
#include <stdlib.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/random.h>
#endif

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "cli/environment.h"
#include "cli/local_tools/tool.h"

namespace cactus::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* kFolders[] = {"/usr/share/zoneinfo", "/var/db/timezone/zoneinfo",
                                    "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo"};
constexpr std::size_t kMostBytes = 1 << 20, kMostNames = 5'000;

Error no_database() {
  return make_error(ErrorKind::resources, "this machine has no time zone database",
                    std::string("there is no folder ") + kFolders[0],
                    "apt install tzdata, or ask for a difference: 'UTC+9'");
}

Result<std::string> read_zone(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(kMostBytes, '\0');
  if (in) in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!in && !in.eof())
    return make_error(ErrorKind::resources, "cannot read '" + path.string() + "'",
                      "the file of this time zone is missing or not readable");
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

class SystemZones : public ZoneFiles {
 public:
  Result<std::vector<std::string>> names() const override {
    const fs::path root = folder();
    if (root.empty()) return no_database();
    std::vector<std::string> found;
    std::error_code error;
    for (auto it = fs::recursive_directory_iterator(
             root, fs::directory_options::skip_permission_denied, error);
         !error && it != fs::recursive_directory_iterator() && found.size() < kMostNames;
         it.increment(error)) {
      const std::string name = it->path().lexically_relative(root).generic_string();
      // The same zones again with and without leap seconds; tables and other files.
      if (name == "posix" || name == "right") it.disable_recursion_pending();
      if (name.empty() || name[0] < 'A' || name[0] > 'Z' || name.find('.') != std::string::npos ||
          !it->is_regular_file(error))
        continue;
      found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  Result<std::string> read(const std::string& name) const override {
    const fs::path root = folder();
    if (root.empty()) return no_database();
    if (!stays_inside(name))
      return make_error(ErrorKind::usage, "'" + name + "' is no name of a time zone");
    return read_zone(root / name);
  }

  std::string local_name() const override {
    if (const auto tz = env("TZ")) {
      const std::string name = tz->starts_with(':') ? tz->substr(1) : *tz;
      if (name.empty()) return "UTC";
      if (name[0] != '/') return name;
    }
    std::error_code error;
    const std::string target = fs::canonical("/etc/localtime", error).generic_string();
    const std::size_t at = target.rfind("zoneinfo/");
    return error || at == std::string::npos ? std::string() : target.substr(at + 9);
  }

  Result<std::string> local_file() const override { return read_zone("/etc/localtime"); }

 private:
  // TZ may hold anything.
  static bool stays_inside(const std::string& name) {
    const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '+' || c == '-' || c == '/';
    });
    return plain && !name.empty() && name[0] != '/';
  }
  static fs::path folder() {
    std::error_code ignored;
    for (const char* name : kFolders)
      if (fs::is_directory(name, ignored)) return name;
    return {};
  }
};

Status system_random(std::span<std::uint8_t> out) {
#if defined(__linux__)
  for (std::size_t done = 0; done < out.size();) {
    const ssize_t got = getrandom(out.data() + done, out.size() - done, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return make_error(ErrorKind::resources, "the system gives no random numbers",
                        std::strerror(errno));
    done += static_cast<std::size_t>(got);
  }
#else
  arc4random_buf(out.data(), out.size());
#endif
  return ok_status();
}

}  // namespace

const ToolEnvironment& system_environment() {
  static const SystemZones zones;
  static const ToolEnvironment environment = {
      [] {
        return std::chrono::duration_cast<std::chrono::seconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
      },
      &zones, system_random};
  return environment;
}

}  // namespace cactus::cli
