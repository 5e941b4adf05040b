// Sessions that hold a model to its tools: random weights, and yet every reply is a call that fits.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "engine/base/json.h"
#include "engine/convert/convert.h"
#include "engine/models/decoder.h"
#include "engine/session.h"
#include "engine/session/measures.h"
#include "engine/session/prompt.h"
#include "engine/tokenizer/tokenizer.h"
#include "kernels/dispatch.h"
#include "tests/support/calling_model.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

namespace cactus::test {
namespace {

// In a tokenizer's file, the token that begins calls and the one that declines change places.
void swap_markers(const std::filesystem::path& file) {
  constexpr std::string_view kStart = "<|tool_call_start|>", kNone = "<|no_tool|>";
  const std::string text = read_file(file);
  std::string swapped;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    const bool start = rest.starts_with(kStart), none = rest.starts_with(kNone);
    swapped += start ? kNone : none ? kStart : rest.substr(0, 1);
    at += start ? kStart.size() : none ? kNone.size() : 1;
  }
  write_file(file, swapped);
}

std::shared_ptr<const Model> open_converted(const std::filesystem::path& checkpoint) {
  ConvertOptions options;
  options.bits = 8;
  auto bundle = convert_temporary(checkpoint, options);
  if (!bundle) FAIL(bundle.error().what << ": " << bundle.error().why);
  auto opened = Model::open(std::move(*bundle));
  if (!opened) FAIL(opened.error().what << ": " << opened.error().why);
  return *opened;
}

// `generation`: its generation_config.json, if another than the fixture's. It likes to call, or, if
// `reluctant`, to decline.
std::shared_ptr<const Model> calling_model(const Json& generation = Json(),
                                           bool reluctant = false) {
  const TempDir folder;
  write_calling_checkpoint(folder / "model");
  if (reluctant) swap_markers(folder / "model" / "tokenizer.json");
  if (reluctant) swap_markers(folder / "model" / "tokenizer_config.json");
  if (!generation.is_null())
    write_file(folder / "model" / "generation_config.json", dump_json(generation));
  return open_converted(folder / "model");
}

// The one that ships, which here calls whatever the odds.
std::shared_ptr<const Model> eager_builtin_model() {
  const TempDir folder;
  std::filesystem::copy(CACTUS_SOURCE "/packaging/builtin/model", folder / "model");
  write_file(folder / "model" / "generation_config.json",
             dump_json({{"eos_token_id", 1}, {"decline_weight", 1e-300}}));
  return open_converted(folder / "model");
}

std::unique_ptr<Session> open_session(std::shared_ptr<const Model> model = nullptr) {
  static const std::shared_ptr<const Model> usual = calling_model();
  if (model == nullptr) model = usual;
  SessionOptions options;
  options.table = kernels::select_table("").table;
  options.threads = 1;
  auto session = Session::create(model, options);
  REQUIRE(session.ok());
  return std::move(*session);
}

// Values that end by themselves, so that every reply does.
const Json kTools = Json::parse(R"([
  {"type": "function", "function": {"name": "set_light", "description": "Light", "parameters": {
    "type": "object", "properties": {
      "room": {"type": "string", "enum": ["kitchen", "bath", "bathroom 2"]},
      "level": {"type": "integer"}, "on": {"type": "boolean"}}, "required": ["room"]}}},
  {"type": "function", "function": {"name": "set", "description": "Set", "parameters": {
    "type": "object", "properties": {"value": {"type": "number"}}, "required": ["value"]}}}])");

GenerateOptions options_with(std::optional<std::uint64_t> seed) {
  GenerateOptions options;
  options.tools = kTools;
  options.max_tokens = 1500;
  options.sample.temperature = seed ? 2.0f : 0.0f;
  options.sample.seed = seed;
  options.sample.top_k = 0;
  return options;
}

Result<Reply> try_reply(Session& session, const std::string& says, const GenerateOptions& options) {
  return session.reply(Json::array({{{"role", "user"}, {"content", says}}}), options, {}, nullptr);
}

Reply reply(Session& session, const std::string& says, const GenerateOptions& options) {
  auto result = try_reply(session, says, options);
  if (!result) FAIL(result.error().what << ": " << result.error().why);
  return *result;
}

bool fits(const Json& call) {
  const Json& arguments = call["arguments"];
  if (call["name"] == "set")
    return arguments.size() == 1 && arguments.contains("value") && arguments["value"].is_number();
  if (call["name"] != "set_light" || !arguments.contains("room")) return false;
  for (const auto& item : arguments.items()) {
    const Json& value = item.value();
    if (item.key() == "room") {
      if (value != "kitchen" && value != "bath" && value != "bathroom 2") return false;
    } else if (item.key() == "level") {
      if (!value.is_number_integer()) return false;
    } else if (item.key() != "on" || !value.is_boolean()) {
      return false;
    }
  }
  return true;
}

