// The parts of `bench` that do not measure: shapes, their tokenizer, the spread, the table.
#include "cli/bench/measure.h"
#include "cli/bench/report.h"
#include "cli/bench/shape.h"
#include "engine/models/gemma4/config.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::cli;

TEST_CASE("bench: published shapes have the sizes of their model cards", "[cli]") {
  const auto e2b = shape_config("gemma-4-E2B");
  REQUIRE(e2b);
  const auto config = gemma4::parse_config(*e2b);
  REQUIRE(config);
  CHECK(config->layers.size() == 35);
  CHECK(config->layers[14].owns_kv);
  CHECK_FALSE(config->layers[15].owns_kv);
  CHECK(config->layers[15].intermediate == 12288);
  CHECK(config->layers[4].head_dim == 512);
  const auto e4b = gemma4::parse_config(*shape_config("gemma-4-E4B"));
  REQUIRE(e4b);
  CHECK(e4b->layers.size() == 42);
  CHECK(e4b->layers[41].intermediate == 10240);
  const auto none = shape_config("gpt-2");
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::usage);
}

TEST_CASE("bench: the synthetic tokenizer loads and merges", "[cli]") {
  const auto tokenizer = Tokenizer::load(synthetic_tokenizer(2000), "");
  REQUIRE(tokenizer);
  CHECK((*tokenizer)->vocab_size() == 2000);
  const auto ids = (*tokenizer)->encode("hello é", {});
  REQUIRE(ids);
  CHECK(ids->size() < 8);  // fewer than one for each letter and byte
  CHECK((*tokenizer)->decode(*ids, true) == "hello é");
}

TEST_CASE("bench: median and spread", "[cli]") {
  CHECK(spread_of({}).median == 0);
  CHECK(spread_of({3, 1, 2}).median == 2);
  CHECK(spread_of({4, 1, 2, 3}).median == 2.5);
  CHECK(spread_of({4, 1, 2, 3}).low == 1);
  CHECK(spread_of({4, 1, 2, 3}).high == 4);
}

TEST_CASE("bench: the table and the JSON say the same", "[cli]") {
  BenchResult result;
  BenchCase prefill;
  prefill.what = "prefill";
  prefill.size = 512;
  prefill.tokens = 512;
  prefill.tokens_per_second = {100, 300, 200};
  prefill.share = {0.25, 0.75, 0.5};
  result.cases = {prefill};
  result.limits = {{40, 460}, {42, 470}};
  BenchConditions conditions;
  conditions.model = "shape";
  conditions.random_weights = true;
  conditions.threads = 2;
  conditions.runs = 3;
  const std::string table = bench_table(conditions, result, {});
  CHECK(table.find("(random weights)") != std::string::npos);
  CHECK(table.find("200.0 (100.0 … 300.0)") != std::string::npos);
  CHECK(table.find("50% of int8") != std::string::npos);
  const Json json = bench_json(conditions, result, {});
  CHECK(json["cases"][0]["tokens_per_second"]["median"] == 200.0);
  CHECK(json["limits"]["read_gb_per_second"]["median"] == 41.0);
  CHECK(json["random_weights"] == true);
}
