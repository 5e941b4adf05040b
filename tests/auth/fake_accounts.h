// The free calls of all providers on one loopback server: accepts one key each, lists models.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/loopback_server.h"

namespace cactus::test {

// Keys of all providers, shaped as theirs are, made when the test runs: none lies in the sources.
inline const std::map<std::string, std::string>& test_keys() {
  // No two keys share eight bytes in a row, so that a leak says whose it is.
  static const std::map<std::string, std::string> keys = {
      {"anthropic", std::string("sk-") + "ant-x1-" + "An7hR0p1cK3yOf7heTests4242aaaa"},
      {"openai", "sk-proj-0p3nA1K3yOf7heOtherTests5353bbbb"},
      {"gemini", std::string("AI") + "zaG3m1n1K3yOf7heThirdTests6464cccc"},
      {"deepseek", "sk-d33p5e3kK3yOf7heFourthTests7575dddd"},
      {"openrouter", "sk-or-v1-0p3nR0u73rK3yOfFifthTests8686"},
      {"cluster", "a-company-secret-C1u573rK3y-SixthTests9797"},
      {"huggingface", std::string("hf") + "_Hu9g1n9F4c3K3yOfSeventhTests0808"}};
  return keys;
}

class FakeAccounts {
 public:
  FakeAccounts() {
    const auto route = [this](const char* path, const char* provider, const char* header,
                              const std::string& prefix, const std::string& body) {
      server_.routes().Get(
          path, [=, this](const httplib::Request& request, httplib::Response& response) {
            const std::lock_guard lock(mutex_);
            ++calls_;
            if (request.get_header_value(header) == prefix + test_keys().at(provider)) {
              response.set_content(body, "application/json");
            } else {
              response.status = std::string(provider) == "gemini" ? 400 : 401;
              response.set_content(R"({"error": {"details": [{"reason": "API_KEY_INVALID"}]}})",
                                   "application/json");
            }
          });
    };
    const std::string models = R"({"data": [{"id": "model-b"}, {"id": "model-a"}, {"id": 3}]})";
    route("/anthropic/v1/models", "anthropic", "x-api-key", "", models);
    route("/openai/models", "openai", "Authorization", "Bearer ", models);
    route("/gemini/v1beta/models", "gemini", "x-goog-api-key", "",
          R"({"models": [{"name": "models/gemini-x"}]})");
    route("/deepseek/models", "deepseek", "Authorization", "Bearer ", models);
    route("/openrouter/key", "openrouter", "Authorization", "Bearer ", "{}");
    route("/openrouter/models", "openrouter", "Authorization", "Bearer ", models);
    route("/cluster/models", "cluster", "Authorization", "Bearer ", models);
    route("/huggingface/api/whoami-v2", "huggingface", "Authorization", "Bearer ", "{}");
    server_.routes().Get("/moved/models", [](const httplib::Request&, httplib::Response& response) {
      response.set_redirect("/openai/models");
    });
    server_.routes().Get("/page/models", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("<html>Welcome to the hotel</html>", "text/html");
    });
    server_.routes().Get(
        "/broken/models", [](const httplib::Request& request, httplib::Response& response) {
          response.status = 500;
          response.set_content(request.get_header_value("Authorization"), "text/plain");
        });
    server_.start();
  }
  std::string base_url(const std::string& provider) const { return server_.url("/" + provider); }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  mutable std::mutex mutex_;
  int calls_ = 0;
  LoopbackServer server_;
};

}  // namespace cactus::test
