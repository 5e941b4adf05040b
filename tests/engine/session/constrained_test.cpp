// Sessions that hold a model to its tools: random weights, and yet every reply is a call that fits.
#include "engine/base/json.h"
#include "engine/convert/convert.h"
#include "engine/session.h"
#include "kernels/dispatch.h"
#include "tests/support/calling_model.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

namespace cactus::test {
namespace {

std::unique_ptr<Session> open_session() {
  static const std::shared_ptr<const Model> model = [] {
    const TempDir folder;
    write_calling_checkpoint(folder / "model");
    ConvertOptions options;
    options.bits = 8;
    auto bundle = convert_temporary(folder / "model", options);
    if (!bundle) FAIL(bundle.error().what << ": " << bundle.error().why);
    auto opened = Model::open(std::move(*bundle));
    if (!opened) FAIL(opened.error().what << ": " << opened.error().why);
    return *opened;
  }();
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
