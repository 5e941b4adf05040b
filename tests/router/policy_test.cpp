// When an answer goes to the cloud.
#include "router/policy.h"

#include <limits>

#include "tests/support/catch.h"

using namespace cactus;

TEST_CASE("policy: hand off when the confidence, 1 - p_wrong, is below the threshold", "[router]") {
  const Policy policy{.threshold = 0.7};
  for (const double p_wrong : {0.0, 0.1, 0.29, 0.31, 0.5, 1.0}) {
    INFO(p_wrong);
    CHECK(decide(policy, 1 - p_wrong, "probe").hand_off == (1 - p_wrong < 0.7));
  }
  CHECK_FALSE(decide(policy, 0.7, "probe").hand_off);  // not below
  CHECK(decide(policy, std::nextafter(0.7, 0.0), "probe").hand_off);
  CHECK_FALSE(decide({.threshold = 0}, 0.0, "probe").hand_off);
  CHECK(decide({.threshold = 1}, std::nextafter(1.0, 0.0), "probe").hand_off);
}

TEST_CASE("policy: every decision has its reason", "[router]") {
  const auto reason = [](const Policy& policy, std::optional<double> confidence,
                         const char* source = "probe") {
    const Decision d = decide(policy, confidence, source);
    return std::string(d.hand_off ? "cloud: " : "local: ") + d.reason;
  };
  CHECK(reason({}, 0.31) == "cloud: 0.31 < 0.70");
  CHECK(reason({}, 0.86) == "local: 0.86 ≥ 0.70");
  CHECK(reason({}, 0.70) == "local: 0.70 ≥ 0.70");
  CHECK(reason({}, 0.6996) == "cloud: 0.6996 < 0.7000");
  CHECK(reason({}, {}) == "local: nothing measures the confidence of this answer");
  CHECK(reason({.mode = HandoffMode::off}, 0.1) == "local: hand-off is off");
  CHECK(reason({.mode = HandoffMode::ask}, 0.1) == "cloud: 0.10 < 0.70");
  CHECK(reason({.mode = HandoffMode::always}, 0.9) == "cloud: asked for with --cloud");
}

TEST_CASE("policy: log-probabilities decide only when the user asked for it", "[router]") {
  CHECK_FALSE(decide({}, 0.1, "logprob").hand_off);
  CHECK(decide({.logprob = true}, 0.1, "logprob").hand_off);
  CHECK(decide({}, 0.1, "logprob").reason.find("handoff.logprob") != std::string::npos);
}

TEST_CASE("policy: an answer is given up early only when it stays hopeless", "[router]") {
  const auto given_up_at = [](auto confidence_of) {
    EarlyDecision early(0.7);  // hopeless below 0.35
    for (int token = 1; token <= 100; ++token)
      if (early.add(confidence_of(token))) return token;
    return 0;
  };
  CHECK(given_up_at([](int) { return 0.1; }) == EarlyDecision::kFirst);
  CHECK(given_up_at([](int) { return 0.35; }) == 0);
  CHECK(given_up_at([](int) { return 0.5; }) == 0);  // below the threshold, but not hopeless
  CHECK(given_up_at([](int token) { return token < 30 ? 0.5 : 0.2; }) == 37);
  CHECK(given_up_at([](int token) { return token % 8 == 0 ? 0.9 : 0.0; }) == 0);
}
