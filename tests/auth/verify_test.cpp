// Checking a key with each provider's free call, against a server on loopback.
#include "auth/verify.h"

#include "tests/auth/fake_accounts.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::auth;

namespace {
const ProviderInfo& info_of(const std::string& name) {
  const ProviderInfo* info = find_provider(name);
  return info != nullptr ? *info : compatible_provider();
}
}  // namespace

TEST_CASE("verify: every provider's good and bad keys", "[auth]") {
  test::FakeAccounts accounts;
  net::HttpClient client;
  for (const auto& [name, key] : test::test_keys()) {
    INFO(name);
    const std::string base = accounts.base_url(name);
    const Verification good = verify_key(client, info_of(name), base, false, Secret(key), nullptr);
    CHECK(good.verdict == Verdict::accepted);
    const Verification bad =
        verify_key(client, info_of(name), base, false, Secret(key + "x"), nullptr);
    CHECK(bad.verdict == Verdict::rejected);
    CHECK(bad.reason.find(key) == std::string::npos);
  }
}

TEST_CASE("verify: what is neither yes nor no stays open", "[auth]") {
  test::FakeAccounts accounts;
  net::HttpClient client;
  const Secret key(test::test_keys().at("openai"));
  const auto check = [&](const std::string& base) {
    const Verification result =
        verify_key(client, compatible_provider(), base, false, key, nullptr);
    CHECK(result.verdict == Verdict::unchecked);
    CHECK_FALSE(result.reason.empty());
    CHECK(result.reason.find(key.expose()) == std::string::npos);
  };
  check(accounts.base_url("moved"));   // not followed: it would carry the key along
  check(accounts.base_url("page"));    // a captive portal
  check(accounts.base_url("broken"));  // repeats what it was sent
  check("http://127.0.0.1:9");         // nobody listens
  check("http://example.invalid");     // not encrypted, not this machine: never sent
  check("ftp://example.invalid");
  CHECK(accounts.calls() == 0);
}

TEST_CASE("verify: models as the provider lists them", "[auth]") {
  test::FakeAccounts accounts;
  net::HttpClient client;
  const auto models = [&](const std::string& name) {
    return list_models(client, info_of(name), accounts.base_url(name), false,
                       Secret(test::test_keys().at(name)), nullptr);
  };
  CHECK(models("anthropic") == std::vector<std::string>{"model-a", "model-b"});
  CHECK(models("gemini") == std::vector<std::string>{"gemini-x"});
  CHECK(models("huggingface").empty());
  CHECK(list_models(client, compatible_provider(), accounts.base_url("page"), false, Secret(),
                    nullptr)
            .empty());
}
