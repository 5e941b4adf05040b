#include "router/retry.h"

#include "tests/support/catch.h"

using namespace cactus;
using namespace std::chrono_literals;

namespace {

CloudError passing(std::optional<std::chrono::milliseconds> after = {}) {
  CloudError error;
  error.kind = CloudErrorKind::rate_limit;
  error.retryable = true;
  error.retry_after = after;
  return error;
}

}  // namespace

TEST_CASE("retry: an error that may pass is tried once more after a short wait", "[router]") {
  const CloudError error = passing();
  for (const double chance : {0.0, 0.5, 0.999}) {
    const auto decision = decide_retry({error, 1, 15s, false, chance});
    CHECK(decision.again);
    CHECK(decision.wait <= 500ms);
    CHECK(decision.wait >= 375ms);
    CHECK_FALSE(decision.without_attachments);
  }
  CHECK_FALSE(decide_retry({error, 2, 15s, false, 0.5}).again);
}

TEST_CASE("retry: the provider's wait is kept, unless it costs the time that is left", "[router]") {
  const CloudError soon = passing(3s);
  CHECK(decide_retry({soon, 1, 15s, false, 0.9}).wait == 3s);
  CHECK(decide_retry({soon, 1, 5s, false, 0.9}).again);
  const auto late = decide_retry({soon, 1, 4999ms, false, 0.9});
  CHECK_FALSE(late.again);
  CHECK(late.why == "the provider asks to wait longer than there is time");
  CHECK_FALSE(decide_retry({passing(60s), 1, 15s, false, 0.5}).again);
  CHECK_FALSE(decide_retry({passing(), 1, 2s, false, 0.5}).again);
  CHECK(decide_retry({passing(0s), 1, 15s, false, 0.5}).wait == 0ms);
}

TEST_CASE("retry: never after output began, nor for what will not pass", "[router]") {
  CloudError began = passing();
  began.output_began = true;
  CHECK_FALSE(decide_retry({began, 1, 15s, false, 0.5}).again);
  CloudError final = passing();
  final.retryable = false;
  CHECK_FALSE(decide_retry({final, 1, 15s, false, 0.5}).again);
  CloudError cancelled = passing();
  cancelled.kind = CloudErrorKind::cancelled;
  CHECK_FALSE(decide_retry({cancelled, 1, 15s, false, 0.5}).again);
}

TEST_CASE("retry: a refused image is left out of the second request", "[router]") {
  CloudError error;
  error.kind = CloudErrorKind::bad_request;
  error.blames_attachment = true;
  const auto decision = decide_retry({error, 1, 15s, true, 0.5});
  CHECK(decision.again);
  CHECK(decision.without_attachments);
  CHECK_FALSE(decide_retry({error, 1, 15s, false, 0.5}).again);  // there was none
  CHECK_FALSE(decide_retry({error, 2, 15s, true, 0.5}).again);
}
