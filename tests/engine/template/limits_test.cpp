// Hostile templates and variables end in an error that names the limit, soon and without a crash.
#include "engine/base/json.h"
#include "engine/template/chat_template.h"
#include "tests/support/catch.h"

using namespace cactus;

namespace {

Error render_error(const std::string& source, const Json& variables = Json::object(),
                   const RenderLimits& limits = {}) {
  auto parsed = ChatTemplate::parse(source);
  if (!parsed) return parsed.error();
  auto rendered = (*parsed)->render(variables, limits);
  if (!rendered) return rendered.error();
  return make_error(ErrorKind::internal,
                    "rendered " + std::to_string(rendered->text.size()) + " bytes");
}

std::string repeat(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("template limits: time, size and depth of hostile templates", "[engine]") {
  const std::string loop = "{% for i in range(99999) %}";
  const std::string cases[] = {
      loop + loop + "{% endfor %}{% endfor %}",                      // steps
      loop + loop + loop + "x{% endfor %}{% endfor %}{% endfor %}",  // output or steps
      "{{ range(1000000000) }}",
      "{{ range(-9223372036854775807, 9223372036854775807) | list }}",
      "{{ 'a' * 1000000000000 }}",
      "{{ [1] * 1000000000000 }}",
      "{{ 'abc' | center(1000000000000) }}",
      "{{ 'abc'.ljust(9223372036854775807) }}",
      "{{ '%9999999999d' % 1 }}",
      "{{ '{:99999999999}'.format(1) }}",
      "{{ 'a' | indent(999999999999) }}",
      "{{ [1] | tojson(indent=99999999) }}",
      "{{ [1] | batch(999999999999) | list }}",
      "{{ 2 ** 64 }}",
      "{{ 9223372036854775807 + 1 }}",
      "{{ 9999999999999999999 }}",
      "{% set ns = namespace(s='ab') %}" + loop + "{% set ns.s = ns.s + ns.s %}{% endfor %}",
      "{% set ns = namespace(s=[1]) %}" + loop + "{% set ns.s = ns.s + ns.s %}{% endfor %}",
      "{% set ns = namespace(s=[1]) %}" + loop + "{% set ns.s = [ns.s] %}{% endfor %}",
      "{% set ns = namespace(s=[1]) %}" + loop +
          "{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
      "{% set ns = namespace(s={}) %}" + loop +
          "{% set ns.s = {'a': ns.s, 'b': ns.s} %}{% endfor %}{{ ns.s }}",
      "{% set ns = namespace(s=none) %}" + loop + "{% set ns.s = namespace(n=ns.s) %}{% endfor %}" +
          loop + "{% set ns.s = namespace(n=ns.s) %}{% endfor %}",
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
      "{% macro f() %}{% call f() %}{% endcall %}{% endmacro %}{{ f() }}",
      "{{ " + repeat("(", 100000) + "1" + repeat(")", 100000) + " }}",
      "{{ " + repeat("[", 100000),
      "{{ " + repeat("not ", 100000) + "1 }}",
      "{{ " + repeat("-", 100000) + "1 }}",
      "{{ 1" + repeat(" + 1", 100000) + " }}",
      "{{ 1" + repeat(" ** 1", 100000) + " }}",
      "{{ a" + repeat(".a", 100000) + " }}",
      "{{ a" + repeat("|trim", 100000) + " }}",
      "{{ a" + repeat("()", 100000) + " }}",
      "{{ 1" + repeat(" if 1 else 1", 100000) + " }}",
      repeat("{% if 1 %}", 100000) + repeat("{% endif %}", 100000),
      repeat("{% for a in b %}", 100000) + repeat("{% endfor %}", 100000),
      "{% for " + repeat("(", 100000) + "a" + repeat(")", 100000) + " in b %}{% endfor %}",
      "{{ " + repeat("{'a':", 100000),
      "{{ [[1]] | map" + repeat("('map'", 5000) + repeat(")", 5000) + " }}",
      "{{ '" + repeat("a", 1000) + "' | replace('a', '" + repeat("b", 100000) +
          "') | replace('b', '" + repeat("c", 100000) + "') }}",
  };
  for (const std::string& source : cases) {
    INFO(source.substr(0, 120));
    const Error error = render_error(source);
    CHECK(error.kind != ErrorKind::internal);
    CHECK(error.what.find("(line 1)") != std::string::npos);
    CHECK_FALSE(error.why.empty());
  }
}

TEST_CASE("template limits: what may hold itself is taken apart at the end", "[engine]") {
  // Leaks are what the address sanitizer's build would show.
  for (const char* source : {
           "{% set ns = namespace() %}{% set ns.self = ns %}{{ ns.self is defined }}",
           "{% set ns = namespace() %}{% macro m() %}{{ ns is defined }}{% endmacro %}{% set ns.m "
           "= m %}{{ m() }}",
           "{% for x in [1, 2] %}{{ loop.changed(loop) or true }}{% if loop.last %}{% endif %}{% "
           "endfor %}",
           "{% for x in [1] recursive %}{% set keep = loop %}{{ true }}{% endfor %}",
           "{% set c = cycler(1) %}{% set ns = namespace(c=c) %}{% set d = cycler(ns, c) %}{% set "
           "ns.d = d %}{{ ns.d is defined }}",
       }) {
    INFO(source);
    auto parsed = ChatTemplate::parse(source);
    REQUIRE(parsed);
    auto rendered = (*parsed)->render(Json::object());
    REQUIRE(rendered);
    CHECK(rendered->text.substr(0, 4) == "True");
  }
}

TEST_CASE("template limits: searches are linear in hostile texts", "[engine]") {
  // A quadratic search would take minutes here.
  const Json variables = {{"hay", repeat("a", 1 << 20)}, {"needle", repeat("a", 1 << 19) + "b"}};
  for (const char* test : {"needle in hay", "hay.find(needle) >= 0", "hay.rfind('b' ~ needle) >= 0",
                           "hay.count(needle) > 0", "hay.split(needle) | length > 1",
                           "hay.rsplit(needle) | length > 1", "hay.replace(needle, '') != hay",
                           "hay.rpartition(needle)[1]"}) {
    auto parsed = ChatTemplate::parse("{{ 1 if " + std::string(test) + " else 0 }}");
    REQUIRE(parsed);
    auto rendered = (*parsed)->render(variables);
    REQUIRE(rendered);
    CHECK(rendered->text == "0");
  }
}

TEST_CASE("template limits: a long conversation renders within its steps", "[engine]") {
  Json messages = Json::array();
  for (int i = 0; i < 20000; ++i) {
    messages.push_back(
        {{"role", i % 2 == 0 ? "user" : "assistant"}, {"content", repeat("word ", 40)}});
  }
  auto parsed = ChatTemplate::parse(
      "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] | trim + '\\n' }}{% endfor "
      "%}");
  REQUIRE(parsed);
  RenderLimits limits;
  limits.steps = 2'000'000;
  auto rendered = (*parsed)->render({{"messages", messages}}, limits);
  REQUIRE(rendered);
  CHECK(rendered->text.size() > 4'000'000);
  CHECK(rendered->user_spans.size() == 40000);
}

TEST_CASE("template limits: errors name the line, the kind and what was wrong", "[engine]") {
  const Error refused =
      render_error("a\n{% if true %}\n{{ raise_exception('only users') }}\n{% endif %}");
  CHECK(refused.kind == ErrorKind::usage);
  CHECK(refused.what == "the chat template refuses this conversation (line 3)");
  CHECK(refused.why == "only users");
  const Error missing = render_error("\n\n{{ messages[0].content }}");
  CHECK(missing.why == "'messages' is undefined");
  CHECK(missing.what.find("(line 3)") != std::string::npos);
  const Error syntax = render_error("{{ 1 }}\n{% wrong %}");
  CHECK(syntax.kind == ErrorKind::incompatible);
  CHECK(syntax.what.find("(line 2)") != std::string::npos);
  CHECK(render_error("{{ x | nofilter }}").kind == ErrorKind::incompatible);
  RenderLimits few;
  few.steps = 10;
  CHECK(render_error("{{ range(100) | list }}", Json::object(), few).kind == ErrorKind::resources);
  RenderLimits narrow;
  narrow.output_bytes = 10;
  CHECK(render_error("{{ 'a' * 11 }}", Json::object(), narrow).kind == ErrorKind::resources);
  CHECK(render_error("aaaaaaaaaaa", Json::object(), narrow).kind == ErrorKind::resources);
  Json deep = Json::array();
  for (int i = 0; i < 1000; ++i) deep = Json::array({deep});
  CHECK(render_error("{{ x }}", {{"x", deep}}).kind == ErrorKind::resources);
  CHECK(render_error("x", Json::array()).kind == ErrorKind::usage);
  // Found by fuzzing: the name of the argument that is missing.
  CHECK(render_error("{{ [1] | slice }}").why == "slice() misses its argument 'slices'");
  CHECK(ChatTemplate::parse("\xFF").error().why == "it is not UTF-8");
}
