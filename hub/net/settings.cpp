#include <sys/stat.h>

#include "hub/net/http_client.h"

namespace cactus::net {
namespace {

#if defined(__APPLE__)
constexpr const char* kSystem = "macos";
#elif defined(__linux__)
constexpr const char* kSystem = "linux";
#else
constexpr const char* kSystem = "unix";
#endif

#if defined(__aarch64__)
constexpr const char* kMachine = "arm64";
#elif defined(__x86_64__)
constexpr const char* kMachine = "x86_64";
#else
constexpr const char* kMachine = "other";
#endif

bool is_folder(const char* path) {
  struct stat info {};
  return ::stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

std::string default_user_agent() {
  return std::string("cactus/" CACTUS_NET_VERSION " (") + kSystem + "; " + kMachine + ")";
}

Settings settings_from(const std::function<const char*(const char*)>& variable) {
  Settings settings;
  settings.user_agent = default_user_agent();
  for (const char* name :
       {"CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"}) {
    const char* path = variable(name);
    if (path == nullptr || *path == 0) continue;
    (is_folder(path) ? settings.ca_folder : settings.ca_file) = path;
    break;
  }
  return settings;
}

}  // namespace cactus::net
