#include "cli/redact.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "auth/key_shape.h"

namespace cactus::cli::redact {
namespace {

constexpr std::size_t kShortest = 8;

struct Known {
  std::mutex mutex;
  std::vector<Secret> secrets;
};
Known& known() {
  static Known instance;
  return instance;
}

}  // namespace

void remember(const Secret& secret) {
  if (secret.size() < kShortest) return;
  const std::lock_guard lock(known().mutex);
  auto& secrets = known().secrets;
  if (std::find(secrets.begin(), secrets.end(), secret) == secrets.end()) secrets.push_back(secret);
}

std::string text(std::string_view line) {
  std::string shown(line);
  {
    const std::lock_guard lock(known().mutex);
    for (const Secret& secret : known().secrets) {
      for (std::size_t at = 0; (at = shown.find(secret.expose(), at)) != std::string::npos;) {
        const std::string masked = secret.masked();
        shown.replace(at, secret.size(), masked);
        at += masked.size();
      }
    }
  }
  return auth::mask_key_shapes(shown);
}

Error error(Error shown) {
  for (std::string* part : {&shown.what, &shown.why, &shown.fix}) *part = text(*part);
  return shown;
}

}  // namespace cactus::cli::redact
