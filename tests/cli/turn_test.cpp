// The rule that keeps pipes clean: text that may be withdrawn reaches only a sink that can
// withdraw.
#include "cli/turn.h"

#include "tests/cli/echo_services.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::cli;

namespace {

class Recorder : public TurnSink {
 public:
  explicit Recorder(bool withdraws) : withdraws_(withdraws) {}
  bool can_withdraw() const override { return withdraws_; }
  bool text(std::string_view piece) override {
    log += "[" + std::string(piece) + "]";
    return true;
  }
  bool thought(std::string_view) override { return true; }
  void discard() override { log += "<discard>"; }
  void route(const Reply&, const Outcome& outcome) override {
    log += outcome.handed_off ? "<cloud>" : "<local>";
  }
  std::string log;

 private:
  bool withdraws_;
};

struct FakeCloud : Handoff {
  bool is_possible = true, is_wanted = true, fails = false;
  bool possible() const override { return is_possible; }
  bool wants(const Reply&) const override { return is_wanted; }
  Outcome answer(const Json&, const Reply&, const PieceSink& sink,
                 const std::atomic<bool>*) override {
    Outcome outcome;
    if (fails) {
      outcome.failure = "no network";
      return outcome;
    }
    outcome.handed_off = true;
    outcome.text = "better";
    sink({PieceKind::text, "better"});
    return outcome;
  }
};

std::string turn(Handoff* handoff, bool withdraws, const std::string& message = "a b") {
  auto model = echo_services().open_session({});
  Recorder sink(withdraws);
  const auto result =
      run_turn(*model->session, Json::array({{{"role", "user"}, {"content", message}}}), {},
               handoff, sink, nullptr);
  if (!result) return "error: " + result.error().what;
  return sink.log + " = " + result->text();
}

}  // namespace

TEST_CASE("turn: without a hand-off the local answer streams", "[cli]") {
  CHECK(turn(nullptr, false) == "[a ][b]<local> = a b");
  FakeCloud impossible;
  impossible.is_possible = false;
  CHECK(turn(&impossible, false) == "[a ][b]<local> = a b");
}

TEST_CASE("turn: a pipe never sees what is withdrawn", "[cli]") {
  FakeCloud cloud;
  CHECK(turn(&cloud, false) == "[better]<cloud> = better");
  cloud.is_wanted = false;
  CHECK(turn(&cloud, false) == "[a b]<local> = a b");
}

TEST_CASE("turn: a terminal streams at once and is told what is withdrawn", "[cli]") {
  FakeCloud cloud;
  CHECK(turn(&cloud, true) == "[a ][b]<discard>[better]<cloud> = better");
  cloud.is_wanted = false;
  CHECK(turn(&cloud, true) == "[a ][b]<local> = a b");
}

TEST_CASE("turn: a cloud that fails never loses the local answer", "[cli]") {
  FakeCloud cloud;
  cloud.fails = true;
  CHECK(turn(&cloud, false) == "[a b]<local> = a b");
  CHECK(turn(&cloud, true) == "[a ][b]<local> = a b");
}

TEST_CASE("turn: errors of the session come through", "[cli]") {
  CHECK(turn(nullptr, false, "!fail") == "error: the prompt is too long");
}
