// Settings files, their precedence, and editing in place; did-you-mean; prompts.
#include "cli/settings.h"

#include <cstdlib>

#include "cli/exit_code.h"
#include "cli/prompt.h"
#include "cli/suggest.h"
#include "cli/terminal.h"
#include "cli/toml.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using namespace cactus::cli;

namespace {

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("suggest: near words only", "[cli]") {
  const std::vector<std::string> names = {"run", "config", "convert", "--temp", "--top-p"};
  CHECK(closest("conifg", names) == "config");
  CHECK(closest("covnert", names) == "convert");
  CHECK(closest("--tmep", names) == "--temp");
  CHECK(closest("rnu", names) == "run");
  CHECK(closest("banana", names) == "");
  CHECK(closest("x", names) == "");
  CHECK(edit_distance("abcd", "abdc") == 1);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("toml: values, sections, quotes, comments, lines", "[cli]") {
  const auto entries = toml::parse(
      "# top\nplain = 1\n[run]\ntemp = 0.7 # warm\nsystem = \"a \\\"b\\\" \\u00e9\"\n"
      "[providers.x]\nlist = ['a', \"b\"]\non = true\n\"quoted.key\".z = 1_000\n",
      "f");
  REQUIRE(entries);
  REQUIRE(entries->size() == 6);
  CHECK((*entries)[0].name == "plain");
  CHECK((*entries)[1].name == "run.temp");
  CHECK((*entries)[1].line == 4);
  CHECK((*entries)[1].value.kind == toml::Kind::number);
  CHECK((*entries)[2].value.text == "a \"b\" é");
  CHECK((*entries)[3].value.texts == std::vector<std::string>{"a", "b"});
  CHECK((*entries)[4].value.kind == toml::Kind::boolean);
  CHECK((*entries)[5].value.text == "1000");
}

TEST_CASE("toml: what is no TOML is refused with its line", "[cli]") {
  for (const char* bad :
       {"[run", "[[a]]", "x", "x =", "x = hello", "x = \"open", "x = 1 2", "x = \"\\q\"", "= 1",
        "x = [1]", "x = \"\\ud800\"", "x = -", "\xff = 1", "x = 1-2"}) {
    const auto parsed = toml::parse(std::string("a = 1\n") + bad, "file.toml");
    INFO(bad);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind == ErrorKind::usage);
    CHECK(parsed.error().what.rfind("file.toml:", 0) == 0);
  }
}

TEST_CASE("toml: editing keeps everything else", "[cli]") {
  const std::string text = "# mine\n[run]\ntemp = 0.5  # comment\n\n[ui]\ncolor = \"never\"\n";
  CHECK(*toml::set(text, "f", "run.temp", "0.9") ==
        "# mine\n[run]\ntemp = 0.9  # comment\n\n[ui]\ncolor = \"never\"\n");
  CHECK(*toml::set(text, "f", "run.top_k", "4") ==
        "# mine\n[run]\ntemp = 0.5  # comment\ntop_k = 4\n\n[ui]\ncolor = \"never\"\n");
  CHECK(*toml::set(text, "f", "alias.g", "\"m\"") == text + "\n[alias]\ng = \"m\"\n");
  CHECK(*toml::set("", "f", "run.temp", "1") == "[run]\ntemp = 1\n");
  CHECK(*toml::unset(text, "f", "run.temp") == "# mine\n[run]\n\n[ui]\ncolor = \"never\"\n");
  CHECK(*toml::unset(text, "f", "run.seed") == text);
  const std::string odd = "line\n\"quoted\"\\ \t\x01";
  CHECK(toml::parse("x = " + toml::quote(odd), "f")->at(0).value.text == odd);
}

TEST_CASE("settings: environment over --config over the user's file over defaults", "[cli]") {
  const test::TempDir folder;
  const Variable place("CACTUS_CONFIG_DIR", folder.path().string());
  test::write_file(folder / "config.toml",
                   "[run]\ntemp = 0.1\ntop_k = 5\n[ui]\nmarkdown = false\n");
  test::write_file(folder / "project.toml", "[run]\ntemp = 0.2\n");
  CHECK(*Settings::load()->number("run.temp") == 0.1);
  const auto project = Settings::load(folder / "project.toml");
  CHECK(*project->number("run.temp") == 0.2);
  CHECK(*project->integer("run.top_k") == 5);
  CHECK_FALSE(project->boolean("ui.markdown"));
  CHECK(*project->text("run.kv") == "int8");
  CHECK(project->all().at("run.kv").origin == "default");
  CHECK(project->all().at("run.top_k").origin == (folder / "config.toml").string() + ":3");
  const Variable temp("CACTUS_RUN_TEMP", "0.3");
  CHECK(*Settings::load(folder / "project.toml")->number("run.temp") == 0.3);
  CHECK(Settings::load()->all().at("run.temp").origin == "CACTUS_RUN_TEMP");
}

TEST_CASE("settings: unknown names warn, wrong values are refused", "[cli]") {
  const test::TempDir folder;
  const Variable place("CACTUS_CONFIG_DIR", folder.path().string());
  test::write_file(folder / "config.toml", "[run]\ntmep = 0.1\n");
  const auto settings = Settings::load();
  REQUIRE(settings->warnings().size() == 1);
  CHECK(settings->warnings()[0].find(":2: unknown setting 'run.tmep' – did you mean 'run.temp'?") !=
        std::string::npos);
  for (const char* bad : {"temp = \"warm\"", "temp = true", "top_k = 1.5", "kv = \"int3\"",
                          "think = \"yes\"", "system = 3"}) {
    test::write_file(folder / "config.toml", std::string("[run]\n") + bad + "\n");
    const auto refused = Settings::load();
    INFO(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::usage);
    CHECK(refused.error().what.find("config.toml:2") != std::string::npos);
  }
  test::write_file(folder / "config.toml", "");
  const Variable think("CACTUS_RUN_THINK", "maybe");
  CHECK_FALSE(Settings::load());
}

TEST_CASE("colour: the order of the variables, per stream", "[cli]") {
  CHECK(use_color(ColorMode::automatic, true));
  CHECK_FALSE(use_color(ColorMode::automatic, false));
  CHECK(use_color(ColorMode::always, false));
  const Variable no("NO_COLOR", "1");
  CHECK_FALSE(use_color(ColorMode::automatic, true));
  CHECK(use_color(ColorMode::always, true));
  const Variable cli_force("CLICOLOR_FORCE", "1");
  CHECK_FALSE(use_color(ColorMode::automatic, true));
  const Variable force("FORCE_COLOR", "1");
  CHECK(use_color(ColorMode::automatic, false));
}

TEST_CASE("exit codes: every kind of error has the documented one", "[cli]") {
  CHECK(exit_code(ErrorKind::internal) == 1);
  CHECK(exit_code(ErrorKind::usage) == 2);
  CHECK(exit_code(ErrorKind::not_found) == 3);
  CHECK(exit_code(ErrorKind::auth) == 4);
  CHECK(exit_code(ErrorKind::network) == 5);
  CHECK(exit_code(ErrorKind::incompatible) == 6);
  CHECK(exit_code(ErrorKind::resources) == 7);
  CHECK(exit_code(ErrorKind::policy) == 8);
  CHECK(exit_code(ErrorKind::cancelled) == 130);
}

TEST_CASE("prompt: words, files and standard input, instruction first", "[cli]") {
  const test::TempDir folder;
  test::write_file(folder / "a.txt", "from a file\n");
  const std::string file = (folder / "a.txt").string();
  const auto piped = [](const std::string& text) {
    return [text]() -> Result<std::string> { return text; };
  };
  const auto join = [&](const PromptInput& input, const std::string& text) {
    return assemble_prompt(input, true, piped(text))->text;
  };
  CHECK(join({{"sum", "up"}, "", {}}, "data\n") == "sum up\n\ndata");
  CHECK(join({{"sum", "-", "up"}, "", {}}, "data\n") == "sum data up");
  CHECK(join({{}, "", {}}, "only\n\n") == "only");
  CHECK(join({{"sum"}, "", {}}, "") == "sum");
  CHECK(join({{"sum"}, "", {file}}, "data") == "sum\n\nfrom a file\n\ndata");
  CHECK(join({{}, "--dashes", {}}, "") == "--dashes");
  CHECK(assemble_prompt({{"x"}, "", {}}, false, piped("unread"))->text == "x");
  // An image or a sound is attached, unless its place in the text is said.
  for (const std::string& bytes :
       {std::string("\x89PNG\r\n\x1a\n.."), std::string("RIFF....WAVEfmt ")}) {
    const auto attached = assemble_prompt({{"x"}, "", {}}, true, piped(bytes));
    REQUIRE(attached);
    CHECK(attached->text == "x");
    CHECK(attached->attached == bytes);
    CHECK_FALSE(assemble_prompt({{"x", "-"}, "", {}}, true, piped(bytes)));
  }
  for (const std::string& bytes : {std::string("%PDF-1.7"), std::string("GIF89a"),
                                   std::string("\xff\xfe"), std::string("a\0b", 3)}) {
    const auto refused = assemble_prompt({{"x"}, "", {}}, true, piped(bytes));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::usage);
  }
  CHECK(*text_or_file("@" + file) == "from a file");
  CHECK(*text_or_file("plain") == "plain");
  CHECK(text_or_file("@/nonexistent").error().kind == ErrorKind::not_found);
}

