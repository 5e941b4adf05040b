#include "engine/base/utf8.h"

#include "tests/support/catch.h"

using namespace cactus;

TEST_CASE("utf8: whole code points decode to themselves", "[engine]") {
  for (char32_t c : {U'a', U'é', U'€', U'😀', char32_t{0x10FFFF}, char32_t{0xD7FF}}) {
    std::string text;
    utf8::append(text, c);
    const auto d = utf8::decode(text);
    CHECK(d.valid);
    CHECK(d.code_point == c);
    CHECK(d.length == text.size());
  }
}

TEST_CASE("utf8: invalid bytes become one replacement for each maximal part", "[engine]") {
  CHECK(utf8::sanitize("a\xC0\xAF" "b") == "a\uFFFD\uFFFDb");          // overlong
  CHECK(utf8::sanitize("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");       // surrogate
  CHECK(utf8::sanitize("\xF0\x9F\x98") == "\uFFFD");                   // cut short
  CHECK(utf8::sanitize("\xF4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(utf8::sanitize("é😀") == "é😀");
  CHECK_FALSE(utf8::is_valid("\xFF"));
}

TEST_CASE("utf8: an incomplete tail is held back, an invalid one is not", "[engine]") {
  CHECK(utf8::incomplete_tail("abc") == 0);
  CHECK(utf8::incomplete_tail("abc\xC3") == 1);
  CHECK(utf8::incomplete_tail("abc\xF0\x9F\x98") == 3);
  CHECK(utf8::incomplete_tail("abc\xF0\x9F\x98\x80") == 0);
  CHECK(utf8::incomplete_tail("\x80\x80") == 0);
  CHECK(utf8::incomplete_tail("\xE0\x80") == 0);
  CHECK(utf8::incomplete_tail("") == 0);
}
