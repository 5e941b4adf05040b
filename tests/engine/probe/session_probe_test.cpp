// A probe in a session: what it says while the answer grows is what the same states give
// afterwards.
#include "engine/convert/convert.h"
#include "engine/models/decoder.h"
#include "engine/session.h"
#include "kernels/dispatch.h"
#include "tests/engine/probe/support.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

namespace cactus::test {
namespace {

std::shared_ptr<const Model> converted(const char* name, int bits) {
  ConvertOptions options;
  options.bits = bits;
  const auto bundle = convert_temporary(fixture(name), options);
  if (!bundle) FAIL(bundle.error().what);
  const auto model = Model::open(*bundle);
  if (!model) FAIL(model.error().what);
  return *model;
}

std::shared_ptr<const Probe> probe_for(const Model& model, std::int64_t layer,
                                       bool blended = false) {
  const DecoderInfo& info = model.decoder().info();
  ProbeCard card = example_card(info.hidden);
  card.layer = layer;
  card.model = identity_of(model.bundle().manifest(), info.hidden, info.layers, layer);
  if (blended) card.blend = example_blend();
  const auto hidden = static_cast<std::size_t>(info.hidden);
  return std::make_shared<Probe>(card, Head(hidden, random_parameters(hidden, 3)));
}

struct States final : TokenObserver {
  explicit States(std::int64_t its_layer) : layer(its_layer) {}
  bool wants(std::int64_t l) const override { return l == layer; }
  void on_token(std::int32_t, std::int64_t, std::span<const float> hidden) override {
    rows.emplace_back(hidden.begin(), hidden.end());
  }
  std::int64_t layer;
  std::vector<std::vector<float>> rows;
};

Result<std::unique_ptr<Session>> session_of(std::shared_ptr<const Model> model,
                                            std::shared_ptr<const Probe> probe) {
  SessionOptions options;
  options.table = kernels::select_table("").table;
  options.threads = 1;
  options.probe = std::move(probe);
  return Session::create(std::move(model), options);
}

GenerateOptions greedy(std::int64_t tokens) {
  GenerateOptions options;
  options.sample.temperature = 0;
  options.max_tokens = tokens;
  return options;
}

}  // namespace

TEST_CASE("session: the running confidence is the probe's on the states so far", "[engine]") {
  const auto model = converted("gemma4_text", 8);
  const std::int64_t layers = model->decoder().info().layers;
  for (const std::int64_t layer : {std::int64_t{1}, layers - 2, layers}) {
    const auto probe = probe_for(*model, layer);
    auto session = session_of(model, probe);
    REQUIRE(session);
    States states(layer);
    std::vector<double> running;
    GenerateOptions options = greedy(12);
    options.observer = &states;
    options.on_confidence = [&](double confidence) {
      running.push_back(confidence);
      return true;
    };
    const auto reply = (*session)->complete("Once upon a time", options, {}, nullptr);
    REQUIRE(reply);
    REQUIRE(running.size() >= 2);
    CHECK(running.size() == states.rows.size());
    RunningPool pool(probe->head());
    for (std::size_t t = 0; t < running.size(); ++t) {
      pool.add(states.rows[t]);
      CHECK(running[t] == *probe->confidence(pool.logit()));
    }
    CHECK(reply->confidence == running.back());
    CHECK(reply->confidence_source == "probe");
    // The same answer without a probe, and no confidence.
    auto plain = session_of(model, nullptr);
    REQUIRE(plain);
    const auto same = (*plain)->complete("Once upon a time", greedy(12), {}, nullptr);
    REQUIRE(same);
    CHECK(same->text == reply->text);
    CHECK_FALSE(same->confidence);
    CHECK(same->confidence_source.empty());
  }
}

TEST_CASE("session: a blend's running confidence is that of the tokens and states so far",
          "[engine]") {
  const auto model = converted("gemma4_text", 8);
  const auto probe = probe_for(*model, 5, true);
  auto session = session_of(model, probe);
  REQUIRE(session);
  States states(5);
  std::vector<double> running;
  GenerateOptions options = greedy(9);
  options.observer = &states;
  options.on_confidence = [&](double confidence) {
    running.push_back(confidence);
    return true;
  };
  const auto reply = (*session)->complete("Once upon a time", options, {}, nullptr);
  REQUIRE(reply);
  REQUIRE(running.size() >= 4);
  CHECK(reply->confidence_source == "probe");
  CHECK_FALSE(reply->statistics);  // not asked for
  // Answers cut after t tokens have the statistics of the first t.
  RunningPool pool(probe->head());
  for (std::size_t t = 0; t < running.size(); ++t) {
    pool.add(states.rows[t]);
    GenerateOptions shorter = greedy(static_cast<std::int64_t>(t + 1));
    shorter.statistics = true;
    (*session)->clear();
    const auto part = (*session)->complete("Once upon a time", shorter, {}, nullptr);
    REQUIRE(part);
    REQUIRE(part->statistics->tokens == static_cast<std::int64_t>(t + 1));
    INFO(t);
    CHECK(running[t] == *probe->confidence(probe->logit(pool.logit(), *part->statistics)));
  }
}

TEST_CASE("session: whoever listens to the confidence may end the reply", "[engine]") {
  const auto model = converted("gemma4_text", 4);
  auto session = session_of(model, probe_for(*model, 6));
  REQUIRE(session);
  GenerateOptions options = greedy(50);
  int heard = 0;
  options.on_confidence = [&](double) { return ++heard < 3; };
  const auto reply = (*session)->complete("Once upon a time", options, {}, nullptr);
  REQUIRE(reply);
  CHECK(heard == 3);
  CHECK(reply->output_tokens == 3);
  CHECK(reply->finish == FinishReason::cancelled);
  CHECK(reply->confidence);
  // A reply of one token that a limit cut off was never read back: nothing is known of it.
  const auto one = (*session)->complete("Once upon a time", greedy(1), {}, nullptr);
  REQUIRE(one);
  CHECK_FALSE(one->confidence);
}

TEST_CASE("session: one probe for all recipes of a model, none for another", "[engine]") {
  const auto probe = probe_for(*converted("gemma4_text", 4), 6);
  for (const int bits : {32, 16, 8, 4}) CHECK(session_of(converted("gemma4_text", bits), probe));
  const auto refused = session_of(converted("gemma4_mm", 4), probe);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::incompatible);
  CHECK(refused.error().what.find("another model") != std::string::npos);
}

