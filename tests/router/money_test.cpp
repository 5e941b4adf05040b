// Money and prices: exact arithmetic, the table in the program, the user's own over it.
#include <limits>
#include <random>

#include "router/price.h"
#include "router/prices.h"
#include "tests/support/catch.h"

using namespace cactus;

TEST_CASE("money: dollars are read exactly or not at all", "[router]") {
  CHECK(parse_dollars("1") == kDollar);
  CHECK(parse_dollars("$1.50") == 1'500'000'000);
  CHECK(parse_dollars("0.000000001") == 1);
  CHECK(parse_dollars("0") == 0);
  for (const char* wrong : {"", "$", "-1", "1.", ".5", "1e3", "1.0000000001", "1,5", "1.2.3", " 1",
                            "99999999999", "nan"}) {
    INFO(wrong);
    CHECK_FALSE(parse_dollars(wrong));
  }
}

TEST_CASE("money: amounts are shown to the cent, small ones to two digits", "[router]") {
  CHECK(format_dollars(0) == "$0");
  CHECK(format_dollars(kDollar) == "$1.00");
  CHECK(format_dollars(1'499'000'000) == "$1.50");
  CHECK(format_dollars(10'000'000) == "$0.01");
  CHECK(format_dollars(9'900'000) == "$0.0099");
  CHECK(format_dollars(123'456) == "$0.00012");
  CHECK(format_dollars(1) == "$0.000000001");
  CHECK(format_dollars(400'000) == "$0.0004");
}

TEST_CASE("money: arithmetic stops at the greatest amount", "[router]") {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  CHECK(add_money(kMost - 1, 5) == kMost);
  CHECK(multiply_money(kMost / 2, 3) == kMost);
  CHECK(multiply_money(3, 4) == 12);
}

TEST_CASE("price: the table in the program is well-formed and dated", "[router]") {
  PriceTable table = PriceTable::empty();
  REQUIRE(table.merge(kBuiltinPrices, "built-in"));
  const auto found = PriceTable::builtin().find("anthropic", "claude-haiku-4-5-20251001");
  REQUIRE(found);
  CHECK(found->usual == TokenPrice{1'000'000, 5'000'000, 100'000, 1'250'000});
  CHECK(found->as_of.starts_with("2026"));
  for (const char* provider : {"anthropic", "openai", "gemini", "deepseek"}) {
    INFO(provider);
    CHECK_FALSE(PriceTable::builtin().find(provider, "a-model-of-next-year"));
  }
  CHECK(PriceTable::builtin().find("deepseek", "deepseek-flash"));
}

TEST_CASE("price: names with a date, and a provider's '*'", "[router]") {
  PriceTable table = PriceTable::empty();
  REQUIRE(table.merge(R"({"prices": [
      {"provider": "p", "model": "m", "input": 1, "output": 2},
      {"provider": "own", "model": "*", "input": 0, "output": 0}]})",
                      "test"));
  for (const char* name : {"m", "m-20251001", "m-2025-10-01", "m-latest"}) {
    INFO(name);
    CHECK(table.find("p", name));
  }
  for (const char* name : {"m-2", "m-mini", "m-2025100", "m-2025-1-01", "", "-20251001"}) {
    INFO(name);
    CHECK_FALSE(table.find("p", name));
  }
  CHECK(table.find("own", "anything"));
  CHECK_FALSE(table.find("other", "m"));
}

TEST_CASE("price: the user's entries go over the built-in ones; broken ones are refused",
          "[router]") {
  PriceTable table = PriceTable::builtin();
  REQUIRE(table.merge(
      R"({"prices": [{"provider": "openai", "model": "gpt-4o", "input": 0.0028, "output": 9}]})",
      "mine.json"));
  const auto mine = table.find("openai", "gpt-4o");
  REQUIRE(mine);
  CHECK(mine->usual == TokenPrice{2800, 9'000'000, 2800, 2800});
  CHECK(mine->origin == "mine.json");
  for (
      const char* broken :
      {"", "[]", "{}", R"({"prices": 1})", R"({"prices": [1]})",
       R"({"prices": [{"provider": "p", "model": "m", "input": 1}]})",
       R"({"prices": [{"provider": "p", "model": "m", "input": -1, "output": 1}]})",
       R"({"prices": [{"provider": "p", "model": "m", "input": "1", "output": 1}]})",
       R"({"prices": [{"provider": "p", "input": 1, "output": 1}]})",
       R"({"prices": [{"provider": "p", "model": "m", "input": 1, "output": 1, "long_prompt": {}}]})"}) {
    INFO(broken);
    const Status status = table.merge(broken, "broken.json");
    REQUIRE_FALSE(status);
    CHECK(status.error().kind == ErrorKind::usage);
  }
}

TEST_CASE("price: cached, written and long input have prices of their own", "[router]") {
  ModelPrice price;
  price.usual = {3'000'000, 15'000'000, 300'000, 3'750'000};
  CloudUsage usage;
  usage.input = 1000;
  usage.output = 100;
  usage.cached = 600;
  usage.cache_write = 200;
  // (200 × 3 + 600 × 0.3 + 200 × 3.75 + 100 × 15) / 10⁶ dollars
  CHECK(cost_of(price, usage) == 3'030'000);
  price.long_above = 999;
  price.long_prompt = {6'000'000, 30'000'000, 600'000, 7'500'000};
  CHECK(cost_of(price, usage) == 6'060'000);
  price.long_above = 1000;
  CHECK(cost_of(price, usage) == 3'030'000);
  CHECK(cost_of(ModelPrice{{2800, 0, 0, 0}, {}, {}, {}, "", ""}, {1, 0, 0, 0}) == 3);  // rounded up
}

TEST_CASE("price: no usage within the plan costs more than its worst case", "[router]") {
  std::mt19937 random(7);
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<unsigned>(n + 1));
  };
  for (int i = 0; i < 2000; ++i) {
    ModelPrice price;
    for (TokenPrice* tier : {&price.usual, &price.long_prompt})
      *tier = {below(9'000'000), below(90'000'000), below(9'000'000), below(9'000'000)};
    if (i % 2 == 0) price.long_above = below(3000);
    const std::int64_t input = below(4000), output = below(4000);
    CloudUsage usage;
    usage.input = below(input);
    usage.output = below(output);
    usage.cached = below(usage.input);
    usage.cache_write = below(usage.input - usage.cached);
    CHECK(cost_of(price, usage) <= worst_cost(price, input, output));
  }
}

TEST_CASE("price: with sound every token of the input is as dear as one of sound", "[router]") {
  PriceTable table = PriceTable::empty();
  REQUIRE(table.merge(R"({"prices": [
      {"provider": "p", "model": "hears", "input": 1, "output": 2, "cached": 0.1, "audio": 3},
      {"provider": "p", "model": "deaf", "input": 1, "output": 2}]})",
                      "here"));
  const ModelPrice hears = with_audio(*table.find("p", "hears"));
  CHECK(hears.usual == TokenPrice{3'000'000, 2'000'000, 3'000'000, 3'000'000});
  CHECK(with_audio(*table.find("p", "deaf")).usual == table.find("p", "deaf")->usual);
  CHECK_FALSE(table.find("p", "deaf")->audio);
  CHECK_FALSE(table.merge(
      R"({"prices": [{"provider": "p", "model": "m", "input": 1, "output": 2, "audio": "much"}]})",
      "here"));
}
