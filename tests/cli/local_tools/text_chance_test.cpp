// Texts and chance.
#include <cmath>
#include <map>

#include "cli/local_tools/chance.h"
#include "engine/base/utf8.h"
#include "tests/cli/local_tools/environment.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::cli;

TEST_CASE("count_text: words, characters, sentences, lines", "[cli]") {
  World world;
  const auto count = [&](const char* what, const std::string& text) {
    return world.ok("count_text", {{"what", what}, {"text", text}}).value["count"].get<int>();
  };
  CHECK(count("words", "the old cat sleeps") == 4);
  CHECK(count("words", "  well - known   words ") == 3);
  CHECK(count("words", "") == 0);
  CHECK(count("words", "don't stop\nnow") == 3);
  CHECK(count("words", "3 + 4") == 3);
  CHECK(count("characters", "héllo") == 5);
  CHECK(count("characters", "he\u0301llo") == 5);
  CHECK(count("characters", "👨‍👩‍👧‍👦🇩🇪") == 2);
  CHECK(count("characters", "") == 0);
  CHECK(count("sentences", "One. Two! Three?") == 3);
  CHECK(count("sentences", "Dr. Smith paid 3.50. Really?!") == 2);
  CHECK(count("sentences", "no end") == 1);
  CHECK(count("sentences", "...") == 0);
  CHECK(count("lines", "a\nb\n") == 2);
  CHECK(count("lines", "a\nb") == 2);
  CHECK(count("lines", "") == 0);
  const auto characters = world.ok("count_text", {{"what", "characters"}, {"text", "ab c"}});
  CHECK(characters.sentence == "4 characters (3 without spaces)");
  CHECK(characters.value["bytes"] == 4);
  CHECK(world.say("count_text", {{"what", "words"}, {"text", "one"}}) == "1 word");
}

TEST_CASE("change_text: every change, beyond ASCII", "[cli]") {
  World world;
  const auto change = [&](const char* how, const std::string& text) {
    return world.say("change_text", {{"how", how}, {"text", text}});
  };
  CHECK(change("uppercase", "straße café") == "STRASSE CAFÉ");
  CHECK(change("lowercase", "ÀÉÎ ΟΔΟΣ ΣΑΣ") == "àéî οδος σας");
  CHECK(change("title_case", "the QUICK brown fox") == "The Quick Brown Fox");
  CHECK(change("title_case", "don't o’clock élan") == "Don't O’clock Élan");
  CHECK(change("reverse", "abc") == "cba");
  CHECK(change("reverse", "noe\u0308l") == "le\u0308on");
  CHECK(change("reverse", "a🇩🇪b") == "b🇩🇪a");
  CHECK(change("snake_case", "Hello World") == "hello_world");
  CHECK(change("snake_case", "HelloWorld HTTPServer v2.1") == "hello_world_http_server_v2_1");
  CHECK(change("snake_case", "  don't -- stop ") == "dont_stop");
  CHECK(change("trim", "  a  b \n") == "a  b");
  CHECK(change("trim", "\u00a0x\u2003") == "x");
  for (const char* how : {"uppercase", "lowercase", "title_case", "reverse", "snake_case", "trim"})
    CHECK(change(how, "").empty());
  const std::string twice = change("reverse", change("reverse", "Zoë 👩‍🚀 e\u0301!"));
  CHECK(twice == "Zoë 👩‍🚀 e\u0301!");
}

