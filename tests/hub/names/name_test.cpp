#include "hub/names/name.h"

#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::hub;

TEST_CASE("names: what people call a model", "[hub]") {
  struct Case {
    const char* text;
    ModelName name;
  };
  for (const Case& c : {
           Case{"google/gemma-4-E2B-it", {"google/gemma-4-E2B-it", "", ""}},
           Case{"hf:google/gemma-4-E2B-it:int8", {"google/gemma-4-E2B-it", "int8", ""}},
           Case{"a/b:fp16@main", {"a/b", "f16", "main"}},
           Case{"a/b@v1.15", {"a/b", "", "v1.15"}},
           Case{"a/b:int4@refs/pr/3", {"a/b", "int4", "refs/pr/3"}},
           Case{"A_b.c/d.e-f_g@0123456789abcdef0123456789abcdef01234567",
                {"A_b.c/d.e-f_g", "", "0123456789abcdef0123456789abcdef01234567"}},
           Case{"https://huggingface.co/Qwen/Qwen3-0.6B", {"Qwen/Qwen3-0.6B", "", ""}},
           Case{"https://huggingface.co/Qwen/Qwen3-0.6B/tree/dev/", {"Qwen/Qwen3-0.6B", "", "dev"}},
       }) {
    INFO(c.text);
    const auto name = parse_name(c.text);
    REQUIRE(name.ok());
    CHECK(*name == c.name);
    CHECK(*parse_name(name->text()) == *name);
  }
}

TEST_CASE("names: what is none is refused, with the reason", "[hub]") {
  for (const std::string text :
       {"", "model", "a/", "/b", "a/b/c", "a//b", "a/b:int5", "a/b:", "a/b@", "a/b@../x", "a/b@-x",
        "a/b@x..y", "a/b@a b", "a/b@/x", "a/../b", "../b", "a/..", "a/.b", "a/b.", "-a/b", "a/b-",
        "a/b--c", "a--b/c", "a/b..c", "a/b.git", "a/b c", "a/b\nc", "a/bé", "a\\b/c", "a/b%2e",
        "a/b@x\ny", "a/b@x.lock", "hf:"}) {
    INFO(text);
    const auto name = parse_name(text);
    REQUIRE_FALSE(name.ok());
    CHECK(name.error().kind == ErrorKind::usage);
    CHECK_FALSE(name.error().why.empty());
  }
  CHECK_FALSE(parse_name("a/" + std::string(97, 'x')).ok());
  CHECK(parse_name("a/" + std::string(96, 'x')).ok());
  CHECK_FALSE(parse_name("a/b@" + std::string(256, 'x')).ok());
  CHECK_FALSE(parse_name(std::string("a/b\0c", 5)).ok());
}

TEST_CASE("names: paths are told from names", "[hub]") {
  for (const char* path : {".", "..", "./a/b", "../a", "/a/b", "~/a", "~"}) CHECK(is_path(path));
  for (const char* name : {"a/b", "a", "hf:a/b", ".a/b"}) CHECK_FALSE(is_path(name));
}

TEST_CASE("names: small things", "[hub]") {
  CHECK(folder_of("google/gemma-4") == "google--gemma-4");
  CHECK(same_ignoring_case("Google/Gemma", "google/gEMMA"));
  CHECK_FALSE(same_ignoring_case("a", "ab"));
  CHECK(bits_of("int4") == 4);
  CHECK(bits_of("int8") == 8);
  CHECK(bits_of("f16") == 16);
  CHECK(bits_of("q4") == 0);
  CHECK(is_commit_prefix("0123abc"));
  CHECK_FALSE(is_commit_prefix("0123ab"));
  CHECK_FALSE(is_commit_prefix("0123abg"));
}
