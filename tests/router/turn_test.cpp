// The turn: text that may be withdrawn reaches only a sink that can withdraw, and the local answer
// is never lost.
#include "router/turn.h"

#include "tests/router/fakes.h"

using namespace cactus;
using namespace cactus::test;

namespace {

struct Place {
  FakeSession session;
  FakeCloud cloud;
  Policy policy;
  std::string absent;
  bool declines = false;
  std::atomic<bool> cancel{false};
  TurnResult last;

  std::string turn(bool withdraws, Handoff* handoff) {
    Recorder sink(withdraws);
    const Json messages = Json::array({{{"role", "user"}, {"content", "q"}}});
    TurnRequest request{.messages = messages, .policy = policy, .absent = absent};
    request.empty_declines = declines;
    if (declines)
      request.local_messages = Json::parse(R"([{"role": "user", "content": "only this"}])");
    const auto result = run_turn(session, request, handoff, sink, &cancel);
    if (!result) return "error: " + result.error().what;
    last = *result;
    return sink.log + " = " + last.text();
  }
  std::string pipe() { return turn(false, &cloud); }
  std::string terminal() { return turn(true, &cloud); }
};

}  // namespace

TEST_CASE("turn: without a hand-off the local answer streams at once", "[router]") {
  Place place;
  place.session.confidence = 0.2;
  place.absent = "no provider is set up";
  CHECK(place.turn(false, nullptr) == "[lo][cal]<local> = local");
  CHECK(place.last.outcome.reason == "0.20 < 0.70, but no provider is set up");
  CHECK(place.last.outcome.failure == HandoffFailure::none);
  place.policy.mode = HandoffMode::off;
  CHECK(place.pipe() == "[lo][cal]<local> = local");
  CHECK(place.last.outcome.reason == "hand-off is off");
  CHECK(place.cloud.asked.empty());
}

TEST_CASE("turn: an obstacle known beforehand streams, and is said when it mattered", "[router]") {
  Place place;
  place.cloud.blocked = "the cap of today is reached";
  place.session.confidence = 0.9;
  CHECK(place.pipe() == "[lo][cal]<local> = local");
  place.session.confidence = 0.2;
  CHECK(place.pipe() == "[lo][cal]<kept: the cap of today is reached, above><local> = local");
  CHECK(place.last.outcome.failure == HandoffFailure::unavailable);
  CHECK(place.last.outcome.wanted);
  CHECK(place.cloud.asked.empty());
}

TEST_CASE("turn: a pipe never sees what is withdrawn", "[router]") {
  Place place;
  place.session.confidence = 0.31;
  CHECK(place.pipe() == "<discard><0.31 < 0.70 → fake/model>[better]<cloud> = better");
  CHECK(place.last.outcome.cost() == kDollar / 4);
  place.session.confidence = 0.7;
  CHECK(place.pipe() == "[local]<local> = local");
  place.session.confidence.reset();
  CHECK(place.pipe() == "[local]<local> = local");
}

TEST_CASE("turn: a terminal streams at once and is told what is withdrawn", "[router]") {
  Place place;
  place.session.confidence = 0.31;
  CHECK(place.terminal() ==
        "[lo][cal]<discard><0.31 < 0.70 → fake/model>[bet][ter]<cloud> = better");
  place.session.confidence = 0.9;
  CHECK(place.terminal() == "[lo][cal]<local> = local");
  CHECK(place.last.outcome.reason == "0.90 ≥ 0.70");
}

TEST_CASE("turn: a cloud that fails never loses the local answer", "[router]") {
  Place place;
  place.session.confidence = 0.31;
  place.cloud.failure = HandoffFailure::provider;
  const std::string line = "<0.31 < 0.70 → fake/model>";
  SECTION("before the first word") {
    CHECK(place.pipe() == "<discard>" + line + "<kept: it broke>[local]<local> = local");
    CHECK(place.terminal() ==
          "[lo][cal]<discard>" + line + "<kept: it broke, above><local> = local");
  }
  SECTION("in the middle") {
    place.cloud.fails_after = 1;
    CHECK(place.pipe() == "<discard>" + line + "<kept: it broke>[local]<local> = local");
    CHECK(place.terminal() ==
          "[lo][cal]<discard>" + line + "[bet]<discard><kept: it broke>[local]<local> = local");
  }
  SECTION("before anything was sent") {
    place.cloud.asks = false;
    place.cloud.failure = HandoffFailure::declined;
    CHECK(place.terminal() == "[lo][cal]<kept: it broke, above><local> = local");
  }
  CHECK(place.last.outcome.failure_text == "it broke");
  CHECK(place.last.message() == Json::parse(R"({"role": "assistant", "content": "local"})"));
}