TEST_CASE("session: statistics agree with the logits they are from", "[engine]") {
  const auto model = converted("gemma4_text", 8);
  auto session = session_of(model, nullptr);
  REQUIRE(session);
  GenerateOptions options = greedy(6);
  options.statistics = true;
  const auto reply = (*session)->complete("Once upon a time", options, {}, nullptr);
  REQUIRE(reply);
  REQUIRE(reply->statistics);
  const TokenStatistics& s = *reply->statistics;
  CHECK(s.tokens == reply->output_tokens);
  CHECK(s.min_logprob <= s.low_logprob);
  CHECK(s.low_logprob <= s.mean_logprob + 1e-9);
  CHECK(s.mean_logprob < 0);
  CHECK(s.mean_entropy > 0);
  CHECK(s.mean_entropy <= s.max_entropy);
  CHECK(s.max_entropy <= std::log(768.0) + 1e-6);
  // Nothing narrowed the choice.
  CHECK(s.choice_logprob == Approx(s.mean_logprob * static_cast<double>(s.tokens)));
  CHECK(s.choice_entropy == Approx(s.mean_entropy * static_cast<double>(s.tokens)));
  CHECK(s.first_choice_logprob <= 0);
  CHECK(*reply->confidence == Approx(std::exp(s.mean_logprob)));
  CHECK(reply->confidence_source == "logprob");
}

}  // namespace cactus::test
