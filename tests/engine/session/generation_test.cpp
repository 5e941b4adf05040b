// Sessions over the real Gemma 4 fixture: repeatable, and the same with and without a cache.
#include "engine/base/json.h"
#include "engine/sample/sampler.h"
#include "engine/session.h"
#include "engine/session/settings.h"
#include "kernels/dispatch.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_model.h"

namespace cactus::test {
namespace {

std::unique_ptr<Session> open_session(int threads = 2, bool exact = false) {
  static const std::shared_ptr<const Model> model = fixture_model();
  SessionOptions options;
  options.table = kernels::select_table("").table;
  options.threads = threads;
  options.exact = exact;
  options.kv = exact ? kernels::Type::f32 : kernels::Type::q8;
  auto session = Session::create(model, options);
  REQUIRE(session.ok());
  return std::move(session).value();
}

Json turns(std::initializer_list<std::pair<const char*, std::string>> list) {
  Json messages = Json::array();
  for (const auto& [role, text] : list) messages.push_back({{"role", role}, {"content", text}});
  return messages;
}

Reply ask(Session& session, const Json& messages, const GenerateOptions& options) {
  auto reply = session.reply(messages, options, nullptr, nullptr);
  if (!reply) FAIL(reply.error().what << ": " << reply.error().why);
  return *reply;
}

TEST_CASE("a seed repeats a reply, another one does not", "[engine]") {
  GenerateOptions options;
  options.max_tokens = 24;
  options.sample.seed = 7;
  const Json messages = turns({{"user", "Write a short poem about the sea."}});
  const Reply a = ask(*open_session(1), messages, options);
  const Reply b = ask(*open_session(2), messages, options);
  CHECK(a.text == b.text);
  CHECK(a.seed == 7);
  options.sample.seed = 8;
  CHECK(ask(*open_session(), messages, options).text != a.text);
  options.sample.seed.reset();
  options.max_tokens = 1;
  CHECK(ask(*open_session(), messages, options).seed !=
        ask(*open_session(), messages, options).seed);
}

TEST_CASE("a second turn on a warm cache equals a fresh run", "[engine]") {
  for (const bool greedy : {true, false}) {
    GenerateOptions options;
    options.max_tokens = 20;
    options.sample.seed = 3;
    if (greedy) options.sample.temperature = 0.0f;
    auto warm = open_session(2, true);
    const std::string question = "How deep is the sea near the lighthouse?";
    const Reply first = ask(*warm, turns({{"user", question}}), options);
    const Json longer =
        turns({{"user", question}, {"assistant", first.text}, {"user", "And further out?"}});
    const Reply second = ask(*warm, longer, options);
    const Reply fresh = ask(*open_session(2, true), longer, options);
    CHECK(second.cached_tokens > 0);
    CHECK(fresh.cached_tokens == 0);
    CHECK(second.prompt_tokens == fresh.prompt_tokens);
    CHECK(second.text == fresh.text);
  }
}

TEST_CASE("a long reply that is thrown away leaves the question known", "[engine]") {
  // 300 tokens turn the rings over; the mark at the end of the prompt brings them back.
  GenerateOptions options;
  options.max_tokens = 700;
  options.sample.temperature = 0.0f;
  auto session = open_session(2, true);
  const Json question = turns({{"user", "Tell me everything about gulls."}});
  const Reply first = ask(*session, question, options);
  options.max_tokens = 12;
  const Json other = turns({{"user", "Tell me everything about gulls."},
                            {"assistant", "A cloud model said this."},
                            {"user", "Thanks!"}});
  const Reply second = ask(*session, other, options);
  CHECK(second.cached_tokens >= first.prompt_tokens);
  CHECK(second.text == ask(*open_session(2, true), other, options).text);
}

TEST_CASE("sampling follows generation_config unless told otherwise", "[engine]") {
  const Json gemma = {{"do_sample", true}, {"temperature", 0.8}, {"top_k", 64}, {"top_p", 0.95}};
  SampleOptions asked;
  auto s = sample_settings(asked, gemma);
  REQUIRE(s.ok());
  CHECK(s->temperature == Approx(0.8));
  CHECK(s->top_k == 64);
  CHECK(s->top_p == Approx(0.95));
  CHECK(sample_settings(asked, Json())->temperature == 0);  // greedy, as Hugging Face
  asked.temperature = 0.0f;
  CHECK(sample_settings(asked, gemma)->temperature == 0);
  asked.temperature.reset();
  asked.top_p = 0.5f;
  CHECK(sample_settings(asked, Json())->temperature == 1);
  for (const float wrong : {-0.1f, 1.5f, std::numeric_limits<float>::quiet_NaN()}) {
    asked.top_p = wrong;
    auto refused = sample_settings(asked, gemma);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::usage);
  }
}

TEST_CASE("stop ids come from the generation config and the template's turn end", "[engine]") {
  CHECK(stop_ids(*fixture_model()) == std::vector<std::int32_t>{1, 13, 20});
}

}  // namespace
}  // namespace cactus::test
