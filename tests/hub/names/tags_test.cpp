#include "hub/names/tags.h"

#include <algorithm>
#include <random>
#include <vector>

#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::hub;

namespace {

// The name chosen, or "none".
std::string chosen(const std::vector<std::string>& names, const char* runtime) {
  std::vector<Tag> tags;
  for (const std::string& name : names) tags.push_back({name, std::string(40, 'a')});
  const Tag* tag = choose_tag(tags, *parse_version(runtime));
  return tag == nullptr ? "none" : tag->name;
}

}  // namespace

TEST_CASE("tags: the greatest version that is not newer than the runtime", "[hub]") {
  // The vectors of the design.
  const std::vector<std::string> a = {"v1.0", "v1.7", "v1.15"};
  CHECK(chosen(a, "1.14") == "v1.7");
  CHECK(chosen(a, "1.15.3") == "v1.15");
  CHECK(chosen(a, "0.9") == "none");
  const std::vector<std::string> b = {"v1.9", "v1.14", "v1.14.1"};
  CHECK(chosen(b, "1.14") == "v1.14");
  CHECK(chosen(b, "1.10") == "v1.9");

  CHECK(chosen(a, "1.15.0") == "v1.15");
  CHECK(chosen(b, "1.14.1") == "v1.14.1");
  CHECK(chosen(b, "2.0") == "v1.14.1");
  CHECK(chosen({"1.2", "v1.3.0"}, "1.3") == "v1.3.0");
  CHECK(chosen({}, "1.3") == "none");
}

TEST_CASE("tags: what is no version is no candidate", "[hub]") {
  CHECK(chosen({"main", "v1", "v1.x", "v1.2-rc1", "release", "v1.2.3.4", "V1.2", "vv1.2", "v-1.2",
                "v1.", "v", "v99999999999.1"},
               "9.9") == "none");
  CHECK(chosen({"main", "v1.2"}, "9.9") == "v1.2");
}

TEST_CASE("tags: the order of the list and doubled names do not matter", "[hub]") {
  std::vector<std::string> names = {"v1.0", "1.7", "v1.7", "v1.7.0", "v1.15", "dev", "v1.8"};
  std::mt19937 random(1);
  for (int i = 0; i < 50; ++i) {
    std::shuffle(names.begin(), names.end(), random);
    CHECK(chosen(names, "1.7.5") == "v1.7");
    CHECK(chosen(names, "1.14") == "v1.8");
  }
}

TEST_CASE("tags: listed in their order for people", "[hub]") {
  const std::vector<Tag> tags = {{"v1.15", ""}, {"x", ""}, {"v1.7", ""}, {"v1.0", ""}};
  CHECK(version_list(tags) == "v1.0, v1.7, v1.15");
  CHECK(version_list({}) == "none");
}