TEST_CASE("turn: a hopeless answer is given up before its end, and comes back whole", "[router]") {
  Place place;
  place.session.pieces = std::vector<std::string>(40, "x");
  place.session.running = 0.1;
  place.session.confidence = 0.1;
  const std::string given_up = [] {
    std::string text;
    for (int i = 0; i < EarlyDecision::kFirst; ++i) text += "[x]";
    return text;
  }();
  const std::string line = "<0.10 < 0.70 after 16 tokens → fake/model>";
  CHECK(place.pipe() == "<discard>" + line + "[better]<cloud> = better");
  CHECK(place.last.outcome.early);
  CHECK(place.terminal() == given_up + "<discard>" + line + "[bet][ter]<cloud> = better");
  place.session.seeds.clear();
  place.cloud.failure = HandoffFailure::provider;
  const std::string whole(40, 'x');
  const std::string begin = "<discard>" + line + "<kept: it broke>[x]";
  CHECK(place.pipe().substr(0, begin.size()) == begin);
  CHECK(place.last.text() == whole);
  CHECK(place.last.outcome.reason == "0.10 < 0.70 after 16 tokens");
  CHECK(place.session.seeds[1] == std::uint64_t{42});  // the seed that was drawn before
  place.terminal();
  CHECK(place.last.text() == whole);
  CHECK(place.last.finish() == FinishReason::stop);
  SECTION("unless told not to") {
    place.cloud.failure = HandoffFailure::none;
    place.policy.early = false;
    CHECK(place.pipe() == "<discard><0.10 < 0.70 → fake/model>[better]<cloud> = better");
    CHECK_FALSE(place.last.outcome.early);
  }
}

TEST_CASE("turn: with --cloud the local model answers only when the cloud does not", "[router]") {
  Place place;
  place.policy.mode = HandoffMode::always;
  CHECK(place.pipe() == "<asked for with --cloud → fake/model>[better]<cloud> = better");
  CHECK(place.session.asked.empty());
  place.cloud.failure = HandoffFailure::provider;
  place.cloud.fails_after = 1;
  CHECK(place.pipe() ==
        "<asked for with --cloud → fake/model><kept: it broke>[lo][cal]<local> = local");
  CHECK(place.terminal() ==
        "<asked for with --cloud → fake/model>[bet]<discard><kept: it broke>"
        "[lo][cal]<local> = local");
  place.cloud.blocked = "no key";
  CHECK(place.pipe() == "<kept: no key>[lo][cal]<local> = local");
  CHECK(place.last.outcome.failure == HandoffFailure::unavailable);
  place.absent = "no provider is set up";
  CHECK(place.turn(false, nullptr) == "<kept: no provider is set up>[lo][cal]<local> = local");
}

TEST_CASE("turn: Ctrl-C", "[router]") {
  Place place;
  place.session.confidence = 0.31;
  place.cloud.failure = HandoffFailure::cancelled;
  place.cloud.fails_after = 1;
  SECTION("during the cloud's answer: the local one stands") {
    CHECK(place.pipe() == "<discard><0.31 < 0.70 → fake/model>[local]<local> = local");
    CHECK(place.terminal() ==
          "[lo][cal]<discard><0.31 < 0.70 → fake/model>[bet]<discard><local> = local");
    CHECK(place.last.outcome.failure == HandoffFailure::cancelled);
    CHECK(place.last.finish() == FinishReason::stop);
  }
  SECTION("with --cloud there is only what came") {
    place.policy.mode = HandoffMode::always;
    CHECK(place.terminal() == "<asked for with --cloud → fake/model>[bet]<cloud> = bet");
    CHECK(place.last.finish() == FinishReason::cancelled);
    CHECK(place.session.asked.empty());
  }
  SECTION("during the local answer: nothing is asked") {
    place.cancel = true;
    CHECK(place.pipe() == "[lo]<local> = lo");
    CHECK(place.last.finish() == FinishReason::cancelled);
    CHECK(place.cloud.asked.empty());
  }
}

TEST_CASE("turn: the model reads nothing that only a provider or the chat understands",
          "[router]") {
  Place place;
  const Json messages = Json::parse(R"([{"role": "user", "content": "a"},
      {"role": "assistant", "content": "b", "provider_state": 1, "interrupted": true}])");
  Recorder sink(true);
  REQUIRE(run_turn(place.session, {.messages = messages}, nullptr, sink, nullptr).ok());
  CHECK(place.session.asked[0][1] == Json::parse(R"({"role": "assistant", "content": "b"})"));
}

