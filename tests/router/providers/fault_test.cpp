// Each protocol against each fault: the right kind of error, in time, without the key, and without
// ever asking another host.
#include <future>

#include "tests/router/providers/client.h"
#include "tests/support/slow.h"

using namespace cactus;
using namespace cactus::test;
using Kind = CloudErrorKind;

namespace {

struct Expectation {
  Fault fault;
  Kind kind;
  bool retryable = false;
  bool began = false;  // text reached the sink before it failed
};

constexpr Expectation kExpectations[] = {
    {Fault::unauthorized, Kind::auth},
    {Fault::echo_key, Kind::auth},
    {Fault::no_credit, Kind::billing},
    {Fault::rate_limit, Kind::rate_limit, true},
    {Fault::rate_limit_after, Kind::rate_limit, true},
    {Fault::rate_limit_long, Kind::rate_limit, true},
    {Fault::server_error, Kind::server, true},
    {Fault::overloaded, Kind::overloaded, true},
    {Fault::bad_request, Kind::bad_request},
    {Fault::stall_first, Kind::timeout, true},
    {Fault::stall_headers, Kind::timeout, true},
    {Fault::stall_middle, Kind::timeout, true, true},
    {Fault::keep_alives, Kind::timeout, true},
    {Fault::keep_alives_middle, Kind::timeout, true, true},
    {Fault::nonsense, Kind::timeout, true},
    {Fault::cut, Kind::network, true, true},
    {Fault::cut_first, Kind::network, true},
    {Fault::cut_headers, Kind::network, true},
    {Fault::ends_early, Kind::network, true, true},
    {Fault::malformed, Kind::malformed, true, true},
    {Fault::error_event, Kind::overloaded, true, true},
    {Fault::error_first, Kind::overloaded, true},
    {Fault::refusal, Kind::refused},
    {Fault::huge, Kind::malformed, false, true},
    {Fault::huge_event, Kind::malformed},
    {Fault::html, Kind::malformed},
    {Fault::html_error, Kind::server, true},
    {Fault::redirect, Kind::redirect},
};

struct Case {
  std::string kind;
  Expectation expect;
};

struct Observed {
  bool answered = false;
  CloudError error;
  std::string text;
  double ms = 0;
  std::vector<ReceivedRequest> requests;
};

// Short enough to wait for, long enough for a busy machine to bring the half that should come.
constexpr CloudDeadlines kShort{1500ms * kSlow, 700ms * kSlow, 6s * kSlow};
// Megabytes are to be refused for their size, however slow the machine reads them.
constexpr CloudDeadlines kLong{30s * kSlow, 30s * kSlow, 60s * kSlow};

bool is_huge(Fault fault) {
  return fault == Fault::huge || fault == Fault::huge_event;
}

Observed observe(const Case& c, const std::string& elsewhere) {
  ProviderServer server({.fault = c.expect.fault, .redirect_to = elsewhere}, &identity());
  Recorder recorder;
  const auto provider = provider_at(c.kind, server.url());
  const auto start = std::chrono::steady_clock::now();
  const auto reply = provider->send(question(), Secret(kKey), recorder, nullptr,
                                    is_huge(c.expect.fault) ? kLong : kShort);
  Observed seen;
  seen.ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  seen.answered = static_cast<bool>(reply);
  if (!reply) seen.error = reply.error();
  seen.text = recorder.text;
  seen.requests = server.requests();
  return seen;
}

bool shows_key(const std::string& text) {
  for (std::size_t i = 0; i + 8 <= kKey.size(); ++i) {
    if (text.find(kKey.substr(i, 8)) != std::string::npos) return true;
  }
  return false;
}

void check(const Case& c, const Observed& seen) {
  INFO(c.kind << " × " << fault_name(c.expect.fault) << ": " << seen.error.message);
  REQUIRE_FALSE(seen.answered);
  // The event of an error has another name in each protocol.
  const bool server_event =
      (c.expect.fault == Fault::error_event || c.expect.fault == Fault::error_first) &&
      seen.error.kind == Kind::server;
  if (!server_event) CHECK(cloud_error_name(seen.error.kind) == cloud_error_name(c.expect.kind));
  CHECK(seen.error.retryable == c.expect.retryable);
  CHECK(seen.error.output_began == c.expect.began);
  CHECK(seen.text.empty() != c.expect.began);
  if (!is_huge(c.expect.fault)) CHECK(seen.ms < 6500 * kSlow);
  CHECK_FALSE(seen.error.message.empty());
  CHECK(seen.error.message.size() <= 300);
  CHECK(seen.error.message.find('\n') == std::string::npos);
  CHECK_FALSE(shows_key(seen.error.message));
  CHECK_FALSE(shows_key(seen.error.request_id));
  CHECK(seen.requests.size() == 1);  // one call is one request
  switch (c.expect.fault) {
    case Fault::rate_limit:
      CHECK_FALSE(seen.error.retry_after);
      CHECK(seen.error.http_status == 429);
      break;
    case Fault::rate_limit_after:
      CHECK(seen.error.retry_after == std::optional<std::chrono::milliseconds>(1s));
      break;
    case Fault::rate_limit_long:
      CHECK(seen.error.retry_after == std::optional<std::chrono::milliseconds>(3600s));
      break;
    case Fault::echo_key:
      CHECK(seen.error.message.find("[key]") != std::string::npos);
      break;
    case Fault::refusal:
      // It was answered, so it was paid for.
      CHECK(seen.error.usage == std::optional<CloudUsage>(CloudUsage{12, 7, 4, 0}));
      break;
    case Fault::stall_middle:
      // What Anthropic and Gemini said before the silence is known, and that it is not all.
      CHECK(seen.error.usage.has_value() == (c.kind == "anthropic" || c.kind == "gemini"));
      if (seen.error.usage) CHECK(*seen.error.usage == CloudUsage{12, 1, 4, 0, false});
      break;
    default:
      break;
  }
}

}  // namespace

