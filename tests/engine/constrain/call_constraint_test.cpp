// Held to schemas: what is written is always a call that fits, and every call that fits can be
// written.
#include "tests/engine/constrain/walk.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace cactus::test {
namespace {

const char* const kSyntaxes[] = {"deciding", "python", "gemma", "json"};

TEST_CASE("whatever is chosen among what is allowed, the calls fit their schemas",
          "[engine][constrain]") {
  for (const char* name : kSyntaxes) {
    const Speaker speaking = speaker(name);
    Dice dice(1);
    int calls = 0, finished = 0;
    for (int round = 0; round < 150; ++round) {
      const Json tools = random_tools(dice);
      const auto constraint = constraint_for(speaking, tools);
      const auto walked = random_reply(speaking, *constraint, dice, 400);
      if (!walked) continue;  // a string that did not want to end
      const std::vector<std::int32_t>& ids = *walked;
      ++finished;
      const Reply reply = speaking.read(ids);
      INFO(name << ": " << speaking.tokenizer->decode(ids, false) << " of " << tools.dump());
      CHECK(reply.text.empty());
      CHECK_FALSE(reply.malformed_call);
      for (const Json& call : reply.tool_calls) {
        INFO(call.dump());
        CHECK(wrong_with(call, tools) == "");
        ++calls;
      }
    }
    INFO(name << ": " << finished << " replies, " << calls << " calls");
    CHECK(finished > 100);
    CHECK(calls > 50);
  }
}

TEST_CASE("every call that fits its schema can be written", "[engine][constrain]") {
  for (const char* name : kSyntaxes) {
    const Speaker speaking = speaker(name);
    Dice dice(2);
    for (int round = 0; round < 150; ++round) {
      const Json tools = random_tools(dice);
      Json calls = Json::array();
      const bool several = std::string(name) != "json" && round % 3 == 0;
      for (int i = several ? 3 : 1; i > 0; --i) calls.push_back(random_call(tools, dice));
      const std::string text = written(calls, *speaking.syntax);
      const auto ids = speaking.ids(text);
      INFO(name << ": " << text << " of " << tools.dump());
      CHECK(takes(speaking, tools, ids));
      const Reply reply = speaking.read(ids);  // the test's own writing is what the parser reads
      CHECK(reply.tool_calls == calls);
    }
  }
}

TEST_CASE("what no schema allows is refused", "[engine][constrain]") {
  const Speaker speaking = speaker("deciding");
  const Json tools = Json::parse(R"([
    {"type": "function", "function": {"name": "get", "parameters": {"type": "object",
      "properties": {"place": {"type": "string"}, "days": {"type": "integer"},
                     "unit": {"type": "string", "enum": ["c", "f"]},
                     "tags": {"type": "array", "items": {"type": "string"}},
                     "at": {"type": "object", "properties": {"x": {"type": "number"}},
                            "required": ["x"]},
                     "free": {"type": "object"}, "yes": {"type": "boolean"}},
      "required": ["place"]}}},
    {"name": "now"}])");
  const auto taken = [&](const std::string& text) {
    return takes(speaking, tools, speaking.ids(text));
  };
  const auto call = [&](const std::string& body) {
    return taken("<|tool_call_start|>" + body + "<|tool_call_end|>");
  };
  CHECK(taken("<|no_tool|>"));
  CHECK(call(R"(get(place="Oslo"))"));
  CHECK(call(R"(get(days=3,place="Oslo"))"));
  CHECK(call(R"(get(place="Oslo", unit="c"))"));
  CHECK(call("now()"));
  CHECK(call(R"(now(),get(place="a"))"));
  CHECK(call(R"(now(), now())"));
  CHECK(call(
      R"(get(place="a",tags=["x", "y"],at={"x": -2.5e3},free={"k": [1, {"z": null}]},yes=true))"));
  CHECK(call(R"(get(place="a\n\u00e9\"",tags=[]))"));