TEST_CASE("every reply is calls that fit, or none", "[engine][constrain]") {
  const auto session = open_session();
  int with = 0, without = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Reply r = reply(*session, "request " + std::to_string(seed % 5),
                          options_with(seed == 0 ? std::nullopt : std::optional(seed)));
    INFO("seed " << seed << ": " << r.tool_calls.dump() << r.text);
    CHECK(r.text.empty());
    CHECK_FALSE(r.malformed_call);
    CHECK(r.notices.empty());
    CHECK(r.finish == (r.tool_calls.empty() ? FinishReason::stop : FinishReason::tool_calls));
    for (const Json& call : r.tool_calls) CHECK(fits(call));
    ++(r.tool_calls.empty() ? without : with);
  }
  CHECK(with > 5);
  CHECK(without > 0);
}

TEST_CASE("without tools such a model declines", "[engine][constrain]") {
  const auto session = open_session();
  GenerateOptions options = options_with(3);
  options.tools = Json();
  const Reply r = reply(*session, "request", options);
  CHECK(r.text.empty());
  CHECK(r.tool_calls.empty());
  CHECK(r.output_tokens == 1);
  CHECK(r.finish == FinishReason::stop);
}

TEST_CASE("without being held, the same model says anything", "[engine][constrain]") {
  const auto session = open_session();
  GenerateOptions options = options_with(3);
  options.constrain_tools = false;
  options.max_tokens = 40;
  CHECK_FALSE(reply(*session, "request", options).text.empty());
}

TEST_CASE("a seed repeats what is held to tools, also behind a cached prompt",
          "[engine][constrain]") {
  const auto one = open_session(), other = open_session();
  for (std::uint64_t seed = 1; seed < 6; ++seed) {
    const Reply a = reply(*one, "request", options_with(seed));
    const Reply b = reply(*other, "request", options_with(seed));
    CHECK(a.tool_calls == b.tool_calls);
    CHECK(reply(*one, "request", options_with(seed)).tool_calls == a.tool_calls);
  }
}

TEST_CASE("an observer sees every token of a held reply", "[engine][constrain]") {
  struct Counter final : TokenObserver {
    bool wants(std::int64_t layer) const override { return layer == 2; }
    void on_token(std::int32_t, std::int64_t, std::span<const float> hidden) override {
      CHECK(hidden.size() == 96);
      ++tokens;
    }
    std::int64_t tokens = 0;
  };
  const auto session = open_session();
  for (std::uint64_t seed = 1; seed < 12; ++seed) {
    Counter counter;
    GenerateOptions options = options_with(seed);
    options.observer = &counter;
    const Reply seen = reply(*session, "request", options);
    CHECK(counter.tokens == seen.output_tokens);
    options.observer = nullptr;
    CHECK(reply(*session, "request", options).tool_calls == seen.tool_calls);
  }
}

TEST_CASE("the odds of a call: those of its first token and of the rest", "[engine][constrain]") {
  kernels::Exec exec(*kernels::select_table("").table, 1);
  const auto margin = [&](double weight, std::vector<std::array<double, 3>> probabilities,
                          const std::vector<std::int32_t>& picks) {
    const GenerateOptions options;
    AnswerMeasures measures(nullptr, options);
    CHECK(measures.margin() == 0);
    measures.weigh({.id = 2, .weight = weight});
    for (std::size_t t = 0; t < picks.size(); ++t) {
      float logits[3];
      for (std::size_t i = 0; i < 3; ++i)
        logits[i] = static_cast<float>(std::log(probabilities[t][i]));
      measures.on_pick(exec, logits, picks[t], nullptr);
    }
    return measures.margin();
  };
  const double by_hand =
      0.3 * std::log(0.12 / 0.88) + std::log(0.5) - 0.4 * std::log(0.2) - std::log(6.0);
  CHECK(margin(6, {{0.5, 0.3, 0.2}, {0.6, 0.3, 0.1}, {0.4, 0.2, 0.4}}, {0, 1, 0}) ==
        Approx(by_hand));
  // All of it certain, or none of it: the margin is a number all the same.
  CHECK(std::isfinite(margin(1e-300, {{1, 1e-30, 1e-30}, {1, 1e-30, 1e-30}}, {0, 0})));
  CHECK(std::isfinite(margin(1e300, {{1e-30, 1e-30, 1}, {1e-30, 1e-30, 1}}, {0, 0})));
}

