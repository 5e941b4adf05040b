#include "hub/hf/parse.h"

#include "hub/hf/checks.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::hub;

namespace {

std::string entry(const std::string& path, const std::string& oid = std::string(40, 'a')) {
  return R"([{"type":"file","path":")" + path + R"(","size":3,"oid":")" + oid + R"("}])";
}

}  // namespace

TEST_CASE("parse: paths that leave the folder are refused", "[hub]") {
  REQUIRE(parse_tree(entry("a/b.txt")).ok());
  CHECK(parse_tree(entry("a/.gitattributes")).ok());
  for (const char* bad : {"../x", "a/../../x", "/etc/passwd", "a//b", ".", "a/.", "..", "a\\\\b",
                          "c:/x", "a\\u0000b", "a\\nb", "", "a/"}) {
    INFO(bad);
    const auto tree = parse_tree(entry(bad));
    REQUIRE_FALSE(tree.ok());
    CHECK(tree.error().kind == ErrorKind::incompatible);
  }
  CHECK_FALSE(is_safe_path(std::string(300, 'a')));
}

TEST_CASE("parse: sizes and checksums are what they must be", "[hub]") {
  CHECK_FALSE(parse_tree(entry("a", "../../x")).ok());
  CHECK_FALSE(parse_tree(entry("a", std::string(40, 'G'))).ok());
  CHECK_FALSE(parse_tree(entry("a", std::string(64, 'a'))).ok());
  const std::string oid(40, 'a');
  for (const char* size : {"-1", "1.5", "\"3\"", "null", "1e300", "18446744073709551615"}) {
    INFO(size);
    CHECK_FALSE(parse_tree(R"([{"type":"file","path":"a","size":)" + std::string(size) +
                           R"(,"oid":")" + oid + R"("}])")
                    .ok());
  }
  CHECK_FALSE(parse_tree(R"([{"type":"file","path":"a","size":1,"oid":")" + oid +
                         R"(","lfs":{"oid":"short","size":1}}])")
                  .ok());
}

TEST_CASE("parse: what is no answer of a hub", "[hub]") {
  for (const char* text : {"", "<html>", "{", "3", "null", "\"x\"", "{\"a\":[}"}) {
    INFO(text);
    CHECK_FALSE(parse_info(text).ok());
    CHECK_FALSE(parse_refs(text).ok());
    CHECK_FALSE(parse_tree(text).ok());
    CHECK_FALSE(parse_search(text).ok());
    CHECK_FALSE(parse_account(text).ok());
  }
  CHECK(parse_tree("{}").error().kind == ErrorKind::network);
}

TEST_CASE("parse: refs of impossible names are left out", "[hub]") {
  const std::string commit(40, '1');
  const auto refs = parse_refs(R"({"tags":[{"name":"../../x","targetCommit":")" + commit +
                               R"("},{"name":"v1.0","targetCommit":")" + commit +
                               R"("},{"name":"v2","targetCommit":"zz"}],"branches":3})");
  REQUIRE(refs.ok());
  REQUIRE(refs->tags.size() == 1);
  CHECK(refs->tags[0].name == "v1.0");
  CHECK(refs->branches.empty());
}

TEST_CASE("parse: links and etags", "[hub]") {
  CHECK(next_page(R"(<https://h/a?c=1>; rel="next")") == "https://h/a?c=1");
  CHECK(next_page(R"(<https://h/p>; rel="prev", <https://h/n>; rel="next")") == "https://h/n");
  CHECK(next_page(R"(<https://h/p>; rel="prev")").empty());
  CHECK(next_page("<<<>>").empty());
  CHECK(bare_etag("W/\"abc\"") == "abc");
  CHECK(bare_etag("abc") == "abc");
  CHECK(bare_etag("\"") == "\"");
}

TEST_CASE("parse: gates and licences", "[hub]") {
  const auto info =
      parse_info(R"({"id":"org/m","gated":"manual","tags":["license:apache-2.0"],"private":true})");
  REQUIRE(info.ok());
  CHECK(info->gate == Gate::manual);
  CHECK(info->licence == "apache-2.0");
  CHECK(info->is_private);
  CHECK(parse_info(R"({"id":"org/m","cardData":{"license":"mit"}})")->licence == "mit");
  CHECK_FALSE(parse_info(R"({"id":"../m"})").ok());
}
