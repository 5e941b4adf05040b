// The Hugging Face token for the hub: from the stores of `auth`, which the hub does not know.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "hub/hf/token.h"

namespace cactus::cli {

// The first of CACTUS_HUGGINGFACE_API_KEY, HF_TOKEN, HUGGING_FACE_HUB_TOKEN, the keychain,
// credentials.json, key_command and the token file; none with HF_HUB_DISABLE_IMPLICIT_TOKEN, or
// when a source that should have one cannot be read (the log says which).
class HubToken : public hub::TokenSource {
 public:
  // `environment` outlives it.
  explicit HubToken(const hub::HubEnvironment& environment,
                    std::vector<std::string> key_command = {})
      : environment_(environment), key_command_(std::move(key_command)) {}
  Secret token() override;

 private:
  const hub::HubEnvironment& environment_;
  std::vector<std::string> key_command_;
};

}  // namespace cactus::cli