TEST_CASE("providers: every fault has its error, in time, and no other host is asked", "[router]") {
  ProviderServer elsewhere({}, &identity());
  std::vector<Case> cases;
  for (const char* kind : {"anthropic", "openai", "openai-chat", "gemini"}) {
    for (const Expectation& expect : kExpectations) cases.push_back({kind, expect});
  }
  // Most of them wait: many at once.
  constexpr std::size_t kAtOnce = 26;
  for (std::size_t i = 0; i < cases.size(); i += kAtOnce) {
    std::vector<std::future<Observed>> running;
    const std::size_t end = std::min(cases.size(), i + kAtOnce);
    for (std::size_t j = i; j < end; ++j) {
      running.push_back(std::async(std::launch::async, observe, std::cref(cases[j]),
                                   elsewhere.url("/v1/messages")));
    }
    for (std::size_t j = i; j < end; ++j) check(cases[j], running[j - i].get());
  }
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("providers: every fault of the list is tried, or has a test of its own", "[router]") {
  for (const Fault fault : all_faults()) {
    if (fault == Fault::none || fault == Fault::image_refused) continue;
    INFO(fault_name(fault));
    CHECK(std::any_of(std::begin(kExpectations), std::end(kExpectations),
                      [&](const Expectation& e) { return e.fault == fault; }));
  }
}

TEST_CASE("providers: an image that is refused is named as the reason", "[router]") {
  ProviderServer server({.fault = Fault::image_refused}, &identity());
  for (const char* kind : {"anthropic", "openai", "openai-chat", "gemini"}) {
    INFO(kind);
    CloudRequest request = question("What is this?");
    request.attachments.push_back({Attachment::Kind::image, "image/png", "png", "cat.png", {}});
    Recorder recorder;
    const auto provider = provider_at(kind, server.url());
    const auto refused = provider->send(request, Secret(kKey), recorder, nullptr, kPatient);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == Kind::bad_request);
    CHECK(refused.error().blames_attachment);
    request.attachments.clear();
    CHECK(provider->send(request, Secret(kKey), recorder, nullptr, kPatient));
  }
}

TEST_CASE("providers: nobody listens, no such host, no web address", "[router]") {
  int port = 0;
  {
    ProviderServer gone({}, &identity());
    port = gone.port();
  }
  Recorder recorder;
  const auto refused = provider_at("openai", "https://127.0.0.1:" + std::to_string(port))
                           ->send(question(), Secret(kKey), recorder, nullptr, kPatient);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Kind::network);
  CHECK(refused.error().retryable);
  CHECK_FALSE(shows_key(refused.error().message));
}

TEST_CASE("providers: a key that would be a header of its own is never sent", "[router]") {
  ProviderServer server({}, &identity());
  Recorder recorder;
  const std::string key = "sk-test-abcdef\r\nX-Evil: 1";
  const auto reply = provider_at("anthropic", server.url())
                         ->send(question(), Secret(key), recorder, nullptr, kPatient);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == Kind::config);
  CHECK(reply.error().message.find("sk-test") == std::string::npos);
  CHECK(server.connections() == 0);
}