TEST_CASE("a call in doubt has the odds that it has alone beside its own", "[engine][constrain]") {
  const GenerateOptions options;
  kernels::Exec exec(*kernels::select_table("").table, 1);
  for (const float certain : {0.9999f, 0.6f, 0.2f, 1e-9f}) {
    AnswerMeasures measures(nullptr, options);
    CHECK_FALSE(measures.in_doubt());
    measures.weigh({.id = 1, .weight = 3});
    const float logits[2] = {std::log(certain), std::log1p(-certain)};
    for (int i = 0; i < 2; ++i) measures.on_pick(exec, logits, 0, nullptr);
    const double own = measures.odds();
    CHECK(measures.in_doubt() == (certain == 0.6f || certain == 0.2f));
    CHECK(measures.margin() == Approx(own - std::log(3)));
    for (const double odds : {-1.0, 2.0}) {
      measures.looked_alone(odds);
      CHECK(measures.odds() == Approx(own + odds));
      CHECK(measures.margin() == Approx(own + odds - std::log(3)));
    }
    measures.looked_alone(4);
    CHECK(measures.odds() == Approx(own + 3));
    measures.looked_alone(-std::numeric_limits<double>::infinity());
    CHECK(measures.odds() == Approx(own - 3));
  }
}

struct Ids final : TokenObserver {
  bool wants(std::int64_t layer) const override { return layer == 2; }
  void on_prompt(std::int64_t, std::span<const float>) override { ids.clear(); }
  void on_token(std::int32_t id, std::int64_t, std::span<const float>) override {
    ids.push_back(id);
  }
  std::vector<std::int32_t> ids;
};

TEST_CASE("sessions look at a call in doubt alone", "[engine][constrain]") {
  const auto model = eager_builtin_model();
  const std::int32_t none = *model->tokenizer().token_id("<|no_tool|>");
  const auto session = open_session(model);
  kernels::Exec exec(*kernels::select_table("").table, 1);
  GenerateOptions options = options_with(std::nullopt);
  options.statistics = true;
  Ids seen;
  options.observer = &seen;
  // What the session answers, and its odds from the decoder's own logits.
  const auto answer = [&](const std::string& says, Reply& reply) {
    reply = test::reply(*session, says, options);
    const Json messages = Json::array({{{"role", "user"}, {"content", says}}});
    const auto prompt = chat_prompt(*model, messages, options);
    REQUIRE(prompt.ok());
    const GenerateOptions plain;
    AnswerMeasures measures(nullptr, plain);
    measures.weigh({.id = none, .weight = 1});
    const auto state = model->decoder().make_state({});
    auto logits = model->decoder().forward(exec, *state, prompt->ids, {});
    for (const std::int32_t id : seen.ids) {
      REQUIRE(logits.ok());
      measures.on_pick(exec, *logits, id, nullptr);
      logits = model->decoder().forward(exec, *state, {&id, 1}, {});
    }
    return measures.odds();
  };
  int alone = 0, sure = 0;
  for (int i = 0; i < 40; ++i) {
    constexpr std::array kSaid = {
        "set it to ", "light level ", "the kitchen at ",    "set the light in the kitchen to ",
        "change ",    "how much is ", "bathroom 2, level ", "wait until "};
    const std::string says = kSaid[i % kSaid.size()] + std::to_string(i);
    Reply called;
    options.tools = kTools;
    const double odds = answer(says, called);
    if (called.finish != FinishReason::tool_calls) continue;
    const double margin = *called.statistics->margin + std::log(1e-300);
    if (std::abs(odds) > 3) {
      CHECK(margin == Approx(odds).margin(1e-6));
      ++sure;
      continue;
    }
    std::set<std::string> names;
    for (const Json& call : called.tool_calls) names.insert(call["name"].get<std::string>());
    if (names.size() > 1) {
      CHECK(margin == Approx(2 * odds).margin(1e-6));
      continue;
    }
    options.tools = Json::array({kTools[*names.begin() == "set" ? 1 : 0]});
    Reply single;
    const double beside = answer(says, single);
    if (single.finish != FinishReason::tool_calls) continue;
    CHECK(margin == Approx(odds + std::clamp(beside, -3.0, 3.0)).margin(1e-6));
    ++alone;
    // The conversation is still there.
    options.tools = kTools;
    CHECK(test::reply(*session, says, options).tool_calls == called.tool_calls);
  }
  INFO(alone << " looked at alone, " << sure << " sure");
  CHECK(alone > 0);
  CHECK(sure > 0);
}

