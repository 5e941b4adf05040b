// What the environment says about the hub, as plain values.
#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "engine/base/result.h"
#include "engine/base/secret.h"

namespace cactus::hub {

inline constexpr const char* kDefaultEndpoint = "https://huggingface.co";

struct HubEnvironment {
  std::string endpoint = kDefaultEndpoint;    // HF_ENDPOINT, no slash at the end
  std::filesystem::path home;                 // HF_HOME, else XDG_CACHE_HOME/huggingface
  std::filesystem::path cache;                // HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, else home/hub
  std::filesystem::path token_file;           // HF_TOKEN_PATH, else home/token
  Secret token;                               // HF_TOKEN, HUGGING_FACE_HUB_TOKEN
  bool offline = false;                       // HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE
  bool implicit_token = true;                 // off: HF_HUB_DISABLE_IMPLICIT_TOKEN
  bool symlinks = true;                       // off: HF_HUB_DISABLE_SYMLINKS
  bool progress_bars = true;                  // off: HF_HUB_DISABLE_PROGRESS_BARS
  std::chrono::seconds metadata_timeout{10};  // HF_HUB_ETAG_TIMEOUT
  std::chrono::seconds download_timeout{30};  // HF_HUB_DOWNLOAD_TIMEOUT: silence before a new try
};

// Reads the variables through `variable` (null: not set). Errors: usage, for an endpoint that is
// not a web address.
Result<HubEnvironment> hub_environment(const std::function<const char*(const char*)>& variable);

}  // namespace cactus::hub
