// One provider against one fake server: what tests of whole exchanges share.
#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/base/secret.h"
#include "hub/net/http_client.h"
#include "router/providers/endpoint.h"
#include "tests/support/catch.h"
#include "tests/support/provider_server.h"

namespace cactus::test {

using namespace std::chrono_literals;

inline const TlsIdentity& identity() {
  static const TlsIdentity one;
  return one;
}

inline net::HttpClient& trusting_client() {
  static net::HttpClient client(net::Settings{"cactus/test", identity().ca_file(), ""});
  return client;
}

// Long and random-looking, as real ones are; never a real one.
inline constexpr std::string_view kKey = "sk-test-Zq7Xw2Lr9Tn4Vb6Kd8Hs1Mf3Jc5Py0";

// Everything a call told its sink.
struct Recorder : CloudEvents {
  std::string text, thought;
  std::vector<Json> calls;
  std::vector<CloudUsage> usage;
  std::atomic<bool>* cancel_at_text = nullptr;  // set with the first piece
  bool reads = true;

  bool on_text(std::string_view piece) override {
    text += piece;
    if (cancel_at_text != nullptr) *cancel_at_text = true;
    return reads;
  }
  bool on_thought(std::string_view piece) override {
    thought += piece;
    return reads;
  }
  void on_tool_call(const Json& call) override { calls.push_back(call); }
  void on_usage(const CloudUsage& reported) override { usage.push_back(reported); }
};

// The path below the server's root at which a kind of provider expects its base.
inline std::string base_path(const std::string& kind) {
  return kind == "anthropic" || kind == "gemini" ? "" : "/v1";
}

// Throws where it cannot be made: threads call this, and assertions are for the test's own.
inline std::unique_ptr<Provider> provider_at(const std::string& kind, const std::string& url) {
  ProviderConfig config;
  config.kind = kind;
  config.base_url = url + base_path(kind);
  auto provider = make_provider(config, trusting_client());
  if (!provider) throw std::runtime_error(provider.error().what);
  return std::move(*provider);
}

inline CloudRequest question(const std::string& text = "What is the answer?") {
  CloudRequest request;
  request.model = "fake-model-1";
  request.system = "Be brief.";
  request.messages = Json::array({{{"role", "user"}, {"content", text}}});
  request.max_output_tokens = 500;
  return request;
}

inline constexpr CloudDeadlines kPatient{10s, 10s, 30s};

inline const std::vector<std::string>& speaking_kinds() {
  static const std::vector<std::string> kinds = {"anthropic", "openai",   "openai-chat",
                                                 "gemini",    "deepseek", "openrouter",
                                                 "vllm",      "ollama",   "openai-compatible"};
  return kinds;
}

}  // namespace cactus::test