TEST_CASE("a call less likely as a whole than declining, as the model weighs it, is not made",
          "[engine][constrain]") {
  struct Watch final : TokenObserver {
    bool wants(std::int64_t layer) const override { return layer == 2; }
    void on_prompt(std::int64_t, std::span<const float>) override { tokens = 0, ++begun; }
    void on_token(std::int32_t, std::int64_t, std::span<const float>) override { ++tokens; }
    std::int64_t tokens = 0, begun = 0;
  };
  const auto weighing = [](const Json& weight) {
    return open_session(calling_model({{"eos_token_id", 2}, {"decline_weight", weight}}));
  };
  const auto never = open_session(), nothing = weighing(0), heavily = weighing(1e300);
  int called = 0;
  for (int i = 0; i < 12; ++i) {
    const std::string says = "request " + std::to_string(i);
    const Reply plain = reply(*never, says, options_with(std::nullopt));
    if (plain.finish == FinishReason::length || plain.lacking) continue;
    called += !plain.tool_calls.empty();
    CHECK(reply(*nothing, says, options_with(std::nullopt)).tool_calls == plain.tool_calls);
    Watch watch;
    GenerateOptions options = options_with(std::nullopt);
    options.observer = &watch;
    const Reply declined = reply(*heavily, says, options);
    CHECK(declined.tool_calls.empty());
    CHECK(declined.text.empty());
    CHECK(declined.finish == FinishReason::stop);
    CHECK(declined.output_tokens == 1);
    CHECK(watch.tokens == 1);  // of the reply that counts
    options.observer = nullptr;
    options.statistics = true;
    const Reply again = reply(*heavily, says, options);
    REQUIRE(again.statistics);
    REQUIRE(again.statistics->margin);
    CHECK(*again.statistics->margin < 0);
    CHECK_FALSE(reply(*never, says, options).statistics->margin);
    // Where the model declines at once, what it would call is looked at before it is believed.
    CHECK(watch.begun == (plain.tool_calls.empty() ? 3 : 2));
    // What is drawn by chance is not weighed.
    const Reply drawn = reply(*heavily, says, options_with(i));
    CHECK(drawn.tool_calls == reply(*never, says, options_with(i)).tool_calls);
  }
  CHECK(called > 0);
}

TEST_CASE("a reply that declines at once gives way to a call that is not much less likely",
          "[engine][constrain]") {
  const auto weighing = [](const Json& weight) {
    return open_session(calling_model({{"eos_token_id", 2}, {"decline_weight", weight}}, true));
  };
  const auto never = weighing(0), hardly = weighing(1e-300), evenly = weighing(1);
  GenerateOptions options = options_with(std::nullopt);
  // Where nothing is required, nothing lacks.
  for (Json& tool : options.tools) tool["function"]["parameters"].erase("required");
  int declined = 0, called = 0;
  for (int i = 0; i < 12; ++i) {
    const std::string says = "request " + std::to_string(i);
    const Reply plain = reply(*never, says, options);
    if (plain.finish != FinishReason::stop || plain.lacking) continue;
    ++declined;
    // Random weights make every call of some tokens less likely than one token.
    CHECK(reply(*evenly, says, options).tool_calls.empty());
    const Reply other = reply(*hardly, says, options);
    if (other.tool_calls.empty()) continue;  // the likeliest call had no end, or lacked something
    ++called;
    CHECK(other.finish == FinishReason::tool_calls);
    for (const Json& call : other.tool_calls)
      CHECK((call["name"] == "set" || call["name"] == "set_light"));
    GenerateOptions measured = options;
    measured.statistics = true;
    CHECK(*reply(*hardly, says, measured).statistics->margin > 0);
    CHECK(reply(*hardly, says, options).tool_calls == other.tool_calls);
  }
  INFO(declined << " declined, " << called << " of them called");
  CHECK(declined > 0);
  CHECK(called > 0);
}

TEST_CASE("tools that calls cannot name are a notice, or an error when holding was asked for",
          "[engine][constrain]") {
  const auto session = open_session();
  GenerateOptions options = options_with(1);
  options.tools[0]["function"]["name"] = "set light";
  options.max_tokens = 5;
  const Reply r = reply(*session, "request", options);
  REQUIRE(r.notices.size() == 1);
  CHECK(r.notices[0].find("set light") != std::string::npos);
  options.constrain_tools = true;
  const auto refused = try_reply(*session, "request", options);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::usage);
}

}  // namespace
}  // namespace cactus::test
