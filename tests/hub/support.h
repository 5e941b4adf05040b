// What tests of the hub share: an environment that points at a test hub, fixed tokens, short waits.
#pragma once
#include <string>
#include <vector>

#include "hub/hf/hub_api.h"
#include "tests/support/files.h"
#include "tests/support/hub_server.h"

namespace cactus::test {

class FixedToken : public hub::TokenSource {
 public:
  explicit FixedToken(std::string text) : text_(std::move(text)) {}
  Secret token() override { return Secret(text_); }

 private:
  std::string text_;
};

inline hub::HubEnvironment environment_of(const HubServer& server, const TempDir& home) {
  hub::HubEnvironment environment;
  environment.endpoint = server.endpoint();
  environment.home = home.path();
  environment.cache = home / "hub";
  environment.token_file = home / "token";
  environment.download_timeout = std::chrono::seconds(1);
  return environment;
}

inline hub::HubOptions quick() {
  hub::HubOptions options;
  options.backoff.first = std::chrono::milliseconds(1);
  options.backoff.most = std::chrono::milliseconds(4);
  return options;
}

// A hub, a client and what stands between.
struct HubFixture {
  explicit HubFixture(std::string token = {}, hub::HubOptions options = quick())
      : environment(environment_of(server, home)),
        tokens(std::move(token)),
        api(client, environment, &tokens, std::move(options)) {}

  HubServer server;
  TempDir home;
  hub::HubEnvironment environment;
  FixedToken tokens;
  net::HttpClient client;
  hub::HubApi api;
};

// Bytes that no compressor or accident makes equal: a fixed sequence for each seed.
inline std::string noise(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes(size, '\0');
  std::uint32_t x = seed * 2654435761u + 1;
  for (char& byte : bytes) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    byte = static_cast<char>(x >> 24);
  }
  return bytes;
}

}  // namespace cactus::test
