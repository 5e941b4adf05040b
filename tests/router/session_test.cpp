// A turn over the real engine: after a hand-off the next prompt holds the answer that stood, and
// the cache serves all that the two conversations have in common.
#include "kernels/dispatch.h"
#include "tests/router/fakes.h"
#include "tests/support/scripted_model.h"

using namespace cactus;
using namespace cactus::test;

namespace {

std::unique_ptr<Session> open_session() {
  static const std::shared_ptr<const Model> model = fixture_model();
  SessionOptions options;
  options.table = kernels::select_table("").table;
  options.threads = 2;
  options.exact = true;
  options.kv = kernels::Type::f32;
  auto session = Session::create(model, options);
  REQUIRE(session.ok());
  return std::move(session).value();
}

TurnResult turn(Session& session, const Json& messages, Handoff* handoff) {
  TurnRequest request{.messages = messages};
  request.generate.max_tokens = 20;
  request.generate.sample.temperature = 0.0f;
  request.generate.statistics = true;
  request.policy.logprob = true;
  request.policy.threshold = 1;  // random weights are never sure
  Recorder sink(true);
  auto result = run_turn(session, request, handoff, sink, nullptr);
  REQUIRE(result.ok());
  return std::move(*result);
}

}  // namespace

TEST_CASE("turn: after a hand-off both history and cache hold the answer that stood", "[router]") {
  const auto session = open_session();
  FakeCloud cloud;
  cloud.pieces = {"A cloud model ", "said this."};
  Json messages = Json::array();
  messages.push_back({{"role", "user"}, {"content", "How deep is the sea near the lighthouse?"}});
  const TurnResult first = turn(*session, messages, &cloud);
  CHECK(first.outcome.handed_off);
  CHECK(first.reply.confidence_source == "logprob");
  CHECK(first.reply.output_tokens > 1);
  messages.push_back(first.message());
  messages.push_back({{"role", "user"}, {"content", "And further out?"}});
  const TurnResult second = turn(*session, messages, nullptr);
  CHECK(second.reply.cached_tokens >= first.reply.prompt_tokens);
  CHECK(second.reply.cached_tokens < second.reply.prompt_tokens);
  const TurnResult fresh = turn(*open_session(), messages, nullptr);
  CHECK(fresh.reply.cached_tokens == 0);
  CHECK(second.reply.prompt_tokens == fresh.reply.prompt_tokens);
  CHECK(second.text() == fresh.text());
}
