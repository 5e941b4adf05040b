// A chat in a pseudo-terminal: keys, signals, pasting, commands. The model echoes
// (tests/cli/echo_services.h).
#include <signal.h>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

using namespace cactus;
using cactus::test::Terminal;

namespace {

constexpr char kPrompt[] = ">>> ";
constexpr char kCtrlC[] = "\x03", kCtrlD[] = "\x04";

struct Place {
  explicit Place() {
    std::filesystem::create_directories(folder / "m");
    test::write_file(folder / "m/cactus.json", "{}");
  }
  test::Launch launch(std::vector<std::string> arguments,
                      test::Environment environment = {}) const {
    arguments.insert(arguments.begin(), CACTUS_ECHO);
    environment.emplace("NO_COLOR", "1");
    return {std::move(arguments), "", std::move(environment), folder.path()};
  }
  std::string history() const { return test::read_file(folder / "state/history"); }
  test::TempDir folder;
};

}  // namespace

TEST_CASE("chat: a question, an answer, Ctrl-D", "[cli][pty]") {
  const Place place;
  Terminal terminal(place.launch({"run", "m"}));
  REQUIRE(terminal.expect("/help for commands"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("hello there\r");
  REQUIRE(terminal.expect("hello there"));  // as typed
  REQUIRE(terminal.expect("hello there"));  // the answer
  REQUIRE(terminal.expect("local · "));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type(kCtrlD);
  CHECK(terminal.wait() == 0);
  CHECK(place.history() == "\"hello there\"\n");
}

TEST_CASE("chat: Ctrl-C stops the answer and not the program", "[cli][pty]") {
  const Place place;
  Terminal terminal(place.launch({"chat", "m"}));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("!slow 1000\r");
  REQUIRE(terminal.expect("1 2 3 "));
  terminal.type(kCtrlC);
  REQUIRE(terminal.expect("[interrupted]"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("/history\r");
  REQUIRE(terminal.expect("assistant: 1 2 3 "));  // the partial answer is kept
  REQUIRE(terminal.expect("[interrupted]"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("half a line");
  REQUIRE(terminal.expect("half a line"));
  terminal.type(kCtrlC);
  REQUIRE(terminal.expect("Ctrl-D leaves"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("/exit\r");
  CHECK(terminal.wait() == 0);
}

TEST_CASE("chat: an error in a turn does not end it, and the turn is forgotten", "[cli][pty]") {
  const Place place;
  Terminal terminal(place.launch({"chat", "m"}));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("!fail\r");
  REQUIRE(terminal.expect("error: the prompt is too long"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("!count\r");
  REQUIRE(terminal.expect("!count"));
  REQUIRE(terminal.expect("1\r\n"));  // one message: the failed question is gone
  terminal.type("/hlp\r");
  REQUIRE(terminal.expect("did you mean '/help'?"));
  terminal.type("/quit\r");
  CHECK(terminal.wait() == 0);
}

TEST_CASE("chat: several lines by paste, Ctrl-J, Alt-Enter and a block", "[cli][pty]") {
  const Place place;
  Terminal terminal(place.launch({"chat", "m"}));
  REQUIRE(terminal.expect("\x1b[?2004h"));  // bracketed paste is on
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("\x1b[200~one\rtwo\nthree\x1b[201~ end\r");
  REQUIRE(terminal.expect("local · "));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("four\nfive\x1b\rsix\r");
  REQUIRE(terminal.expect("local · "));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("\"\"\"seven\r");
  REQUIRE(terminal.expect("... "));
  terminal.type("eight\"\"\"\r");
  REQUIRE(terminal.expect("seven\r\neight"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type(kCtrlD);
  CHECK(terminal.wait() == 0);
  CHECK(place.history() ==
        "\"one\\ntwo\\nthree "
        "end\"\n\"four\\nfive\\nsix\"\n\"\\\"\\\"\\\"seven\"\n\"eight\\\"\\\"\\\"\"\n");
}

TEST_CASE("chat: what is typed ahead arrives, history comes back with the arrow", "[cli][pty]") {
  const Place place;
  Terminal terminal(place.launch({"chat", "m"}));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("!slow 15\r");
  REQUIRE(terminal.expect("1 2 "));
  terminal.type("ahead\r");
  REQUIRE(terminal.expect("local · "));
  REQUIRE(terminal.expect("ahead"));
  REQUIRE(terminal.expect("local · "));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("\x1b[A");
  REQUIRE(terminal.expect("ahead"));
  terminal.type(" again\r");
  REQUIRE(terminal.expect("local · "));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("/sho\t");
  REQUIRE(terminal.expect("w "));
  terminal.type("info\r");
  REQUIRE(terminal.expect("model: m int4"));
  terminal.type(kCtrlD);
  CHECK(terminal.wait() == 0);
  CHECK(place.history() == "\"!slow 15\"\n\"ahead\"\n\"ahead again\"\n\"/show info\"\n");
}

TEST_CASE("chat: escape sequences of a model never reach the terminal", "[cli][pty]") {
  const Place place;
  Terminal terminal(place.launch({"chat", "m"}));
  REQUIRE(terminal.expect(kPrompt));
  // ESC ] 0 ; x BEL, ESC [ 2 J, and "ok"
  terminal.type("!raw 1b5d303b7807611b5b324a6f6b\r");
  REQUIRE(terminal.expect("aok"));
  CHECK(terminal.shown().find("\x1b]0;x") == std::string::npos);
  CHECK(terminal.shown().find("\x1b[2J") == std::string::npos);
  terminal.type("/clear\r/save one\r/load\r");
  REQUIRE(terminal.expect("saved as 'one'"));
  terminal.type(kCtrlD);
  CHECK(terminal.wait() == 0);
}

TEST_CASE("chat: the terminal changes its size, the process is told to end", "[cli][pty]") {
  const Place place;
  for (const auto& [signal, code] : {std::pair{SIGTERM, 143}, {SIGHUP, 129}}) {
    Terminal terminal(place.launch({"chat", "m"}));
    REQUIRE(terminal.expect(kPrompt));
    terminal.resize(40, 10);
    terminal.type("still here\r");
    REQUIRE(terminal.expect("local · "));
    REQUIRE(terminal.expect(kPrompt));
    terminal.send(signal);
    CHECK(terminal.wait() == code);
  }
}

TEST_CASE("chat: an editor for the line, and for the last question", "[cli][pty]") {
  const Place place;
  Terminal terminal(place.launch({"chat", "m"}, {{"EDITOR", "sed -i s/cat/dog/"}}));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("a cat and a cat\x07");
  REQUIRE(terminal.expect("a dog and a cat"));
  terminal.type("\r");
  REQUIRE(terminal.expect("local · "));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("/edit\r");
  REQUIRE(terminal.expect("> a dog and a dog"));
  REQUIRE(terminal.expect("a dog and a dog"));
  terminal.type(kCtrlD);
  CHECK(terminal.wait() == 0);
}

TEST_CASE("cactus alone on a terminal: short help and what there is", "[cli][pty]") {
  const Place place;
  Terminal terminal(place.launch({}));
  CHECK(terminal.expect("Usage"));
  CHECK(terminal.expect("no models installed"));
  CHECK(terminal.expect("the model inside cactus works offline"));
  CHECK(terminal.wait() == 0);
}

TEST_CASE("run: on a terminal Markdown is styled, and a second Ctrl-C leaves", "[cli][pty]") {
  const Place place;
  Terminal styled(place.launch({"run", "m", "a", "**bold**"}, {{"NO_COLOR", ""}}));
  CHECK(styled.expect("a \x1b[1mbold\x1b[22m\r\n"));
  CHECK(styled.wait() == 0);
  Terminal plain(place.launch({"run", "m", "--plain", "a", "**bold**"}, {{"NO_COLOR", ""}}));
  CHECK(plain.expect("a **bold**\r\n"));
  CHECK(plain.wait() == 0);
  Terminal deaf(place.launch({"run", "m", "!deaf", "1000"}));
  REQUIRE(deaf.expect("1 2 "));
  deaf.type(kCtrlC);
  REQUIRE(deaf.expect("7 "));
  deaf.type(kCtrlC);
  CHECK(deaf.wait() == 130);
}
