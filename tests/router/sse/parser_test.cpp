#include "router/sse/parser.h"

#include <vector>

#include "tests/support/catch.h"

using namespace cactus::sse;

namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

// Feeds `text` in pieces of `step` bytes.
Events parse(std::string_view text, std::size_t step) {
  Parser parser;
  Events events;
  const auto sink = [&](const Event& event) {
    events.emplace_back(event.type, event.data);
    return true;
  };
  for (std::size_t i = 0; i < text.size(); i += step) parser.feed(text.substr(i, step), sink);
  parser.finish(sink);
  return events;
}

void check(std::string_view text, const Events& expected) {
  for (const std::size_t step : {1u, 2u, 3u, 7u, 1000u}) {
    INFO(text << " in pieces of " << step);
    CHECK(parse(text, step) == expected);
  }
}

}  // namespace

TEST_CASE("sse: lines end with LF, CRLF or CR", "[router]") {
  check("data: a\n\ndata: b\n\n", {{"", "a"}, {"", "b"}});
  check("data: a\r\n\r\ndata: b\r\n\r\n", {{"", "a"}, {"", "b"}});
  check("data: a\r\rdata: b\r\r", {{"", "a"}, {"", "b"}});
  check("data: a\r\n\ndata: b\n\r\n", {{"", "a"}, {"", "b"}});
}

TEST_CASE("sse: fields, comments and data of several lines", "[router]") {
  check("event: ping\ndata: {}\n\n", {{"ping", "{}"}});
  check(": OPENROUTER PROCESSING\n\n: keep-alive\ndata: a\n\n", {{"", "a"}});
  check("data: a\ndata: b\ndata:\n\n", {{"", "a\nb\n"}});
  check("data:a\n\ndata:  b\n\n", {{"", "a"}, {"", " b"}});
  check("data\n\n", {{"", ""}});
  check("id: 3\nretry: 10\nother: x\ndata: a\n\n", {{"", "a"}});
  check("event: lonely\n\ndata: a\n\n", {{"", "a"}});
  check("data: a:b: c\n\n", {{"", "a:b: c"}});
  check("\n\n\n", {});
}

TEST_CASE("sse: the last event may lack its blank line, and even its line end", "[router]") {
  check("data: a\n\ndata: b\n", {{"", "a"}, {"", "b"}});
  check("data: a\n\ndata: b", {{"", "a"}, {"", "b"}});
  check("data: a\n\n: comment", {{"", "a"}});
}

TEST_CASE("sse: a byte order mark and invalid UTF-8", "[router]") {
  check(
      "\xEF\xBB\xBF"
      "data: a\n\n",
      {{"", "a"}});
  check("data: \xC3\xA9\xF0\x9F\x98\x80\n\n", {{"", "\xC3\xA9\xF0\x9F\x98\x80"}});
  check(
      "data: a\xFF"
      "b\n\n",
      {{"",
        "a\xEF\xBF\xBD"
        "b"}});
}

TEST_CASE("sse: an event that never ends is refused", "[router]") {
  const auto keep = [](const Event&) { return true; };
  {
    Parser parser(1000);  // one endless line
    bool going = true;
    for (int i = 0; i < 100 && going; ++i) going = parser.feed("data: 0123456789", keep);
    CHECK_FALSE(going);
    CHECK(parser.too_large());
    CHECK_FALSE(parser.feed("\n\n", keep));
  }
  {
    Parser parser(1000);  // endless lines of one event
    bool going = true;
    for (int i = 0; i < 200 && going; ++i) going = parser.feed("data: 0123456789\n", keep);
    CHECK_FALSE(going);
    CHECK(parser.too_large());
  }
  {
    Parser parser(1000);  // many events, each small
    for (int i = 0; i < 200; ++i) REQUIRE(parser.feed("data: 0123456789\n\n: comment\n", keep));
  }
}

TEST_CASE("sse: a sink that has enough gets nothing more", "[router]") {
  Parser parser;
  int seen = 0;
  const auto once = [&](const Event&) {
    ++seen;
    return false;
  };
  CHECK_FALSE(parser.feed("data: a\n\ndata: b\n\n", once));
  CHECK_FALSE(parser.feed("data: c\n\n", once));
  CHECK_FALSE(parser.finish(once));
  CHECK(seen == 1);
  CHECK_FALSE(parser.too_large());
}
