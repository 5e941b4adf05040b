#include "engine/convert/synthetic.h"

#include <cmath>

#include "engine/models/family.h"
#include "kernels/dispatch.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;

namespace {

Json small_config() {
  auto config =
      parse_json(test::read_file(test::fixture("gemma4_text") / "config.json"), "config.json");
  REQUIRE(config);
  return *config;
}

}  // namespace

TEST_CASE("synthetic: a bundle of the shape that opens and computes finite logits", "[engine]") {
  const test::TempDir temp;
  for (const int bits : {4, 8, 16}) {
    const auto folder = temp.path() / std::to_string(bits);
    SyntheticOptions options;
    options.bits = bits;
    const Status written = write_synthetic(small_config(), folder, options);
    REQUIRE(written);
    auto bundle = Bundle::open(folder);
    REQUIRE(bundle);
    auto family = family_of((*bundle)->manifest().config);
    REQUIRE(family);
    auto decoder = (*family)->load(*bundle);
    REQUIRE(decoder);
    kernels::Exec exec(*kernels::select_table("").table, 1);
    auto state = (*decoder)->make_state({});
    const std::vector<std::int32_t> ids = {2, 5, 700, 31};
    auto logits = (*decoder)->forward(exec, *state, ids, {});
    REQUIRE(logits);
    for (const float x : *logits) CHECK(std::isfinite(x));
  }
}

TEST_CASE("synthetic: the seed decides every byte", "[engine]") {
  const test::TempDir temp;
  SyntheticOptions options;
  const auto weights = [&](const char* name, std::uint64_t seed) {
    options.seed = seed;
    REQUIRE(write_synthetic(small_config(), temp.path() / name, options));
    return test::read_file(temp.path() / name / "weights.cactus");
  };
  const std::string a = weights("a", 1), b = weights("b", 1), c = weights("c", 2);
  CHECK(a == b);
  CHECK(a != c);
}

TEST_CASE("synthetic: what exists is not replaced, and a stop leaves nothing", "[engine]") {
  const test::TempDir temp;
  SyntheticOptions options;
  const auto there = write_synthetic(small_config(), temp.path(), options);
  REQUIRE_FALSE(there);
  CHECK(there.error().kind == ErrorKind::usage);
  const std::atomic<bool> cancel{true};
  options.cancel = &cancel;
  const auto stopped = write_synthetic(small_config(), temp.path() / "new", options);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::cancelled);
  CHECK(std::filesystem::is_empty(temp.path()));
}
