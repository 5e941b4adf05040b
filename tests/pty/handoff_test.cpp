// The hand-off on a terminal: what is withdrawn stays above, what stands follows; asking first.
#include <thread>

#include "engine/base/json.h"
#include "tests/support/catch.h"
#include "tests/support/handoff_place.h"

using namespace cactus;
using namespace cactus::test;

namespace {

constexpr char kPrompt[] = ">>> ", kCtrlC[] = "\x03", kCtrlD[] = "\x04";
const std::string kLine = "↗ 0.20 < 0.70 → anthropic/claude-sonnet-5";
const std::string kCloudText = ScriptedAnswer().text;

void wait_for_requests(const ProviderServer& server, std::size_t count) {
  for (int i = 0; i < 1000 && server.requests().size() < count; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE(server.requests().size() == count);
}

}  // namespace

TEST_CASE("chat: an unsure answer stays above, the cloud's follows, history keeps it",
          "[router][pty]") {
  HandoffPlace place;
  Terminal terminal(place.launch(CACTUS_ECHO, {"chat", "m"}));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("!sure 0.2 local words\r");
  REQUIRE(terminal.expect("local words\r\n"));  // as typed
  REQUIRE(terminal.expect("local words\r\n"));  // as answered, whole, with the end of its line
  REQUIRE(terminal.expect(kLine));
  REQUIRE(terminal.expect(kCloudText + "\r\n"));
  REQUIRE(terminal.expect("cloud anthropic/claude-sonnet-5 (0.20) · "));
  REQUIRE(terminal.expect("12→7 tok"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("/why\r");
  REQUIRE(terminal.expect("reason: 0.20 < 0.70"));
  REQUIRE(terminal.expect("asked: anthropic/claude-sonnet-5"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("/history\r");
  REQUIRE(terminal.expect("assistant: " + kCloudText));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("!sure 0.9 certain\r");
  REQUIRE(terminal.expect("local 0.90"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("/cloud now\r");  // the last question again, there
  REQUIRE(terminal.expect("asked for with --cloud → anthropic"));
  REQUIRE(terminal.expect(kCloudText));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("/local\r");
  REQUIRE(terminal.expect("hand-off: off"));
  terminal.type("!sure 0.2 stays\r");
  REQUIRE(terminal.expect("local 0.20"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("/cloud on\r");
  REQUIRE(terminal.expect("hand-off: auto"));
  REQUIRE(terminal.expect("anthropic/claude-sonnet-5"));
  terminal.type("/cloud maybe\r");
  REQUIRE(terminal.expect("it is on, off, ask or now"));
  terminal.type(kCtrlD);
  CHECK(terminal.wait() == 0);
  CHECK(place.server.requests().size() == 2);
}

TEST_CASE("chat: a cloud that fails in the middle is withdrawn, and the local answer comes again",
          "[router][pty]") {
  HandoffPlace place(Fault::cut);
  Terminal terminal(place.launch(CACTUS_ECHO, {"chat", "m"}));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("!sure 0.2 local words\r");
  REQUIRE(terminal.expect(kLine));
  REQUIRE(terminal.expect("; the local answer stands"));
  REQUIRE(terminal.expect("local words\r\n"));
  REQUIRE(terminal.expect("local 0.20"));
  REQUIRE(terminal.expect(kPrompt));
  place.server.set_fault(Fault::unauthorized);
  terminal.type("!sure 0.2 more words\r");
  REQUIRE(terminal.expect("more words\r\n"));
  REQUIRE(terminal.expect("more words\r\n"));
  REQUIRE(terminal.expect(kLine));
  REQUIRE(terminal.expect("; the local answer above stands"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type(kCtrlD);
  CHECK(terminal.wait() == 0);
}

TEST_CASE("chat: Ctrl-C while the cloud is asked keeps the session and the local answer",
          "[router][pty]") {
  HandoffPlace place(Fault::stall_first);
  Terminal terminal(place.launch(CACTUS_ECHO, {"chat", "m"}));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("!sure 0.2 local words\r");
  REQUIRE(terminal.expect(kLine));
  wait_for_requests(place.server, 1);
  terminal.type(kCtrlC);
  REQUIRE(terminal.expect("[interrupted; the local answer stands]"));
  REQUIRE(terminal.expect(kPrompt));
  place.server.set_fault(Fault::none);
  terminal.type("!all\r");
  REQUIRE(terminal.expect("!sure 0.2 local words|local words|!all"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type(kCtrlD);
  CHECK(terminal.wait() == 0);
}

TEST_CASE("ask: shows what would leave, and only y sends", "[router][pty]") {
  HandoffPlace place;
  Terminal terminal(place.launch(CACTUS_ECHO, {"chat", "m", "--handoff", "ask"}));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("!sure 0.2 mine\r");
  REQUIRE(
      terminal.expect("hand off? 0.20 < 0.70 → anthropic/claude-sonnet-5 at https://127.0.0.1"));
  REQUIRE(terminal.expect("1 message, "));
  REQUIRE(terminal.expect("costs at most $"));
  REQUIRE(terminal.expect("send?"));
  terminal.type("s");
  REQUIRE(terminal.expect("\"messages\""));
  REQUIRE(terminal.expect("!sure 0.2 mine"));
  REQUIRE(terminal.expect("send?"));
  terminal.type("n");
  REQUIRE(terminal.expect("not sent; the local answer above stands"));
  REQUIRE(terminal.expect(kPrompt));
  CHECK(place.server.connections() == 0);
  terminal.type("!sure 0.2 yours\r");
  REQUIRE(terminal.expect("send?"));
  terminal.type("y");
  REQUIRE(terminal.expect(kCloudText));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type("!sure 0.2 nobody's\r");
  REQUIRE(terminal.expect("send?"));
  terminal.type(kCtrlC);
  REQUIRE(terminal.expect("the local answer stands"));
  REQUIRE(terminal.expect(kPrompt));
  terminal.type(kCtrlD);
  CHECK(terminal.wait() == 0);
  CHECK(place.server.requests().size() == 1);
}

TEST_CASE("run: on a terminal a hopeless answer is given up, and the cloud's follows",
          "[router][pty]") {
  HandoffPlace place;
  Terminal terminal(place.launch(CACTUS_ECHO, {"run", "m", "!hopeless"}));
  CHECK(terminal.expect("14 15 16 \r\n"));
  CHECK(terminal.expect("↗ 0.05 < 0.70 after 16 tokens → anthropic/claude-sonnet-5"));
  CHECK(terminal.expect(kCloudText + "\r\n"));
  CHECK(terminal.wait() == 0);
}