TEST_CASE("turn: the message for the history is the answer that stood", "[router]") {
  Place place;
  place.session.confidence = 0.1;
  place.session.calls = Json::parse(R"([{"name": "add", "arguments": {"a": 1}}])");
  place.pipe();
  CHECK(place.last.message()["content"] == "better");
  CHECK(place.last.message()["provider_state"] == 7);
  CHECK(place.last.tool_calls().empty());
  place.session.confidence = 0.9;
  place.pipe();
  CHECK(place.last.message() ==
        Json::parse(R"({"role": "assistant", "content": "local", "tool_calls":
          [{"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}]})"));
}

TEST_CASE("turn: a model that only calls hands off what it declines, however sure", "[router]") {
  Place place;
  place.session.pieces.clear();
  place.session.confidence = 0.99;
  place.declines = true;
  CHECK(place.pipe() == "<discard><the local model declined → fake/model>[better]<cloud> = better");
  CHECK(place.last.outcome.code == "declined");
  CHECK(place.session.asked[0][0]["content"] == "only this");
  CHECK(place.cloud.asked[0][0]["content"] == "q");
  place.policy.mode = HandoffMode::off;
  CHECK(place.pipe() == "<local> = ");
  place.policy.mode = HandoffMode::automatic;
  place.session.calls = Json::parse(R"([{"name": "add", "arguments": {}}])");
  CHECK(place.pipe() == "<local> = ");
  CHECK(place.last.outcome.reason == "0.99 ≥ 0.70");
}

TEST_CASE("turn: errors of the session come through", "[router]") {
  Place place;
  place.session.fails = true;
  CHECK(place.pipe() == "error: the prompt is too long");
}

TEST_CASE("turn: what the local model cannot see goes to the cloud, and is never guessed at",
          "[router]") {
  struct Seen : Place {
    Json messages = Json::parse(
        R"([{"role": "user", "content": "q",
             "attachments": [{"id": 0, "name": "cat.png", "kind": "image"}]}])");
    Modalities senses;
    std::string ask(bool withdraws, Handoff* to) {
      Recorder sink(withdraws);
      TurnRequest request{.messages = messages, .policy = policy, .absent = absent};
      request.senses = senses;
      const auto result = run_turn(session, request, to, sink, &cancel);
      if (!result) return "error: " + result.error().what;
      last = *result;
      return sink.log + " = " + last.text();
    }
  };
  Seen place;
  const std::string why = "the local model cannot take in cat.png";
  CHECK(place.ask(false, &place.cloud) == "<" + why + " → fake/model>[better]<cloud> = better");
  CHECK(place.session.asked.empty());
  CHECK(place.last.outcome.code == "unseen");
  CHECK_FALSE(place.last.outcome.unanswered);

  // It fails, it is blocked, it is off, there is none: no answer, and the local model is not asked.
  Seen failing;
  failing.cloud.failure = HandoffFailure::provider;
  failing.cloud.fails_after = 1;
  CHECK(failing.ask(true, &failing.cloud) == "<" + why + " → fake/model>[bet]<discard><local> = ");
  CHECK(failing.last.outcome.unanswered);
  CHECK(failing.last.outcome.failure == HandoffFailure::provider);
  Seen blocked;
  blocked.cloud.blocked = "the cap of today is reached";
  CHECK(blocked.ask(false, &blocked.cloud) == "<local> = ");
  CHECK(blocked.last.outcome.unanswered);
  CHECK(blocked.last.outcome.failure_text == "the cap of today is reached");
  Seen off;
  off.policy.mode = HandoffMode::off;
  CHECK(off.ask(false, &off.cloud) == "<local> = ");
  CHECK(off.last.outcome.failure_text == "hand-off is off");
  CHECK(off.cloud.asked.empty());
  Seen absent;
  absent.absent = "no provider is set up";
  CHECK(absent.ask(false, nullptr) == "<local> = ");
  CHECK(absent.last.outcome.unanswered);
  CHECK(absent.session.asked.empty());

  // A model that sees is asked as ever.
  Seen sees;
  sees.senses.image = true;
  CHECK(sees.ask(false, &sees.cloud) == "[local]<local> = local");

  // A later question: the cloud first, the local model when it cannot, which says so.
  Seen later;
  later.messages.push_back({{"role", "assistant"}, {"content", "a cat"}});
  later.messages.push_back({{"role", "user"}, {"content", "of which breed?"}});
  CHECK(later.ask(false, &later.cloud) == "<" + why + " → fake/model>[better]<cloud> = better");
  later.policy.mode = HandoffMode::off;
  CHECK(later.ask(false, &later.cloud) == "[lo][cal]<local> = local");
  CHECK(later.last.notices() ==
        std::vector<std::string>{
            "the local model answered without cat.png, which it cannot take in"});
  CHECK(later.session.asked.back()[0]["content"] ==
        "q\n\n[attached, and not visible to you: cat.png]");
  CHECK_FALSE(later.session.asked.back()[0].contains("attachments"));
}
