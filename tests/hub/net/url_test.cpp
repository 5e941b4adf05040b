#include "hub/net/url.h"

#include "tests/support/catch.h"

using namespace cactus::net;

TEST_CASE("url: parts, default ports, what is shown", "[hub]") {
  const auto url = parse_url("https://Hub.Example/a/b?X-Signature=secret#part");
  REQUIRE(url.ok());
  CHECK(url->host == "hub.example");
  CHECK(url->port == 443);
  CHECK(url->shown() == "https://hub.example");
  CHECK(url->text.find('#') == std::string::npos);
  CHECK(parse_url("http://[::1]:8080/x")->shown() == "http://[::1]:8080");
}

TEST_CASE("url: only web addresses without passwords", "[hub]") {
  for (const char* bad : {"", "ftp://host/x", "file:///etc/passwd", "https://", "/path", "host/x",
                          "https://user:pass@host/x", "javascript:alert(1)"}) {
    INFO(bad);
    CHECK_FALSE(parse_url(bad).ok());
  }
}

TEST_CASE("url: what counts as this machine", "[hub]") {
  CHECK(parse_url("http://127.0.0.1:1/")->loopback());
  CHECK(parse_url("http://localhost/")->loopback());
  CHECK(parse_url("http://[::1]/")->loopback());
  CHECK_FALSE(parse_url("http://127.0.0.1.evil.example/")->loopback());
  CHECK_FALSE(parse_url("http://localhost.evil.example/")->loopback());
}

TEST_CASE("url: where a Location leads", "[hub]") {
  const auto base = parse_url("https://hub.example/org/name/resolve/main/f");
  REQUIRE(base.ok());
  CHECK(resolve_url(*base, "/new/name?x=1")->text == "https://hub.example/new/name?x=1");
  CHECK(resolve_url(*base, "https://cdn.example:444/f")->port == 444);
  CHECK_FALSE(resolve_url(*base, "ftp://cdn.example/f").ok());
  CHECK(is_relative("/a:b"));
  CHECK(is_relative("a/b"));
  CHECK_FALSE(is_relative("//cdn.example/f"));
  CHECK_FALSE(is_relative("/\\cdn.example/f"));
  CHECK_FALSE(is_relative("https://hub.example/f"));
}

TEST_CASE("url: percent-encoding", "[hub]") {
  CHECK(percent_encode("refs/pr/1") == "refs%2Fpr%2F1");
  CHECK(percent_encode("a b/ü", "/") == "a%20b/%C3%BC");
}
