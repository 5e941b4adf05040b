// How the hub gets a token: cli hands a source in, so that hub never includes auth.
#pragma once
#include "engine/base/secret.h"
#include "hub/hf/environment.h"

namespace cactus::hub {

class TokenSource {
 public:
  virtual ~TokenSource() = default;
  // Empty: there is none. Asked once for each HubApi; may block (a keychain).
  virtual Secret token() = 0;
};

// HF_TOKEN, else the token file of the Hugging Face tools; none with implicit_token off.
class EnvironmentToken : public TokenSource {
 public:
  explicit EnvironmentToken(const HubEnvironment& environment) : environment_(environment) {}
  Secret token() override;

 private:
  const HubEnvironment& environment_;
};

}  // namespace cactus::hub
