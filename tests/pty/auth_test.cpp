// `cactus auth` at a terminal: hidden input, the menu, consent, and the terminal's echo after a
// signal.
#include <signal.h>

#include <cstdlib>
#include <thread>

#include "tests/cli/accounts_place.h"

using namespace cactus;
using cactus::test::AccountsPlace;
using cactus::test::Terminal;
using cactus::test::test_keys;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A shell that runs `cactus ARGUMENTS`, says how it ended and what became of the terminal.
test::Launch in_shell(const AccountsPlace& place, const std::string& arguments) {
  const std::string script = "trap : INT; sh -c 'echo $$ > pid; exec \"$CACTUS\" " + arguments +
                             "'; echo ended $?; stty -a | tr ';' ' '";
  return {{"/bin/sh", "-c", script},
          "",
          place.with_providers({{"CACTUS", CACTUS_ECHO}}),
          place.folder.path()};
}

}  // namespace

TEST_CASE("auth: login at a terminal shows no key and asks for consent", "[cli][auth][pty]") {
  const AccountsPlace place;
  Terminal terminal(place.launch({"auth", "login", "anthropic"}));
  REQUIRE(terminal.expect("(not shown): "));
  terminal.type(test_keys().at("anthropic") + "\r");
  REQUIRE(terminal.expect("anthropic takes the key sk-ant-"));
  REQUIRE(terminal.expect("stored in"));
  REQUIRE(terminal.expect("1  model-a"));
  REQUIRE(terminal.expect("empty: none): "));
  terminal.type("claude-haiku-4-5\r");
  REQUIRE(terminal.expect("hand off to anthropic/claude-haiku-4-5 when unsure? [y/N] "));
  terminal.type("maybe\r");
  REQUIRE(terminal.expect("yes or no"));
  terminal.type("y\r");
  CHECK(terminal.wait() == 0);
  CHECK_FALSE(has(terminal.shown(), test_keys().at("anthropic").substr(8, 20)));
  CHECK(has(place.settings(), "enabled = true"));
  CHECK(has(place.settings(), "providers = [\"anthropic/claude-haiku-4-5\"]"));
}

TEST_CASE("auth: no is no, and an empty model asks nothing", "[cli][auth][pty]") {
  const AccountsPlace place;
  {
    Terminal terminal(place.launch({"auth", "login", "openai"}));
    REQUIRE(terminal.expect("(not shown): "));
    terminal.type(test_keys().at("openai") + "\r");
    REQUIRE(terminal.expect("empty: none): "));
    terminal.type("\r");
    CHECK(terminal.wait() == 0);
    CHECK_FALSE(has(place.settings(), "handoff"));
  }
  Terminal terminal(place.launch({"auth", "login", "openai"}));
  REQUIRE(terminal.expect("(not shown): "));
  terminal.type(test_keys().at("openai") + "\r");
  REQUIRE(terminal.expect("empty: none): "));
  terminal.type("2\r");
  REQUIRE(terminal.expect("hand off to openai/model-b when unsure?"));
  terminal.type("\r");
  CHECK(terminal.wait() == 0);
  CHECK(has(place.settings(), "model = \"model-b\""));
  CHECK_FALSE(has(place.settings(), "enabled"));
  CHECK_FALSE(has(place.settings(), "openai/model-b"));
}

TEST_CASE("auth: the menu leads to a login; nothing leaves it", "[cli][auth][pty]") {
  const AccountsPlace place;
  {
    Terminal terminal(place.launch({"auth"}));
    REQUIRE(terminal.expect("1  Anthropic"));
    REQUIRE(terminal.expect("cluster (your server)"));
    REQUIRE(terminal.expect("which one? "));
    terminal.type("99\r");
    REQUIRE(terminal.expect("a number from 1 to"));
    terminal.type("huggingface\r");
    REQUIRE(terminal.expect("(not shown): "));
    terminal.type(test_keys().at("huggingface") + "\r");
    REQUIRE(terminal.expect("stored in"));
    CHECK(terminal.wait() == 0);
  }
  Terminal terminal(place.launch({"auth"}));
  REQUIRE(terminal.expect("Hugging Face (downloads)  hf_Hu9g…"));
  REQUIRE(terminal.expect("which one? "));
  terminal.type("\r");
  CHECK(terminal.wait() == 0);
}

TEST_CASE("auth: a key is not shown on a terminal unless asked for", "[cli][auth][pty]") {
  const AccountsPlace place;
  const test::Environment set = {{"OPENAI_API_KEY", test_keys().at("openai")}};
  Terminal refused(place.launch({"auth", "token", "openai"}, "", set));
  CHECK(refused.wait() == 2);
  CHECK(has(refused.shown(), "--show"));
  CHECK_FALSE(has(refused.shown(), test_keys().at("openai")));
  Terminal shown(place.launch({"auth", "token", "openai", "--show"}, "", set));
  CHECK(shown.wait() == 0);
  CHECK(has(shown.shown(), test_keys().at("openai")));
}

TEST_CASE("auth: signals at the hidden prompt give the terminal its echo back",
          "[cli][auth][pty]") {
  const AccountsPlace place;
  struct Case {
    const char* name;
    int signal;  // 0: typed
    const char* keys;
    int code;
  };
  for (const Case& one : {Case{"Ctrl-C", 0, "\x03", 130}, Case{"SIGTERM", SIGTERM, "", 143},
                          Case{"SIGHUP", SIGHUP, "", 129}, Case{"Ctrl-D", 0, "\x04", 130}}) {
    INFO(one.name);
    Terminal terminal(in_shell(place, "auth login openai"));
    REQUIRE(terminal.expect("(not shown): "));
    if (one.signal != 0) kill(std::atoi(test::read_file(place.folder / "pid").c_str()), one.signal);
    terminal.type(one.keys);
    REQUIRE(terminal.expect("ended " + std::to_string(one.code)));
    REQUIRE(terminal.expect(" echoke"));
    CHECK(has(terminal.shown(), " echo "));
    CHECK_FALSE(has(terminal.shown(), "-echo "));
    terminal.wait();
  }
  // Ctrl-\ would leave a core file with what was typed.
  Terminal terminal(in_shell(place, "auth login openai"));
  REQUIRE(terminal.expect("(not shown): "));
  terminal.type("half-a-key\x1c");
  terminal.type("\x15" + test_keys().at("openai") + "\r");  // Ctrl-U: begin again
  REQUIRE(terminal.expect("openai takes the key"));
  REQUIRE(terminal.expect("empty: none): "));
  terminal.type("\r");
  REQUIRE(terminal.expect("ended 0"));
  CHECK_FALSE(has(terminal.shown(), "half-a-key"));
  terminal.wait();
}
