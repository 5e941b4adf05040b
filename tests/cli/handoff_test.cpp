// The hand-off as a user meets it: the program as a process, a fake provider on loopback. The local
// model echoes and says how sure it is (echo_services.h).
#include <csignal>
#include <thread>

#include "engine/base/json.h"
#include "router/ledger.h"
#include "tests/support/catch.h"
#include "tests/support/handoff_place.h"
#include "tests/support/slow.h"

using namespace cactus;
using namespace cactus::test;

namespace {

const std::string kCloudText = ScriptedAnswer().text;
const std::string kUnsure = "!sure 0.2 the local answer", kSure = "!sure 0.9 the local answer";
const std::string kLocalText = "the local answer";

Finished ask(const HandoffPlace& place, std::vector<std::string> arguments,
             const Environment& more = {}, const std::string& input = "") {
  arguments.insert(arguments.begin(), {"run", "m"});
  const Finished finished = run(place.launch(CACTUS_ECHO, std::move(arguments), input, more));
  CHECK(finished.out.find(HandoffPlace::key()) == std::string::npos);
  CHECK(finished.err.find(HandoffPlace::key()) == std::string::npos);
  return finished;
}

Json ask_json(const HandoffPlace& place, std::vector<std::string> arguments,
              const Environment& more = {}) {
  arguments.insert(arguments.begin(), "--json");
  const Finished finished = ask(place, std::move(arguments), more);
  INFO(finished.out << finished.err);
  return Json::parse(finished.out);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("handoff: nothing leaves before consent, and nothing with --local", "[router]") {
  const HandoffPlace place;
  const auto stays = [&](std::vector<std::string> arguments, const Environment& more, int code) {
    arguments.push_back(kUnsure);
    const Finished finished = ask(place, arguments, more);
    INFO(finished.err);
    CHECK(finished.code == code);
    CHECK(finished.out == kLocalText + "\n");
  };
  stays({}, {{"CACTUS_HANDOFF_ENABLED", "false"}}, 0);
  stays({}, {{"CACTUS_HANDOFF_ENABLED", ""}}, 0);
  stays({"--cloud"}, {{"CACTUS_HANDOFF_ENABLED", "false"}}, 5);
  stays({"--cloud=" + place.target()}, {{"CACTUS_HANDOFF_ENABLED", "false"}}, 5);
  stays({"--local"}, {}, 0);
  stays({"--handoff", "off"}, {}, 0);
  stays({"--handoff", "ask"}, {}, 0);  // nobody can be asked in a pipe
  stays({}, {{"CACTUS_HANDOFF_PROVIDERS", ""}}, 0);
  stays({"--threshold", "0.1"}, {}, 0);
  stays({"--require-local"}, {}, 8);
  CHECK(place.server.connections() == 0);
}

TEST_CASE("handoff: an unsure answer comes from the cloud, in every protocol", "[router]") {
  for (std::size_t kind = 0; kind < cloud_kinds().size(); ++kind) {
    const HandoffPlace place(Fault::none, kind);
    INFO(place.target());
    const Finished text = ask(place, {kUnsure});
    CHECK(text.code == 0);
    CHECK(text.out == kCloudText + "\n");
    CHECK(has(text.err, "↗ 0.20 < 0.70 → " + place.target()));
    const Json object = ask_json(place, {"-s", "be brief", kUnsure});
    CHECK(object["success"] == true);
    CHECK(object["response"] == kCloudText);
    CHECK(object["cloud_handoff"] == true);
    CHECK(object["confidence"] == 0.2);
    CHECK(object["confidence_source"] == "probe");
    CHECK(object["threshold"] == 0.7);
    CHECK(object["reason"] == "0.20 < 0.70");
    CHECK(object["provider"].get<std::string>() + "/" +
              object["provider_model"].get<std::string>() ==
          place.target());
    CHECK(object["cloud_usage"] == Json::parse(R"({"input": 12, "output": 7, "cached": 4})"));
    CHECK(object["cost"].is_number());
    CHECK(object["timing"]["cloud_ms"].get<double>() > 0);
    CHECK_FALSE(object.contains("handoff_error"));
    const auto requests = place.server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(has(requests[1].body, "be brief"));
    CHECK(has(requests[1].body, kUnsure));
    // Neither the local answer by itself, nor its confidence, nor where it ran.
    for (const std::string& secret : {std::string("0.7"), std::string("confidence"),
                                      place.folder.path().string(), std::string("probe")})
      CHECK_FALSE(has(requests[1].body, secret));
    const Json sure = ask_json(place, {kSure});
    CHECK(sure["cloud_handoff"] == false);
    CHECK(sure["reason"] == "0.90 ≥ 0.70");
    CHECK(sure["cost"].is_null());
    CHECK(place.server.requests().size() == 2);
  }
}

TEST_CASE("handoff: in a pipe nothing that is withdrawn is seen, streamed or not", "[router]") {
  HandoffPlace place;
  int number = 0;
  for (const Fault fault : {Fault::none, Fault::cut, Fault::malformed, Fault::stall_middle}) {
    place.server.set_fault(fault);
    INFO(fault_name(fault));
    std::vector<std::string> outputs;
    for (const char* how : {"", "--no-stream", "--cloud"}) {
      std::vector<std::string> arguments = {"--cloud-timeout", std::to_string(700 * kSlow) + "ms"};
      if (*how != '\0') arguments.emplace_back(how);
      arguments.push_back(kUnsure);
      const std::string state = (place.folder / std::to_string(number++)).string();
      const Finished finished = ask(place, arguments, {{"CACTUS_STATE_DIR", state}});
      const bool failed = fault != Fault::none;
      CHECK(finished.code == (failed && std::string(how) == "--cloud" ? 5 : 0));
      CHECK(finished.out == (failed ? kLocalText : kCloudText) + "\n");
      CHECK(has(finished.err, "warning: ") == failed);
      outputs.push_back(finished.out);
    }
    CHECK(outputs[0] == outputs[1]);
  }
}

TEST_CASE("handoff: events say what was withdrawn and what stands", "[router]") {
  HandoffPlace place;
  const auto events = [&](const std::string& question) {
    std::string names, text;
    const Finished finished =
        ask(place, {"--jsonl", question}, {{"CACTUS_STATE_DIR", (place.folder / "s").string()}});
    for (std::size_t at = 0; at < finished.out.size();) {
      const std::size_t end = finished.out.find('\n', at);
      const Json event = Json::parse(finished.out.substr(at, end - at));
      const std::string name = event["event"];
      if (name == "token") text += event["text"].get<std::string>();
      if (name == "discard") text.clear();
      if (name != "token" || !names.ends_with("token ")) names += name + " ";
      at = end + 1;
    }
    return names + "= " + text;
  };
  CHECK(events(kSure) == "start token route done = " + kLocalText);
  CHECK(events(kUnsure) == "start discard asking token route done = " + kCloudText);
  place.server.set_fault(Fault::unauthorized);
  CHECK(events(kUnsure) == "start discard asking token route done = " + kLocalText);
}

TEST_CASE("handoff: a cap that is reached keeps the answer here, with the reason", "[router]") {
  const HandoffPlace place;
  const auto kept = [&](const Environment& caps) {
    const Json object = ask_json(place, {kUnsure}, caps);
    CHECK(object["response"] == kLocalText);
    CHECK(object["cloud_handoff"] == false);
    return object["handoff_error"].get<std::string>();
  };
  CHECK(has(kept({{"CACTUS_HANDOFF_MAX_PER_DAY", "0"}}), "limit of 0 requests is used up"));
  CHECK(has(kept({{"CACTUS_HANDOFF_MAX_COST_PER_DAY", "0"}}), "the day's budget"));
  CHECK(has(kept({{"CACTUS_HANDOFF_MAX_COST_PER_REQUEST", "0.000001"}}), "the request's budget"));
  CHECK(has(kept({{"CACTUS_HANDOFF_MAX_INPUT_TOKENS", "3"}}), "input tokens"));
  CHECK(has(kept({{"CACTUS_HANDOFF_PROVIDERS", "anthropic/no-such-model-yet"}}), "price"));
  CHECK(has(kept({{"ANTHROPIC_API_KEY", ""}}), "no key"));
  CHECK(place.server.connections() == 0);
  const Finished forced = ask(place, {"--cloud", kUnsure}, {{"CACTUS_HANDOFF_MAX_PER_DAY", "0"}});
  CHECK(forced.code == 5);
  CHECK(forced.out == kLocalText + "\n");
}

TEST_CASE("handoff: the next provider is asked when the first one fails", "[router]") {
  HandoffPlace place(Fault::unauthorized, 3);
  ProviderServer second({}, &test_identity());
  const Environment both = {
      {"CACTUS_HANDOFF_PROVIDERS", "own/some-model,anthropic/claude-sonnet-5"},
      {"ANTHROPIC_API_KEY", HandoffPlace::key()},
      {"ANTHROPIC_BASE_URL", second.url()}};
  const Json object = ask_json(place, {kUnsure}, both);
  CHECK(object["response"] == kCloudText);
  CHECK(object["provider"] == "anthropic");
  REQUIRE(object["attempts"].size() == 2);
  CHECK(object["attempts"][0]["target"] == "own/some-model");
  CHECK(object["attempts"][0]["error"].is_string());
  CHECK(object["attempts"][1]["error"].is_null());
  // One that was named is the only one asked.
  const Finished named = ask(place, {"--cloud=own/some-model", "hi"}, both);
  CHECK(named.code == 5);
  CHECK(named.out == "hi\n");
  CHECK(second.requests().size() == 1);
  // A kind of task may have a model of its own.
  Environment code = both;
  code["CACTUS_HANDOFF_FOR_CODE"] = "anthropic/claude-sonnet-5";
  CHECK(ask_json(place, {"!sure 0.1 fix this python"}, code)["attempts"].size() == 1);
}

TEST_CASE("handoff: one retry, and a provider that keeps failing is left alone", "[router]") {
  HandoffPlace place(Fault::overloaded, 0, 1);
  const Json again = ask_json(place, {kUnsure});
  CHECK(again["response"] == kCloudText);
  CHECK(again["attempts"].size() == 2);
  place.server.set_fault(Fault::overloaded);
  for (int i = 0; i < 2; ++i) ask_json(place, {kUnsure});
  const std::size_t before = place.server.requests().size();
  const Json off = ask_json(place, {kUnsure});
  CHECK(off["response"] == kLocalText);
  CHECK(has(off["handoff_error"], "several failures"));
  CHECK(place.server.requests().size() == before);
}

TEST_CASE("handoff: a hopeless answer is given up early, and comes back whole if need be",
          "[router]") {
  HandoffPlace place;
  const Json early = ask_json(place, {"!hopeless"});
  CHECK(early["response"] == kCloudText);
  CHECK(early["reason"] == "0.05 < 0.70 after 16 tokens");
  CHECK(early["usage"]["output"] == 16);
  place.server.set_fault(Fault::cut_first);
  std::string whole;
  for (int i = 1; i <= 30; ++i) whole += std::to_string(i) + " ";
  CHECK(ask_json(place, {"!hopeless"})["response"] == whole);
  CHECK(ask(place, {"!hopeless"}).out == whole + "\n");
}

TEST_CASE("handoff: both models read the answer that stood", "[router]") {
  HandoffPlace place;
  const Finished finished =
      run(place.launch(CACTUS_ECHO, {"chat", "m"}, "!sure 0.2 one\n!all\n!sure 0.1 two\n"));
  CHECK(finished.code == 0);
  const std::string conversation = "!sure 0.2 one|" + kCloudText + "|!all";
  CHECK(finished.out == kCloudText + "\n" + conversation + "\n" + kCloudText + "\n");
  const auto requests = place.server.requests();
  REQUIRE(requests.size() == 2);
  const Json messages = Json::parse(requests[1].body)["messages"];
  std::string said;
  for (const Json& message : messages)
    said += message["role"].get<std::string>() + ": " +
            (message["content"].is_string() ? message["content"].get<std::string>()
                                            : message["content"][0]["text"].get<std::string>()) +
            "\n";
  CHECK(said == "user: !sure 0.2 one\nassistant: " + kCloudText +
                    "\nuser: !all\nassistant: " + conversation + "\nuser: !sure 0.1 two\n");
}

TEST_CASE("handoff: what the patterns take out does not leave", "[router]") {
  const HandoffPlace place;
  const std::string key = "sk-ant-" + std::string(30, 'x');
  const Environment mail = {{"CACTUS_HANDOFF_REDACT", "keys,email"}};
  CHECK(ask(place, {"!sure 0.1 my key is " + key}).out == kCloudText + "\n");
  CHECK(ask(place, {"!sure 0.1 mail me@example.org", "--explain"}, mail).code == 0);
  const auto requests = place.server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(has(requests[0].body, "my key is [key]"));
  CHECK_FALSE(has(requests[0].body, key));
  CHECK(has(requests[1].body, "mail [email]"));
}

TEST_CASE("handoff: every turn is in the ledger, to the token, and no text is", "[router]") {
  HandoffPlace place;
  ask(place, {kUnsure});
  ask(place, {kSure});
  ask(place, {"--local", kUnsure});
  place.server.set_fault(Fault::unauthorized);
  ask(place, {kUnsure});
  const auto ledger = Ledger::open(place.folder / "state/usage.db");
  REQUIRE(ledger.ok());
  const auto usage = ledger->usage(0);
  REQUIRE(usage.ok());
  const UsageSum& sum = usage->total;
  CHECK(sum.turns == 4);
  CHECK(sum.handed_off == 1);
  CHECK(sum.failed == 1);
  CHECK(sum.cloud_input == 12);
  CHECK(sum.cloud_output == 7);
  CHECK(sum.local_output == 12);  // three words a turn
  CHECK(sum.cost > 0);
  CHECK(sum.saved > 0);
  const std::string bytes = read_file(place.folder / "state/usage.db");
  CHECK_FALSE(has(bytes, kLocalText));
  CHECK_FALSE(has(bytes, kCloudText));
}

TEST_CASE("handoff: --explain says why", "[router]") {
  HandoffPlace place;
  const std::string why = ask(place, {"--explain", kUnsure}).err;
  CHECK(has(why, "answer: cloud, anthropic/claude-sonnet-5"));
  CHECK(has(why, "reason: 0.20 < 0.70"));
  CHECK(has(why, "12→7 tok, $"));
  CHECK(has(ask(place, {"--explain", "--local", kUnsure}).err, "hand-off is off"));
  CHECK(has(ask(place, {"--explain", "hello"}).err, "not measured"));
}

TEST_CASE("handoff: --require-local refuses with 8 what would have left", "[router]") {
  const HandoffPlace place;
  const Finished refused = ask(place, {"--require-local", kUnsure});
  CHECK(refused.code == 8);
  CHECK(refused.out == kLocalText + "\n");
  CHECK(has(refused.err, "0.20 < 0.70"));
  CHECK(ask(place, {"--require-local", kSure}).code == 0);
  CHECK(ask(place, {"--require-local", "--threshold", "0.1", kUnsure}).code == 0);
  const Finished unknown = ask(place, {"--require-local", "hello"});
  CHECK(unknown.code == 0);
  CHECK(has(unknown.err, "cannot judge"));
}

TEST_CASE("handoff: wrong flags are exit 2", "[router]") {
  const HandoffPlace place;
  const auto refused = [&](std::vector<std::string> arguments) {
    arguments.push_back("hi");
    const Finished finished = ask(place, arguments);
    INFO(finished.err);
    CHECK(finished.out.empty());
    return finished.code;
  };
  CHECK(refused({"--local", "--cloud"}) == 2);
  CHECK(refused({"--require-local", "--cloud"}) == 2);
  CHECK(refused({"--handoff", "maybe"}) == 2);
  CHECK(refused({"--threshold", "1.5"}) == 2);
  CHECK(refused({"--cloud=nobody/model"}) == 2);
  CHECK(refused({"--cloud=huggingface/model"}) == 2);
  for (const char* time : {"soon", "0", "-1s", "2h", "1e9"})
    CHECK(refused({"--cloud-timeout", time}) == 2);
  CHECK(place.server.connections() == 0);
}

TEST_CASE("handoff: Ctrl-C while the cloud is asked ends with 130 and the local answer",
          "[router]") {
  for (const Fault fault : {Fault::stall_first, Fault::stall_middle}) {
    HandoffPlace place(fault);
    Child child(place.launch(CACTUS_ECHO, {"run", "m", kUnsure}));
    for (int i = 0; i < 1000 && place.server.requests().empty(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    REQUIRE(place.server.requests().size() == 1);
    child.send(SIGINT);
    const Finished finished = child.wait();
    CHECK(finished.code == 130);
    CHECK(finished.out == kLocalText + "\n");
  }
}
