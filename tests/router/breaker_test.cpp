#include "router/breaker.h"

#include <thread>

#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using namespace std::chrono_literals;

namespace {

const WallClock::time_point kNow = WallClock::time_point(std::chrono::hours(24 * 365 * 56));

CloudError failing(CloudErrorKind kind = CloudErrorKind::server) {
  CloudError error;
  error.kind = kind;
  return error;
}

}  // namespace

TEST_CASE("breaker: three failures in a row turn a provider off for a minute", "[router]") {
  BreakerState state;
  breaker::failure(state, failing(), kNow);
  breaker::failure(state, failing(), kNow + 1s);
  CHECK(breaker::off_for(state, kNow + 1s) == 0ms);
  breaker::failure(state, failing(), kNow + 2s);
  CHECK(breaker::off_for(state, kNow + 2s) == 60s);
  CHECK(breaker::off_for(state, kNow + 61s) == 1s);
  CHECK(breaker::off_for(state, kNow + 62s) == 0ms);
  // After the minute one more failure is enough.
  breaker::failure(state, failing(), kNow + 63s);
  CHECK(breaker::off_for(state, kNow + 63s) == 60s);
  breaker::success(state);
  CHECK(breaker::off_for(state, kNow + 63s) == 0ms);
  breaker::failure(state, failing(), kNow + 64s);
  CHECK(breaker::off_for(state, kNow + 64s) == 0ms);
}

TEST_CASE("breaker: a success between them, or ten minutes, end a row", "[router]") {
  BreakerState state;
  for (int i = 0; i < 10; ++i) {
    breaker::failure(state, failing(), kNow + i * 11min);
    CHECK(breaker::off_for(state, kNow + i * 11min) == 0ms);
  }
}

TEST_CASE("breaker: a provider's own wait counts, within an hour", "[router]") {
  BreakerState state;
  CloudError error = failing(CloudErrorKind::rate_limit);
  error.retry_after = 5min;
  for (int i = 0; i < 3; ++i) breaker::failure(state, error, kNow);
  CHECK(breaker::off_for(state, kNow) == 5min);
  error.retry_after = 24h;
  breaker::failure(state, error, kNow);
  CHECK(breaker::off_for(state, kNow) == 60min);
  // A clock that was set back by a day does not keep it off for a day.
  CHECK(breaker::off_for(state, kNow - 24h) == 0ms);
}

TEST_CASE("breaker: only what is the provider's trouble counts", "[router]") {
  for (const auto kind :
       {CloudErrorKind::cancelled, CloudErrorKind::config, CloudErrorKind::refused,
        CloudErrorKind::bad_request, CloudErrorKind::too_large, CloudErrorKind::auth,
        CloudErrorKind::billing}) {
    BreakerState state;
    for (int i = 0; i < 5; ++i) breaker::failure(state, failing(kind), kNow);
    INFO(cloud_error_name(kind));
    CHECK(breaker::off_for(state, kNow) == 0ms);
  }
  for (const auto kind : {CloudErrorKind::rate_limit, CloudErrorKind::overloaded,
                          CloudErrorKind::server, CloudErrorKind::network, CloudErrorKind::tls,
                          CloudErrorKind::timeout, CloudErrorKind::malformed}) {
    BreakerState state;
    for (int i = 0; i < 3; ++i) breaker::failure(state, failing(kind), kNow);
    INFO(cloud_error_name(kind));
    CHECK(breaker::off_for(state, kNow) == 60s);
  }
}

TEST_CASE("breaker: the state holds across processes, one entry for each endpoint", "[router]") {
  const test::TempDir folder;
  const auto file = folder.path() / "state" / "breaker.json";
  for (int i = 0; i < 3; ++i)
    Breaker(file).failed("a https://a", failing(CloudErrorKind::timeout), kNow);  // three processes
  Breaker(file).failed("b https://b", failing(), kNow);
  CHECK(breaker::off_for(Breaker(file).state("a https://a"), kNow) == 60s);
  CHECK(Breaker(file).state("a https://a").reason == "timeout");
  CHECK(breaker::off_for(Breaker(file).state("b https://b"), kNow) == 0ms);
  CHECK(breaker::off_for(Breaker(file).state("a https://other"), kNow) == 0ms);
  Breaker(file).answered("a https://a");
  CHECK(breaker::off_for(Breaker(file).state("a https://a"), kNow) == 0ms);
  CHECK(Breaker(file).state("b https://b").failures == 1);
}

TEST_CASE("breaker: a broken file is as if nothing had happened", "[router]") {
  const test::TempDir folder;
  const auto file = folder.path() / "breaker.json";
  for (const char* text :
       {"", "nonsense", "[]", "{\"a\": 3}", "{\"a\": {\"failures\": \"x\", \"off_until\": -1}}",
        "{\"a\": {\"failures\": 1e300, \"off_until\": 9223372036854775807, \"last\": 1e999}}",
        "{\"a\": {\"failures\": 5, \"off_until\": 18446744073709551615, \"reason\": "
        "\"\\u001b[31m\"}}"}) {
    test::write_file(file, text);
    INFO(text);
    CHECK(breaker::off_for(Breaker(file).state("a"), kNow) == 0ms);
    CHECK(Breaker(file).state("a").reason.empty());
    Breaker(file).failed("a", failing(), kNow);
    CHECK(Breaker(file).state("a").failures >= 1);
  }
  // Nowhere to write: nothing is remembered, nothing breaks.
  test::write_file(folder.path() / "plain", "");
  Breaker(folder.path() / "plain" / "breaker.json").failed("a", failing(), kNow);
  CHECK(Breaker(folder.path() / "plain" / "breaker.json").state("a").failures == 0);
}

TEST_CASE("breaker: writers at once leave a file that can be read", "[router]") {
  const test::TempDir folder;
  const auto file = folder.path() / "breaker.json";
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) Breaker(file).failed("e" + std::to_string(t), failing(), kNow);
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(parse_json(test::read_file(file), "breaker.json").ok());
}
