#include "router/providers/errors.h"

#include "router/providers/endpoint.h"
#include "router/providers/safe_text.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::providers;
using namespace std::chrono_literals;
using Kind = CloudErrorKind;

namespace {

const WallTime kNow = *parse_http_date("Tue, 27 Jan 2026 12:00:00 GMT");

CloudError of(int status, const char* body, net::Headers headers = {}) {
  return error_of(status, headers, body, kNow);
}

}  // namespace

TEST_CASE("errors: the kind comes from the status, and from what is stronger", "[router]") {
  struct Row {
    int status;
    const char* body;
    Kind kind;
    bool retryable;
  };
  const Row rows[] = {
      {401,
       R"({"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}})",
       Kind::auth, false},
      {403, R"({"type":"error","error":{"type":"permission_error","message":"no"}})", Kind::auth,
       false},
      {402, R"({"error":{"message":"Insufficient Balance","type":"unknown_error"}})", Kind::billing,
       false},
      {429,
       R"({"error":{"message":"quota","type":"insufficient_quota","code":"insufficient_quota"}})",
       Kind::billing, false},
      {429, R"({"error":{"message":"slow","type":"tokens","code":"rate_limit_exceeded"}})",
       Kind::rate_limit, true},
      {429,
       R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]}]}})",
       Kind::rate_limit, false},
      {400,
       R"({"error":{"code":400,"status":"INVALID_ARGUMENT","message":"API key not valid. Please pass a valid API key.","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}})",
       Kind::auth, false},
      {400, R"([{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"API key not valid"}}])",
       Kind::auth, false},
      {400,
       R"({"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}})",
       Kind::too_large, false},
      {400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens"}})",
       Kind::too_large, false},
      {404, R"({"error":{"message":"The model does not exist","code":"model_not_found"}})",
       Kind::bad_request, false},
      {404, R"({"error":"model 'x' not found"})", Kind::bad_request, false},
      {422, R"({"detail":[{"loc":["body"],"msg":"field required"}]})", Kind::bad_request, false},
      {413, "", Kind::too_large, false},
      {408, "", Kind::server, true},
      {409, "", Kind::server, true},
      {500, R"({"error":{"type":"server_error"}})", Kind::server, true},
      {502, "<html>bad gateway</html>", Kind::server, true},
      {503, "", Kind::overloaded, true},
      {529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
       Kind::overloaded, true},
      {403, R"({"error":{"code":403,"message":"flagged","metadata":{"reasons":["x"]}}})",
       Kind::refused, false},
      {400, R"({"error":{"code":"content_policy_violation","message":"no"}})", Kind::refused,
       false},
      {302, "", Kind::redirect, false},
      {418, "short and stout", Kind::bad_request, false},
  };
  for (const Row& row : rows) {
    INFO(row.status << " " << row.body);
    const CloudError error = of(row.status, row.body);
    CHECK(cloud_error_name(error.kind) == cloud_error_name(row.kind));
    CHECK(error.retryable == row.retryable);
    CHECK(error.http_status == row.status);
    CHECK_FALSE(error.message.empty());
  }
  CHECK(of(404, R"({"error":"model 'x' not found"})").message ==
        "the request was not accepted (HTTP 404): model 'x' not found");
  CHECK(of(418, "short and stout").message.find("short and stout") != std::string::npos);
  CHECK(of(502, "<html>bad gateway</html>").message.find("<html>") == std::string::npos);
}

TEST_CASE("errors: the provider's own word on trying again wins", "[router]") {
  CHECK_FALSE(of(500, "", {{"x-should-retry", "false"}}).retryable);
  CHECK(of(400, "", {{"x-should-retry", "true"}}).retryable);
}

TEST_CASE("errors: an image is blamed only where one is named", "[router]") {
  CHECK(of(400, R"({"error":{"message":"Could not process image"}})").blames_attachment);
  CHECK(of(400, R"({"error":{"message":"messages.0: image exceeds 5 MB maximum"}})")
            .blames_attachment);
  CHECK_FALSE(of(400, R"({"error":{"message":"max_tokens is too large"}})").blames_attachment);
  CHECK_FALSE(of(429, R"({"error":{"message":"too many images"}})").blames_attachment);
}

