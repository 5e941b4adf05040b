// The tools in `cactus run` as a process: the model calls (a test writes what), cactus runs.
#include <sys/stat.h>

#include "engine/base/json.h"
#include "engine/builtin/builtin.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

using namespace cactus;
using cactus::test::Finished;

namespace {

struct Place {
  Place() {
    for (const char* name : {"builtin", "m"}) {
      std::filesystem::create_directories(folder / name);
      test::write_file(folder / name / "cactus.json", "{}");
    }
    test::write_file(folder / "tools.json", R"([{"name": "add", "parameters": {}}])");
  }
  Finished run(std::vector<std::string> arguments, const std::string& input = "",
               const char* program = CACTUS_ECHO) const {
    arguments.insert(arguments.begin(), program);
    return test::run({std::move(arguments), input, {{"TZ", "UTC"}}, folder.path()});
  }
  test::TempDir folder;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The prompt that makes the echoing model call a tool.
std::string call(const std::string& name, const Json& arguments) {
  return "!tools " + Json::array({{{"name", name}, {"arguments", arguments}}}).dump();
}

const std::string kSum = call("calculator", {{"expression", "18% of 249.90"}});
const std::string kBad = call("calculator", {{"expression", "1/0"}});

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(Json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return lines;
}

}  // namespace

TEST_CASE("tools: a model that only calls, and its answer in words", "[cli]") {
  const Place place;
  const Finished sum = place.run({"run", "./builtin", kSum});
  CHECK(sum.code == 0);
  CHECK(sum.out == "18% of 249.90 = 44.982\n");
  CHECK(sum.err.empty());
  CHECK(place.run({"run", "./builtin", "--no-stream", kSum}).out == sum.out);
  CHECK(place.run({"run", "./builtin", "-"}, kSum).out == sum.out);
  CHECK(place.run({"run", "./builtin", "!offered"}).out == "14\n");
  const Json two = {
      {{"name", "calculator"}, {"arguments", {{"expression", "12*7"}}}},
      {{"name", "convert_unit"}, {"arguments", {{"value", 5}, {"from", "miles"}, {"to", "km"}}}}};
  CHECK(place.run({"run", "./builtin", "!tools " + two.dump()}).out ==
        "12*7 = 84\n5 miles = 8.04672 km\n");
}

TEST_CASE("tools: --json and --jsonl show call and result", "[cli]") {
  const Place place;
  const Json object = Json::parse(place.run({"run", "./builtin", "--json", kSum}).out);
  CHECK(object["success"] == true);
  CHECK(object["response"] == "18% of 249.90 = 44.982");
  CHECK(object["finish_reason"] == "tool_calls");
  CHECK(object["tool_calls"][0]["arguments"]["expression"] == "18% of 249.90");
  CHECK(object["tool_results"][0]["name"] == "calculator");
  CHECK(object["tool_results"][0]["result"]["result"] == 44.982);
  CHECK(object["tool_results"][0]["text"] == "18% of 249.90 = 44.982");
  const auto events = lines_of(place.run({"run", "./builtin", "--jsonl", kSum}).out);
  std::vector<std::string> names;
  for (const Json& event : events) names.push_back(event["event"]);
  CHECK(names ==
        std::vector<std::string>{"start", "route", "tool_call", "tool_result", "token", "done"});
  CHECK(events.back()["tool_results"].size() == 1);
}

TEST_CASE("tools: one that fails says why, and the others still answer", "[cli]") {
  const Place place;
  const Finished bad = place.run({"run", "./builtin", kBad});
  CHECK(bad.code == 2);
  CHECK(bad.out.empty());
  CHECK(has(bad.err, "error: cannot work out '1/0'"));
  CHECK(has(bad.err, "why: that divides by zero"));
  const Finished json = place.run({"run", "./builtin", "--json", kBad});
  CHECK(json.code == 2);
  const Json object = Json::parse(json.out);
  CHECK(object["success"] == false);
  CHECK(object["tool_results"][0]["error"]["why"] == "that divides by zero");
  CHECK(object["tool_results"][0]["error"]["code"] == "usage");
  const Json both = {{{"name", "calculator"}, {"arguments", {{"expression", "1/0"}}}},
                     {{"name", "calculator"}, {"arguments", {{"expression", "1+1"}}}}};
  const Finished half = place.run({"run", "./builtin", "!tools " + both.dump()});
  CHECK(half.out == "1+1 = 2\n");
  CHECK(half.code == 2);
  // Names and arguments that no schema allows, as a model without constraints might send.
  for (const char* calls :
       {R"([{"name":"rm","arguments":{"path":"/"}}])", R"([{"name":"calculator","arguments":{}}])",
        R"([{"name":"calculator","arguments":[1]}])"}) {
    const Finished odd = place.run({"run", "./builtin", std::string("!tools ") + calls});
    CHECK(odd.code == 2);
    CHECK(has(odd.err, "error: "));
  }
}

TEST_CASE("tools: no call is a legal answer, with what to do next", "[cli]") {
  const Place place;
  const Finished declined = place.run({"run", "./builtin", "!nothing"});
  CHECK(declined.code == 0);
  CHECK(has(declined.out, "None of my tools can do that"));
  CHECK(has(declined.out, "cactus run google/gemma-4-E2B-it"));
  CHECK(has(declined.out, "cactus auth"));
  const Json object = Json::parse(place.run({"run", "./builtin", "--json", "!nothing"}).out);
  CHECK(object["success"] == true);
  CHECK(object["finish_reason"] == "refused");
  CHECK(object["tool_calls"] == Json::array());
  CHECK(object["decline_reason"].is_string());
}

TEST_CASE("tools: what was not said is named", "[cli]") {
  const Place place;
  const Finished declined = place.run({"run", "./builtin", "!lacks"});
  CHECK(declined.code == 0);
  CHECK(
      has(declined.out, "I would call convert_unit for that, but its argument 'to' was not said"));
  CHECK_FALSE(has(declined.out, "None of my tools"));
  const Json object = Json::parse(place.run({"run", "./builtin", "--json", "!lacks"}).out);
  CHECK(object["finish_reason"] == "refused");
  CHECK(object["decline_reason"] == "convert_unit needs 'to', which was not said");
  CHECK(object["lacking"] == Json({{"name", "convert_unit"}, {"argument", "to"}}));
  const Finished own = place.run({"run", "./builtin", "--tools", "tools.json", "!lacks"});
  CHECK(own.code == 0);
  CHECK(own.out.empty());
  CHECK(has(own.err, "convert_unit needs 'to', which was not said"));
}

TEST_CASE("tools: --tools makes the call itself the output", "[cli]") {
  const Place place;
  const Finished own = place.run({"run", "./builtin", "--tools", "tools.json", kSum});
  CHECK(own.code == 0);
  CHECK(own.out == R"({"name":"calculator","arguments":{"expression":"18% of 249.90"}})"
                   "\n");
  const Finished none = place.run({"run", "./builtin", "--tools", "tools.json", "!nothing"});
  CHECK(none.code == 0);
  CHECK(none.out.empty());
  CHECK(has(none.err, "none of the tools"));
  const Json object = Json::parse(
      place.run({"run", "./builtin", "--json", "--tools", "tools.json", "!nothing"}).out);
  CHECK(object["tool_calls"].empty());
  CHECK(object["finish_reason"] == "refused");
  CHECK(place.run({"run", "m", "--local-tools", "--tools", "tools.json", "hi"}).code == 2);
}

TEST_CASE("tools: a model that chats reads the results and answers", "[cli]") {
  const Place place;
  CHECK(place.run({"run", "m", "!offered"}).out == "none\n");
  CHECK(place.run({"run", "m", "--local-tools", "!offered"}).out == "14\n");
  const Finished answer = place.run({"run", "m", "--local-tools", kSum});
  CHECK(answer.code == 0);
  CHECK(has(answer.out, R"("text":"18% of 249.90 = 44.982")"));  // it echoes what it was given
  const Json object = Json::parse(place.run({"run", "m", "--local-tools", "--json", kSum}).out);
  CHECK(object["finish_reason"] == "stop");
  CHECK(object["tool_calls"].size() == 1);
  CHECK(object["tool_results"].size() == 1);
  // What fails is told to the model, which answers all the same.
  const Finished told = place.run({"run", "m", "--local-tools", kBad});
  CHECK(told.code == 0);
  CHECK(has(told.out, "divides by zero"));
  // Without the flag a call is the model's own business.
  CHECK(place.run({"run", "m", kSum}).out ==
        R"({"name":"calculator","arguments":{"expression":"18% of 249.90"}})"
        "\n");
  CHECK(place.run({"config", "set", "run.local_tools", "true"}).code == 0);
}

TEST_CASE("tools: in chat, turn by turn", "[cli]") {
  const Place place;
  const Finished chat =
      place.run({"chat", "./builtin"}, kSum + "\n" + kBad + "\n!nothing\n!count\n/exit\n");
  CHECK(chat.code == 0);
  CHECK(has(chat.out, "18% of 249.90 = 44.982\n"));
  CHECK(has(chat.err, "divides by zero"));
  CHECK(has(chat.out, "None of my tools"));
  CHECK(has(chat.out, "\n1\n"));  // a model that only calls reads the last question alone
}

TEST_CASE("run: a first word that is no model", "[cli]") {
  const Place place;
  const Finished typo = place.run({"run", "gemma", "why", "not"});
  CHECK(typo.code == 3);
  CHECK(has(typo.err, "no model 'gemma'"));
  CHECK(has(typo.err, "cactus run builtin 'gemma why not'"));
  // A question never becomes the name of a model.
  const Finished question = place.run({"run", "what is 18% of 249.90?"});
  CHECK_FALSE(has(question.err, "no model 'what"));
  if (builtin_files().empty()) {
    CHECK(question.code == 3);
    WARN("this program has no model inside: the built-in one is not tested");
  } else {
    CHECK(question.out == "what is 18% of 249.90?\n");  // the echo has it
    CHECK(place.run({"run"}, "piped").out == "piped\n");
  }
}

TEST_CASE("the built-in model answers offline, without a home", "[cli]") {
  if (builtin_files().empty()) {
    WARN("skipped: this program has no model inside");
    return;
  }
  const Place place;
  const auto ask = [&](const std::string& question, const std::string& home = "") {
    return test::run(
        {{CACTUS_BINARY, "run", question},
         "",
         {{"TZ", "UTC"}, {"HOME", home}, {"XDG_STATE_HOME", ""}, {"XDG_CONFIG_HOME", ""}},
         place.folder.path()});
  };
  CHECK(ask("what is 18% of 249.90?").out == "18% of 249.90 = 44.982\n");
  CHECK(has(ask("how many days until 1 March").out, " until "));
  CHECK(ask("convert 5 miles to km").out == "5 miles = 8.04672 km\n");
  CHECK(has(ask("what time is it in Tokyo").out, "in Tokyo (UTC+9)"));
  const Finished poem = ask("write me a poem about rain");
  CHECK(poem.code == 0);
  CHECK(has(poem.out, "None of my tools can do that"));
  const std::filesystem::path home = place.folder / "home";
  std::filesystem::create_directories(home);
  REQUIRE(chmod(home.c_str(), 0555) == 0);
  const Finished read_only = ask("what is 18% of 249.90?", home.string());
  CHECK(read_only.code == 0);
  CHECK(read_only.out == "18% of 249.90 = 44.982\n");
  CHECK(std::filesystem::is_empty(home));
}
