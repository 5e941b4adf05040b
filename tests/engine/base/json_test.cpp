#include "engine/base/json.h"

#include "tests/support/catch.h"

using namespace cactus;

TEST_CASE("json: objects keep their order", "[engine]") {
  auto r = parse_json(R"({"z":1,"a":[true,null]})", "t");
  REQUIRE(r);
  CHECK(dump_json(*r) == R"({"z":1,"a":[true,null]})");
}

TEST_CASE("json: broken and bottomless texts are errors with a name", "[engine]") {
  auto broken = parse_json("{\"a\":", "config.json");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().what == "config.json is not valid JSON");
  CHECK(broken.error().why.find('[') != 0);
  auto deep = parse_json(std::string(100000, '['), "x");
  CHECK_FALSE(deep);
}