TEST_CASE("errors: when to ask again", "[router]") {
  const auto after = [](net::Headers headers) { return retry_after(headers, kNow); };
  const auto ms = [](std::int64_t n) { return Wait(std::chrono::milliseconds(n)); };
  CHECK(after({{"Retry-After", "7"}}) == ms(7000));
  CHECK(after({{"retry-after", "0.25"}}) == ms(250));
  CHECK(after({{"retry-after-ms", "120"}, {"retry-after", "7"}}) == ms(120));
  CHECK(after({{"retry-after", "Tue, 27 Jan 2026 12:00:30 GMT"}}) == ms(30'000));
  CHECK(after({{"retry-after", "Tue, 27 Jan 2026 11:00:00 GMT"}}) == ms(0));
  CHECK(after({{"retry-after", "99999999999"}}) == ms(24 * 3600 * 1000));
  for (const char* odd : {"", "-1", "soon", "1e3", "..", "Tue, 32 Jan 2026 12:00:30 GMT",
                          "Tue, 27 Foo 2026 12:00:30 GMT", "Tue, 27 Jan 2026 12:60:30 GMT"}) {
    INFO(odd);
    CHECK_FALSE(after({{"retry-after", odd}}));
  }
  CHECK(after({{"anthropic-ratelimit-tokens-remaining", "0"},
               {"anthropic-ratelimit-tokens-reset", "2026-01-27T12:01:00Z"},
               {"anthropic-ratelimit-requests-remaining", "5"},
               {"anthropic-ratelimit-requests-reset", "2026-01-27T12:30:00Z"}}) == ms(60'000));
  CHECK(after({{"x-ratelimit-remaining-requests", "0"}, {"x-ratelimit-reset-requests", "6m0s"}}) ==
        ms(360'000));
  CHECK_FALSE(
      after({{"x-ratelimit-remaining-requests", "1"}, {"x-ratelimit-reset-requests", "6m0s"}}));
  CHECK(parse_span("1h2m3.5s") == ms(3'723'500));
  CHECK(parse_span("250ms") == ms(250));
  CHECK_FALSE(parse_span("5"));
  CHECK_FALSE(parse_span("s"));
  CHECK_FALSE(parse_span("5d"));
  const Complaint google = read_complaint(Json::parse(R"({"error":{"details":[
      {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"17.5s"}]}})"));
  CHECK(google.retry_after == ms(17'500));
}

TEST_CASE("errors: what strangers write is made fit to show", "[router]") {
  const Secret key("sk-ant-api03-Qm7Zr4Tk9Wx2Lp6Vb1");
  CHECK(safe_line("a\n\tb\x1b[31mred\x07", 100, key) == "a b [31mred");
  CHECK(safe_line("  spaces   folded ", 100, key) == "spaces folded");
  CHECK(safe_line("evil\xE2\x80\xAEtxt", 100, key) == "evil txt");  // right-to-left override
  CHECK(safe_line("bad\xFFutf", 100, key) == "bad\xEF\xBF\xBDutf");
  CHECK(safe_line("key sk-ant-api03-Qm7Zr4Tk9Wx2Lp6Vb1!", 100, key) == "key [key]!");
  CHECK(safe_line("part Tk9Wx2Lp of it", 100, key) == "part [key] of it");
  CHECK(safe_line("Tk9Wx2L is short", 100, key) == "Tk9Wx2L is short");  // seven bytes
  CHECK(safe_line("0123456789", 10, key) == "0123456789");
  CHECK(safe_line("0123456789a", 10, key) == "0123456\xE2\x80\xA6");
  const std::string cut = safe_line(std::string(1000, 'a') + "\xC3\xA9", 300, key);
  CHECK(cut.size() <= 300);
  CHECK(safe_line("", 10, Secret()).empty());
  CHECK(safe_id("req_1\x1b[0m 2", key) == "req_1[0m2");
  CHECK(safe_id(std::string(500, 'x'), key).size() == 128);
}

TEST_CASE("providers: addresses come from the environment and the config, and are checked",
          "[router]") {
  net::HttpClient client;
  const auto at = [&](const char* kind, const char* url, bool plain = false) {
    ProviderConfig config;
    config.kind = kind;
    config.base_url = url;
    config.allow_plain_http = plain;
    auto provider = make_provider(config, client);
    return provider ? std::string((*provider)->base_url()) : "error: " + provider.error().what;
  };
  CHECK(at("anthropic", "") == "https://api.anthropic.com");
  CHECK(at("openai", "") == "https://api.openai.com/v1");
  CHECK(at("anthropic", "https://gateway.example/v1/") == "https://gateway.example");
  CHECK(at("gemini", "https://gateway.example/v1beta") == "https://gateway.example");
  CHECK(at("openai", "https://gateway.example/v1/") == "https://gateway.example/v1");
  CHECK(at("vllm", "") == "error: the provider 'vllm' has no address");
  CHECK(at("vllm", "http://127.0.0.1:8000/v1") == "http://127.0.0.1:8000/v1");
  CHECK(at("vllm", "http://gpu.example:8000/v1") ==
        "error: the address of the provider 'vllm' is not encrypted");
  CHECK(at("vllm", "http://gpu.example:8000/v1", true) == "http://gpu.example:8000/v1");
  CHECK(at("vllm", "ftp://x").substr(0, 5) == "error");
  CHECK(at("wizard", "").substr(0, 5) == "error");
  for (const std::string& kind : provider_kinds()) {
    INFO(kind);
    CHECK(at(kind.c_str(), "https://x.example").substr(0, 5) != "error");
  }

  const auto variable = [](const char* name) -> const char* {
    const std::string_view n = name;
    if (n == "ANTHROPIC_BASE_URL") return "https://a.example";
    if (n == "OPENAI_BASE_URL") return "https://o.example/v1";
    if (n == "OPENAI_ORG_ID") return "org-1";
    return nullptr;
  };
  ProviderConfig config;
  config.kind = "anthropic";
  config.base_url = "https://from.config";
  apply_environment(config, variable);
  CHECK(config.base_url == "https://a.example");
  config = {};
  config.kind = "openai";
  apply_environment(config, variable);
  CHECK(config.base_url == "https://o.example/v1");
  CHECK(config.headers ==
        std::vector<std::pair<std::string, std::string>>{{"OpenAI-Organization", "org-1"}});
  config = {};
  config.kind = "gemini";
  config.base_url = "https://from.config";
  apply_environment(config, variable);
  CHECK(config.base_url == "https://from.config");
}

TEST_CASE("providers: the body for showing is what is sent, with the user's additions",
          "[router]") {
  net::HttpClient client;
  ProviderConfig config;
  config.kind = "openai-compatible";
  config.base_url = "https://x.example/v1";
  config.extra_body = Json::parse(R"({"temperature": 0.2, "stream_options": null})");
  const auto provider = make_provider(config, client);
  CloudRequest request;
  request.model = "m";
  request.messages = Json::parse(R"([{"role": "user", "content": "x"}])");
  request.max_output_tokens = 9;
  request.extra_body = Json::parse(R"({"temperature": 0.3})");
  CHECK(
      *(*provider)->body(request) ==
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":9,"stream":true,"temperature":0.3})");
  request.messages = Json::array();
  CHECK_FALSE((*provider)->body(request).ok());
}
