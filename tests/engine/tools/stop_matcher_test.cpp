#include "engine/tools/stop_matcher.h"

#include "tests/support/catch.h"

using namespace cactus;

namespace {

std::string run(const std::vector<std::string>& stops, const std::vector<std::string>& pieces) {
  StopMatcher matcher(stops);
  std::string out;
  for (const auto& piece : pieces) out += matcher.feed(piece);
  out += matcher.finish();
  return out + (matcher.stopped() ? "|" : "");
}

}  // namespace

TEST_CASE("stop texts: cut exactly, in every split", "[engine]") {
  struct Case {
    std::vector<std::string> stops;
    std::string text, expected;
  };
  const std::vector<Case> cases = {
      {{"STOP"}, "go on STOP here", "go on |"},
      {{"STOP"}, "go on STO", "go on STO"},
      {{"\n\n"}, "a\nb\n\nc", "a\nb|"},
      {{"aab"}, "aaaab!", "aa|"},
      {{"b", "abcd"}, "xabcd", "xa|"},
      {{"cd", "abcd"}, "xabcd", "x|"},
      {{"", "é"}, "caféx", "caf|"},
      {{}, "anything", "anything"},
      {{"x"}, "", ""},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(run(c.stops, {c.text}) == c.expected);
    for (std::size_t a = 0; a <= c.text.size(); ++a) {
      for (std::size_t b = a; b <= c.text.size(); ++b) {
        CHECK(run(c.stops, {c.text.substr(0, a), c.text.substr(a, b - a), c.text.substr(b)}) ==
              c.expected);
      }
    }
  }
}

TEST_CASE("stop texts: only what may begin one is held back", "[engine]") {
  StopMatcher matcher({"<end>"});
  CHECK(matcher.feed("abc") == "abc");
  CHECK(matcher.feed("x<e") == "x");
  CHECK(matcher.feed("x") == "<ex");
  CHECK(matcher.feed("<end>tail") == "");
  CHECK(matcher.stopped());
  CHECK(matcher.feed("more") == "");
  CHECK(matcher.finish() == "");
}