TEST_CASE("chance: draws are unbiased at the edges and everywhere", "[cli]") {
  World world;
  // 2^64 - 1 is beyond the last whole multiple of 10 and is drawn again.
  world.script.assign(8, 255);
  world.script.insert(world.script.end(), {7, 0, 0, 0, 0, 0, 0, 0});
  CHECK(*draw(world.environment(), 10) == 7);
  CHECK(world.given == 16);
  std::map<std::uint64_t, int> seen;
  for (int i = 0; i < 6'000; ++i) ++seen[*draw(world.environment(), 6)];
  REQUIRE(seen.size() == 6);
  double chi = 0;
  for (const auto& [side, times] : seen) chi += (times - 1'000.0) * (times - 1'000.0) / 1'000.0;
  CHECK(chi < 20.5);  // 5 degrees of freedom, 0.1%; the bytes are the same at every run
}

TEST_CASE("random_number, roll_dice, flip_coin, pick_one", "[cli]") {
  World world;
  for (int i = 0; i < 500; ++i) {
    const auto number =
        world.ok("random_number", {{"low", -3}, {"high", 3}}).value["number"].get<int>();
    CHECK(std::abs(number) <= 3);
    const auto dice = world.ok("roll_dice", {{"count", 3}, {"sides", 20}}).value;
    int total = 0;
    for (const Json& roll : dice["rolls"]) {
      CHECK((roll >= 1 && roll <= 20));
      total += roll.get<int>();
    }
    CHECK(dice["rolls"].size() == 3);
    CHECK(dice["total"] == total);
  }
  CHECK(world.ok("random_number", Json::object()).value["high"] == 100);
  CHECK(world.ok("random_number", {{"low", 5}, {"high", 5}}).value["number"] == 5);
  CHECK(world.ok("random_number", {{"low", 9}, {"high", 1}}).value["low"] == 1);
  CHECK(world.fail("random_number", {{"low", 500}}).why.find("100") != std::string::npos);
  CHECK(world.fail("random_number", {{"high", 0}}).why.find("least is 1") != std::string::npos);
  const auto full = world.ok(
      "random_number", {{"low", -1'000'000'000'000'000'000}, {"high", 1'000'000'000'000'000'000}});
  CHECK(full.value["number"].is_number_integer());
  CHECK(world.ok("roll_dice", Json::object()).value["sides"] == 6);
  CHECK(world.fail("roll_dice", {{"count", 0}}).why.find("1 to 1000") != std::string::npos);
  CHECK(world.fail("roll_dice", {{"sides", 1}}).kind == ErrorKind::usage);
  const auto flips = world.ok("flip_coin", {{"count", 200}}).value;
  CHECK(flips["heads"].get<int>() + flips["tails"].get<int>() == 200);
  const std::string one = world.say("flip_coin", Json::object());
  CHECK((one == "Heads" || one == "Tails"));
  const auto picked = world.ok("pick_one", {{"options", {"tea", "coffee"}}});
  CHECK((picked.value["picked"] == "tea" || picked.value["picked"] == "coffee"));
  CHECK(picked.sentence.find("(from tea and coffee)") != std::string::npos);
  CHECK(world.fail("pick_one", {{"options", Json::array()}}).why == "the list is empty");
}

TEST_CASE("make_password: every kind of letter, of the length asked for", "[cli]") {
  World world;
  for (int i = 0; i < 200; ++i) {
    const auto made = world.ok("make_password", {{"length", 6 + i % 20}, {"symbols", i % 2 == 0}});
    const std::string password = made.value["password"];
    CHECK(password == made.sentence);
    CHECK(static_cast<int>(password.size()) == 6 + i % 20);
    CHECK(password.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos);
    CHECK(password.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos);
    CHECK(password.find_first_of("0123456789") != std::string::npos);
    CHECK((password.find_first_of("!#$%&*+-./:;=?@_~") != std::string::npos) == (i % 2 == 0));
  }
  CHECK(world.ok("make_password", Json::object()).value["length"] == 16);
  CHECK(world.fail("make_password", {{"length", 3}}).why.find("6 to 256") != std::string::npos);
  // A generator that is stuck ends in an error, not in a loop.
  ToolEnvironment stuck = world.environment();
  stuck.random = [](std::span<std::uint8_t> out) -> Status {
    for (auto& byte : out) byte = 0;
    return ok_status();
  };
  CHECK_FALSE(run_local_tool("make_password", Json::object(), stuck));
  stuck.random = [](std::span<std::uint8_t>) -> Status {
    return make_error(ErrorKind::resources, "no random numbers");
  };
  for (const char* tool : {"random_number", "roll_dice", "flip_coin", "make_password"})
    CHECK(run_local_tool(tool, Json::object(), stuck).error().kind == ErrorKind::resources);
}