TEST_CASE("settings: lists from the file, the environment and config set", "[cli]") {
  const test::TempDir folder;
  const Variable place("CACTUS_CONFIG_DIR", folder.path().string());
  test::write_file(folder / "config.toml",
                   "[handoff]\nproviders = [\"a/b\", 'c/d']\n[providers.mine]\n"
                   "base_url = \"https://example.invalid\"\nkey_command = [\"op\", \"read it\"]\n");
  auto settings = Settings::load();
  REQUIRE(settings);
  CHECK(settings->warnings().empty());
  CHECK(settings->texts("handoff.providers") == std::vector<std::string>{"a/b", "c/d"});
  CHECK(settings->text("handoff.providers") == "a/b,c/d");
  CHECK(settings->texts("providers.mine.key_command") == std::vector<std::string>{"op", "read it"});
  {
    const Variable other("CACTUS_HANDOFF_PROVIDERS", " x/y , z/w");
    settings = Settings::load();
    REQUIRE(settings);
    CHECK(settings->texts("handoff.providers") == std::vector<std::string>{"x/y", "z/w"});
  }
  CHECK(*setting_literal(*find_setting("handoff.providers"), "a/b, c\"d") ==
        "[\"a/b\", \"c\\\"d\"]");
  CHECK(*setting_literal(*find_setting("handoff.providers"), "['a,b']") == "[\"a,b\"]");
  CHECK_FALSE(setting_literal(*find_setting("handoff.providers"), "[oops"));
  test::write_file(folder / "config.toml", "[handoff]\nproviders = \"a/b\"\n");
  CHECK_FALSE(Settings::load());
}

TEST_CASE("settings: sections of providers", "[cli]") {
  CHECK(find_setting("providers.mine.base_url") != nullptr);
  CHECK(find_setting("providers.my-own.price_input") != nullptr);
  for (const char* wrong : {"providers.mine", "providers..base_url", "providers.a.b.base_url",
                            "providers.mine.url", "providers."}) {
    INFO(wrong);
    CHECK(find_setting(wrong) == nullptr);
  }
}
