#include "cli/redact.h"

#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::cli;

TEST_CASE("redact: remembered values are masked wherever they stand", "[cli]") {
  const Secret key("a key of a company's own server");
  redact::remember(key);
  CHECK(redact::text(
            "401 for 'a key of a company's own server' and a key of a company's own server") ==
        "401 for 'a key o…rver' and a key o…rver");
  const Error shown =
      redact::error(make_error(ErrorKind::auth, std::string(key.expose()),
                               std::string(key.expose()), std::string(key.expose())));
  CHECK(shown.kind == ErrorKind::auth);
  for (const std::string& part : {shown.what, shown.why, shown.fix}) CHECK(part == "a key o…rver");
}

TEST_CASE("redact: very short values do not tear up ordinary text", "[cli]") {
  redact::remember(Secret("the"));
  redact::remember(Secret());
  CHECK(redact::text("the answer") == "the answer");
}
