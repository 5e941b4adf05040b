// Several processes share one budget; some of them die in the middle.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "router/budget.h"
#include "router/process_identity.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using cactus::test::TempDir;

namespace {

constexpr std::int64_t kCap = 4000;  // tokens a day
const SpendPlan kPlan{"p", "m", 60, 40};

PriceTable prices() {
  PriceTable table = PriceTable::empty();
  table.set("p", "*", ModelPrice{{1'000'000, 1'000'000, 0, 0}, {}, {}, {}, "", ""});
  return table;
}
SpendCaps caps() {
  SpendCaps set;
  set.day_tokens = kCap;
  set.day_money = kCap * 1000;  // the same in money: 10⁻⁶ dollars a token
  return set;
}

CloudUsage used() {
  CloudUsage usage;
  usage.input = 50;
  usage.output = 17;
  return usage;
}

// What a child does until it is refused: 0 when every step was as promised.
int spend(const std::filesystem::path& path) {
  auto ledger = Ledger::open(path);
  if (!ledger) return 10;
  Budget budget(*ledger, prices(), caps());
  for (int i = 0; i < 1000; ++i) {
    const auto held = budget.reserve(kPlan);
    if (!held) return held.error().kind == ErrorKind::policy ? 0 : 11;
    const auto spent = budget.spent();
    if (!spent || spent->day_tokens > kCap || spent->day_money > kCap * 1000) return 12;
    if (!budget.settle(*held, used())) return 13;
  }
  return 14;
}

template <class Function>
pid_t start(Function function) {
  const pid_t pid = fork();
  if (pid == 0) _exit(function());
  return pid;
}

int ended(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("budget: eight processes at once hold the cap to the token", "[router]") {
  const TempDir folder;
  const auto path = folder / "usage.db";
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) children.push_back(start([&] { return spend(path); }));
  for (const pid_t child : children) CHECK(ended(child) == 0);
  // Some were refused while others held their worst case: what is left is used up now.
  CHECK(spend(path) == 0);
  auto ledger = Ledger::open(path);
  REQUIRE(ledger);
  const auto report = ledger->usage(0);
  REQUIRE(report);
  const std::int64_t tokens = report->total.cloud_input + report->total.cloud_output;
  CHECK(tokens == 67 * report->total.requests);
  CHECK(report->total.cost == 1000 * tokens);
  CHECK(tokens <= kCap);
  CHECK(tokens + 100 > kCap);
  CHECK(report->total.assumed == 0);
}

TEST_CASE("budget: a process that dies under way counts at its worst case", "[router]") {
  const TempDir folder;
  const auto path = folder / "usage.db";
  const pid_t child = start([&] {
    auto ledger = Ledger::open(path);
    Budget budget(*ledger, prices(), caps());
    if (!budget.reserve(kPlan)) return 1;
    raise(SIGKILL);
    return 2;
  });
  REQUIRE(ended(child) == 128 + SIGKILL);
  auto ledger = Ledger::open(path);
  REQUIRE(ledger);
  Budget budget(*ledger, prices(), caps());
  CHECK(budget.spent()->day_tokens == 100);
  const auto mine = budget.reserve(kPlan);
  REQUIRE(mine);
  CHECK(ledger->usage(0)->total.assumed ==
        2);  // the dead one's, and this one as long as it is held
  REQUIRE(budget.settle(*mine, used()));
  CHECK(ledger->usage(0)->total.assumed == 1);
  CHECK(budget.spent()->day_tokens == 167);
}

TEST_CASE("budget: kills at any moment leave a ledger that works and holds", "[router]") {
  const TempDir folder;
  const auto path = folder / "usage.db";
  REQUIRE(Ledger::open(path));
  for (int round = 0; round < 12; ++round) {
    const pid_t child = start([&] { return spend(path); });
    usleep(static_cast<useconds_t>(1500 * (round + 1)));
    kill(child, SIGKILL);
    ended(child);
    auto ledger = Ledger::open(path);
    REQUIRE(ledger);
    const auto spent = Budget(*ledger, prices(), caps()).spent();
    REQUIRE(spent);
    CHECK(spent->day_tokens <= kCap);
  }
  CHECK(spend(path) == 0);
  auto ledger = Ledger::open(path);
  REQUIRE(ledger);
  const UsageSum sum = ledger->usage(0)->total;
  CHECK(sum.cloud_input + sum.cloud_output ==
        67 * (sum.requests - sum.assumed) + 100 * sum.assumed);
}

TEST_CASE("process identity: two processes differ, one that ended is nobody", "[router]") {
  CHECK_FALSE(process_identity(own_pid()).empty());
  CHECK(process_identity(own_pid()) == process_identity(own_pid()));
  const pid_t child = start([] { return 0; });
  ended(child);
  CHECK(process_identity(child).empty());
}
