// Keys in memory: shown masked, wiped after the last holder.
#include "engine/base/secret.h"

#include <algorithm>
#include <type_traits>

#include "tests/support/catch.h"

using cactus::Secret;

namespace {
template <class T, class = void>
struct streams : std::false_type {};
template <class T>
struct streams<T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<T>())>>
    : std::true_type {};
}  // namespace

TEST_CASE("secret: cannot be streamed or turned into text without saying so", "[engine]") {
  STATIC_REQUIRE(streams<std::string>::value);
  STATIC_REQUIRE_FALSE(streams<Secret>::value);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string_view>);
}

TEST_CASE("secret: shows the first 7 and the last 4 bytes of long keys only", "[engine]") {
  CHECK(Secret("sk-test-abcdefghij12345678").masked() == "sk-test…5678");
  CHECK(Secret("12345678901234567890123").masked() == "1234567…0123");
  CHECK(Secret("1234567890123456789012").masked() == "…");
  CHECK(Secret("short").masked() == "…");
  CHECK(Secret().masked() == "…");
}

TEST_CASE("secret: copies share the text, equality compares it", "[engine]") {
  std::string text = "a-key-of-some-length-0123456789";
  const Secret first = Secret::take(text);
  CHECK(text.empty());
  const Secret second = first;
  CHECK(second.expose().data() == first.expose().data());
  CHECK(second.expose() == "a-key-of-some-length-0123456789");
  CHECK(second.expose().data()[second.size()] == '\0');
  CHECK(first == Secret("a-key-of-some-length-0123456789"));
  CHECK_FALSE(first == Secret("a-key-of-some-length-0123456780"));
  CHECK_FALSE(first == Secret("a-key"));
  CHECK(Secret() == Secret(""));
  CHECK(Secret().empty());
}

TEST_CASE("secret: take and wipe overwrite the bytes that were there", "[engine]") {
  for (const std::size_t size : {5u, 15u, 16u, 200u}) {
    std::string text(size, 'k');
    const char* const bytes = text.data();
    const Secret secret = Secret::take(text);
    CHECK(secret.size() == size);
    // The string still owns its buffer: reading within its capacity is allowed.
    REQUIRE(text.data() == bytes);
    CHECK(std::count(bytes, bytes + size, 'k') == 0);
  }
}
