#include "engine/template/render_cases.h"

#include "engine/base/json.h"
#include "tests/support/catch.h"

using namespace cactus;

TEST_CASE("render cases: texts, errors and defaults", "[engine]") {
  const auto parsed = ChatTemplate::parse(
      "{{ bos_token }}{% for m in messages %}{% if m.role == 'x' %}{{ raise_exception('no x') }}"
      "{% endif %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}>{% endif %}{{ mood }}");
  REQUIRE(parsed);
  const Json cases = {
      {{"messages", {{{"role", "user"}, {"content", "hi"}}}}, {"add_generation_prompt", true}},
      {{"messages", {{{"role", "x"}, {"content", "hi"}}}}},
      {{"messages", Json::array()}, {"bos_token", "<b>"}, {"mood", "!"}},
  };
  const auto texts = render_cases(**parsed, cases, {{"bos_token", "<s>"}});
  REQUIRE(texts);
  REQUIRE(texts->size() == 3);
  CHECK((*texts)[0] == "<s>hi>");
  CHECK((*texts)[1] ==
        Json({{"error", "the chat template refuses this conversation (line 1): no x"}}));
  CHECK((*texts)[2] == "<b>!");
  CHECK_FALSE(render_cases(**parsed, Json::object(), nullptr));
  CHECK_FALSE(render_cases(**parsed, Json::array({1}), nullptr));
}
