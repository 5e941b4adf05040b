// Every filter, test, method and statement against what Python's jinja2 makes of it
// (tests/fixtures/templates, written by make_cases.py there).
#include <fstream>
#include <iterator>

#include "engine/base/json.h"
#include "engine/template/chat_template.h"
#include "tests/support/catch.h"

using namespace cactus;

TEST_CASE("template: our templates render as Python's jinja2 does", "[engine]") {
  std::ifstream in(CACTUS_FIXTURES "/templates/cases.json", std::ios::binary);
  const auto fixture =
      parse_json(std::string{std::istreambuf_iterator<char>(in), {}}, "cases.json");
  REQUIRE(fixture);
  const Json& variables = fixture->at("variables");
  int rendered_count = 0, refused_count = 0;
  for (const Json& c : fixture->at("cases")) {
    const auto source = c.at("template").get<std::string>();
    INFO(source);
    const auto parsed = ChatTemplate::parse(source);
    if (c.contains("error")) {
      ++refused_count;
      INFO("Python: " << c.at("error").get<std::string>());
      if (!parsed) {
        CHECK(parsed.error().kind == ErrorKind::incompatible);
        continue;
      }
      const auto rendered = (*parsed)->render(variables);
      if (rendered) UNSCOPED_INFO("rendered: " << rendered->text);
      CHECK_FALSE(rendered);
      continue;
    }
    ++rendered_count;
    if (!parsed) {
      FAIL_CHECK(parsed.error().what << ": " << parsed.error().why);
      continue;
    }
    const auto rendered = (*parsed)->render(variables);
    if (!rendered) {
      FAIL_CHECK(rendered.error().what << ": " << rendered.error().why);
      continue;
    }
    CHECK(rendered->text == c.at("rendered").get<std::string>());
  }
  CHECK(rendered_count > 80);
  CHECK(refused_count > 60);
}