  CHECK_FALSE(taken(""));
  CHECK_FALSE(taken("Hello"));
  CHECK_FALSE(taken("<|no_tool|><|no_tool|>"));
  CHECK_FALSE(taken("<|no_tool|><|tool_call_start|>now()<|tool_call_end|>"));
  CHECK_FALSE(call(""));
  CHECK_FALSE(call("other()"));
  CHECK_FALSE(call("ge()"));
  CHECK_FALSE(call("get()"));  // place is required
  CHECK_FALSE(call(R"(get(days=3))"));
  CHECK_FALSE(call(R"(get(place="a",place="b"))"));  // twice
  CHECK_FALSE(call(R"(get(place="a",more=1))"));     // unknown
  CHECK_FALSE(call(R"(get(place="a",days=3.5))"));   // no integer
  CHECK_FALSE(call(R"(get(place="a",days="3"))"));
  CHECK_FALSE(call(R"(get(place="a",days=007))"));
  CHECK_FALSE(call(R"(get(place="a",days=1234567890123456789))"));  // more than 18 digits
  CHECK_FALSE(call(R"(get(place=Oslo))"));
  CHECK_FALSE(call(R"(get(place='a'))"));
  CHECK_FALSE(call(R"(get(place="a",unit="k"))"));
  CHECK_FALSE(call(R"(get(place="a",unit=""))"));
  CHECK_FALSE(call(R"(get(place="a",tags=["x", 3]))"));
  CHECK_FALSE(call(R"(get(place="a",tags=["x",]))"));
  CHECK_FALSE(call(R"(get(place="a",at={}))"));
  CHECK_FALSE(call(R"(get(place="a",at={"y": 1}))"));
  CHECK_FALSE(call(R"(get(place="a",at={"x": 1, "x": 2}))"));
  CHECK_FALSE(call(R"(get(place="a",yes=True))"));
  CHECK_FALSE(call(R"(get(place="a\x"))"));
  CHECK_FALSE(call(R"(get(place="\ud800"))"));
  CHECK_FALSE(call("get(place=\"a\nb\")"));
  CHECK_FALSE(call(R"(get(place="a",))"));
  CHECK_FALSE(call(R"(now(),)"));
  CHECK_FALSE(call(R"(now()now())"));
  CHECK_FALSE(call(R"(now(x=1))"));
  CHECK_FALSE(call(R"([now()])"));
  CHECK_FALSE(taken("<|tool_call_start|>now()"));
}

TEST_CASE("tools that no call could name are refused by name", "[engine][constrain]") {
  const Speaker deciding = speaker("deciding"), json = speaker("json");
  const auto error = [](const Speaker& speaking, const std::string& tools) {
    const auto made = constrain::constrain_calls(speaking.vocabulary, Json::parse(tools));
    return made ? std::string() : made.error().what + ": " + made.error().why;
  };
  CHECK(error(json, "[]").find("no tools") != std::string::npos);
  CHECK(error(deciding, "[{}]").find("no name") != std::string::npos);
  CHECK(error(deciding, R"([{"name": "a b"}])").find("'a b'") != std::string::npos);
  CHECK(error(json, R"([{"name": "a b"}])") == "");
  CHECK(error(deciding, R"([{"name": "a", "parameters": {"properties": {"b(": {}}}}])")
            .find("'b('") != std::string::npos);
  CHECK(error(deciding, R"([{"name": "a", "parameters": {"properties": {"b":
            {"$ref": "#/$defs/none"}}}}])")
            .find("#/$defs/none") != std::string::npos);
  std::string deep = "{}";
  for (int i = 0; i < 100; ++i) deep = R"({"type": "array", "items": )" + deep + "}";
  CHECK(error(deciding, R"([{"name": "a", "parameters": {"properties": {"b": )" + deep + "}}}]")
            .find("deep") != std::string::npos);
}

TEST_CASE("without tools a model that must decide declines", "[engine][constrain]") {
  const Speaker speaking = speaker("deciding");
  CHECK(takes(speaking, Json::array(), speaking.ids("<|no_tool|>")));
  CHECK(takes(speaking, Json(), speaking.ids("<|no_tool|>")));
  CHECK_FALSE(takes(speaking, Json(), speaking.ids("<|tool_call_start|>")));
  CHECK_FALSE(takes(speaking, Json(), speaking.ids("Hello")));
}

