#include "hub/hf/environment.h"

#include <algorithm>
#include <charconv>

#include "hub/net/headers.h"
#include "hub/net/url.h"

namespace cactus::hub {
namespace {

namespace fs = std::filesystem;
using Variable = std::function<const char*(const char*)>;

// The first of the names that is set and not empty.
std::string text_of(const Variable& variable, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = variable(name);
    if (value != nullptr && *value != 0) return value;
  }
  return {};
}

bool is_on(const Variable& variable, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* name) {
    const std::string value = text_of(variable, {name});
    return value == "1" || net::same_text(value, "on") || net::same_text(value, "yes") ||
           net::same_text(value, "true");
  });
}

std::chrono::seconds seconds_of(const Variable& variable, const char* name,
                                std::chrono::seconds otherwise) {
  const std::string value = text_of(variable, {name});
  long seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error != std::errc{} || end != value.data() + value.size() || seconds <= 0) return otherwise;
  return std::chrono::seconds(std::min(seconds, 3600L));
}

fs::path folder_of(const std::string& text, const std::string& home) {
  if (text == "~" || text.rfind("~/", 0) == 0) return fs::path(home + text.substr(1));
  return text;
}

// Tokens are pasted with line ends now and then.
Secret token_of(const Variable& variable) {
  std::string value = text_of(variable, {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"});
  std::erase_if(value, [](char c) { return c == '\r' || c == '\n' || c == ' ' || c == '\t'; });
  return Secret::take(value);
}

}  // namespace

Result<HubEnvironment> hub_environment(const Variable& variable) {
  HubEnvironment e;
  if (std::string endpoint = text_of(variable, {"HF_ENDPOINT"}); !endpoint.empty()) {
    while (endpoint.ends_with('/')) endpoint.pop_back();
    if (auto url = net::parse_url(endpoint); !url) {
      return make_error(ErrorKind::usage, "HF_ENDPOINT is no address of a hub",
                        std::move(url.error().why), "unset HF_ENDPOINT, or give https://HOST");
    }
    e.endpoint = std::move(endpoint);
  }
  const std::string home = text_of(variable, {"HOME"});
  const std::string xdg = text_of(variable, {"XDG_CACHE_HOME"});
  const fs::path caches = xdg.empty() ? fs::path(home) / ".cache" : folder_of(xdg, home);
  const std::string hf_home = text_of(variable, {"HF_HOME"});
  e.home = hf_home.empty() ? caches / "huggingface" : folder_of(hf_home, home);
  const std::string cache = text_of(variable, {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"});
  e.cache = cache.empty() ? e.home / "hub" : folder_of(cache, home);
  const std::string token_file = text_of(variable, {"HF_TOKEN_PATH"});
  e.token_file = token_file.empty() ? e.home / "token" : folder_of(token_file, home);
  e.token = token_of(variable);
  e.offline = is_on(variable, {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"});
  e.implicit_token = !is_on(variable, {"HF_HUB_DISABLE_IMPLICIT_TOKEN"});
  e.symlinks = !is_on(variable, {"HF_HUB_DISABLE_SYMLINKS"});
  e.progress_bars = !is_on(variable, {"HF_HUB_DISABLE_PROGRESS_BARS"});
  e.metadata_timeout = seconds_of(variable, "HF_HUB_ETAG_TIMEOUT", e.metadata_timeout);
  e.download_timeout = seconds_of(variable, "HF_HUB_DOWNLOAD_TIMEOUT", e.download_timeout);
  return e;
}

}  // namespace cactus::hub
