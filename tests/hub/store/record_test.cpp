#include "hub/store/record.h"

#include "engine/base/json.h"
#include "tests/hub/store/sample_record.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using namespace cactus::hub;

TEST_CASE("records: what is written is read", "[hub]") {
  const test::TempDir dir;
  Record r = test::sample_record();
  r.pinned = true;
  r.licence = "gemma \"quoted\"";
  r.bundle = "/cache/x";
  REQUIRE(save_record(dir.path(), r).ok());
  const auto read = read_record(dir.path());
  REQUIRE(read.ok());
  CHECK(write_record(*read) == write_record(r));
  CHECK(read->pinned);
  CHECK(r.folder() == "int4-v1.15-0123456789ab");
  CHECK(read_record(dir / "none").error().kind == ErrorKind::not_found);
}

TEST_CASE("records: what is none is refused", "[hub]") {
  const std::string good = write_record(test::sample_record());
  REQUIRE(parse_record(good, "install.json").ok());
  for (std::size_t n = 0; n + 3 < good.size(); ++n)
    CHECK_FALSE(parse_record(std::string_view(good).substr(0, n), "install.json").ok());
  const auto with = [&](const char* key, const Json& value) {
    Json json = *parse_json(good, "");
    json[key] = value;
    return parse_record(dump_json(json), "install.json");
  };
  CHECK(with("unknown", 1).ok());
  for (const auto& [key, value] : std::vector<std::pair<const char*, Json>>{
           {"v", 2},
           {"name", "../evil"},
           {"name", 7},
           {"repository", "a/b/../c"},
           {"variant", "int4/../.."},
           {"commit", "0123"},
           {"commit", "../../../../../../../../../../../../etc/"},
           {"format", "1.15/../.."},
           {"revision", "../x"},
           {"tag", "-"},
           {"bundle", "relative"},
           {"name", nullptr}}) {
    INFO(key << " " << value);
    const auto record = with(key, value);
    REQUIRE_FALSE(record.ok());
    CHECK(record.error().kind == ErrorKind::incompatible);
  }
}