TEST_CASE("a call may stop at a required argument, which nobody said then", "[engine][constrain]") {
  const Speaker speaking = speaker("deciding");
  const Json tools = Json::parse(R"([{"name": "book", "parameters": {"properties":
    {"guests": {"type": "integer"}, "day": {"type": "string"}, "at": {"properties":
      {"row": {"type": "integer"}}, "required": ["row"]}}, "required": ["guests", "at"]}}])");
  const auto taken = [&](const std::string& body) {
    return takes(speaking, tools, speaking.ids("<|tool_call_start|>" + body));
  };
  CHECK(taken("book(guests=<|no_tool|>"));
  CHECK(taken(R"(book(day="Monday",guests=<|no_tool|>)"));
  CHECK(taken("book(guests=4,at={\"row\": 1}), book(guests=<|no_tool|>"));
  CHECK(taken("book(guests=4,at=<|no_tool|>"));
  CHECK_FALSE(taken("book(guests=<|no_tool|>)<|tool_call_end|>"));
  CHECK_FALSE(taken("book(day=<|no_tool|>"));  // not required
  CHECK_FALSE(taken("book(guests=4<|no_tool|>"));
  CHECK_FALSE(taken("book(<|no_tool|>"));
  CHECK_FALSE(taken("book(guests=4,at={\"row\": <|no_tool|>"));

  const Reply reply = speaking.read(
      speaking.ids(R"(<|tool_call_start|>book(day="at=x, Monday",guests=<|no_tool|>)"));
  CHECK(reply.tool_calls.empty());
  CHECK(reply.text.empty());
  CHECK_FALSE(reply.malformed_call);
  REQUIRE(reply.lacking);
  CHECK(reply.lacking->tool == "book");
  CHECK(reply.lacking->parameter == "guests");
  CHECK_FALSE(speaking.read(speaking.ids("<|no_tool|>")).lacking);
}

TEST_CASE("schemas that refer to themselves", "[engine][constrain]") {
  const Speaker speaking = speaker("deciding");
  const Json tools = Json::parse(R"([{"name": "f", "parameters": {
    "$defs": {"node": {"type": "object", "properties": {"v": {"type": "integer"},
      "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}, "required": ["v"]}},
    "properties": {"list": {"$ref": "#/$defs/node"}}}}])");
  const auto taken = [&](const std::string& body) {
    return takes(speaking, tools, speaking.ids("<|tool_call_start|>" + body + "<|tool_call_end|>"));
  };
  CHECK(taken(R"(f(list={"v": 1, "next": {"v": 2, "next": null}}))"));
  CHECK_FALSE(taken(R"(f(list={"v": 1, "next": {"next": null}}))"));
  CHECK_FALSE(taken(R"(f(list={"v": 1, "next": 3}))"));
}

TEST_CASE("text before and after calls is free where a model talks", "[engine][constrain]") {
  const Speaker speaking = speaker("gemma");
  const Json tools = Json::parse(R"([{"name": "now"}])");
  CHECK(takes(speaking, tools, speaking.ids("I will look it up.")));
  CHECK(takes(speaking, tools, speaking.ids("So: <|tool_call>call:now{}<tool_call|> Done.")));
  CHECK(
      takes(speaking, tools,
            speaking.ids("<|tool_call>call:now{}<tool_call|><|tool_call>call:now{}<tool_call|>")));
  CHECK_FALSE(takes(speaking, tools, speaking.ids("<|tool_call>call:other{}<tool_call|>")));
  CHECK_FALSE(takes(speaking, tools, speaking.ids("<|tool_call>call:now{}")));
}

// The cases that the built-in model is judged by, where they are in the source.
TEST_CASE("the reference answers of the built-in model's cases can be written",
          "[engine][constrain]") {
  const auto path =
      std::filesystem::path(CACTUS_SOURCE) / "packaging" / "builtin" / "held_out.jsonl.gz";
  if (!std::filesystem::exists(path)) {
    WARN("no " << path << ": not checked");
    return;
  }
  const Finished unpacked = run({{"/bin/sh", "-c", "gzip -dc \"$0\"", path.string()}, {}, {}, {}});
  REQUIRE(unpacked.code == 0);
  const Speaker speaking = speaker("deciding");
  int cases = 0;
  for (std::size_t at = 0; at < unpacked.out.size(); ++cases) {
    const std::size_t end = std::min(unpacked.out.find('\n', at), unpacked.out.size());
    const Json one = Json::parse(unpacked.out.substr(at, end - at));
    at = end + 1;
    const Json& calls = one["expected"]["calls"];
    const std::string answer = calls.empty() ? "<|no_tool|>" : written(calls, *speaking.syntax);
    INFO(one["id"].dump() << ": " << answer);
    CHECK(takes(speaking, one["tools"], speaking.ids(answer)));
  }
  CHECK(cases > 1000);
}

}  // namespace
}  // namespace cactus::test
