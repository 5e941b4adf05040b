// The ledger: what it adds up, who may read it, what it does with a file that is none.
#include "router/ledger.h"

#include <sys/stat.h>

#include "router/budget.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using cactus::test::TempDir;

namespace {
constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kNoon = 1'795'003'200'000;  // noon in UTC
}  // namespace

TEST_CASE("ledger: turns and requests add up by day and by model", "[router]") {
  const TempDir folder;
  std::int64_t now = kNoon;
  auto ledger = Ledger::open(folder / "usage.db", [&now] { return now; });
  REQUIRE(ledger);
  PriceTable table = PriceTable::empty();
  table.set("p", "dear", ModelPrice{{10'000'000, 10'000'000, 0, 0}, {}, {}, {}, "", ""});
  table.set("p", "cheap", ModelPrice{{1'000'000, 1'000'000, 0, 0}, {}, {}, {}, "", ""});
  Budget budget(*ledger, table, {});

  TurnRecord local;
  local.model = "google/gemma";
  local.confidence = 0.86;
  local.confidence_source = "probe";
  local.threshold = 0.7;
  local.decision = "confident";
  local.local_input = 100;
  local.local_output = 20;
  local.saved = 120'000;
  REQUIRE(ledger->record(local));

  now += kDay;
  TurnRecord cloud = local;
  cloud.handed_off = true;
  cloud.saved.reset();
  cloud.provider = "p";
  cloud.provider_model = "dear";
  for (const char* model : {"cheap", "dear"}) {
    const auto held = budget.reserve({"p", model, 1000, 1000});
    REQUIRE(held);
    CloudUsage used;
    used.input = 70;
    used.output = 30;
    REQUIRE(budget.settle(*held, used));
    cloud.requests.push_back(held->id());
  }
  const auto number = ledger->record(cloud);
  REQUIRE(number);
  CHECK(*number == 2);
  TurnRecord vain = local;
  vain.failure = "timeout";
  REQUIRE(ledger->record(vain));

  const auto report = ledger->usage(0);
  REQUIRE(report);
  CHECK(report->total.turns == 3);
  CHECK(report->total.handed_off == 1);
  CHECK(report->total.failed == 1);
  CHECK(report->total.local_input == 300);
  CHECK(report->total.requests == 2);
  CHECK(report->total.cloud_input == 140);
  CHECK(report->total.cloud_output == 60);
  CHECK(report->total.cost == 1'100'000);  // 100 × 10 + 100 × 1 micro-dollars
  CHECK(report->total.saved == 240'000);
  REQUIRE(report->days.size() == 2);
  CHECK(report->days[0].key < report->days[1].key);
  CHECK(report->days[0].sum.turns == 1);
  CHECK(report->days[0].sum.cost == 0);
  CHECK(report->days[1].sum.turns == 2);
  CHECK(report->days[1].sum.cost == 1'100'000);
  REQUIRE(report->providers.size() == 2);
  CHECK(report->providers[0].key == "p/dear");
  CHECK(report->providers[1].sum.cost == 100'000);
  CHECK(ledger->usage(now)->total.turns == 2);
}

TEST_CASE("ledger: people are told when more than half of their turns leave", "[router]") {
  const TempDir folder;
  auto ledger = Ledger::open(folder / "usage.db");
  REQUIRE(ledger);
  TurnRecord turn;
  for (int i = 0; i < 30; ++i) {
    turn.handed_off = i >= 14;  // 16 of 30
    REQUIRE(ledger->record(turn));
    CHECK_FALSE((i < 19 && too_many_leave(*ledger->recent())));
  }
  CHECK(too_many_leave(*ledger->recent()));
  CHECK(ledger->recent(10)->handed_off == 10);
  turn.handed_off = false;
  for (int i = 0; i < 2; ++i) REQUIRE(ledger->record(turn));  // 16 of 32 are not more than half
  CHECK_FALSE(too_many_leave(*ledger->recent()));
}

TEST_CASE("ledger: the file is the user's alone", "[router]") {
  const TempDir folder;
  const mode_t before = umask(0);
  auto ledger = Ledger::open(folder / "state/cactus/usage.db");
  umask(before);
  REQUIRE(ledger);
  struct stat info {};
  REQUIRE(stat((folder / "state/cactus/usage.db").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  REQUIRE(stat((folder / "state/cactus").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
}

TEST_CASE("ledger: a file that is none is said so and left alone", "[router]") {
  const TempDir folder;
  const std::string text = std::string(3000, 'x');
  test::write_file(folder / "usage.db", text);
  const auto ledger = Ledger::open(folder / "usage.db");
  REQUIRE_FALSE(ledger);
  CHECK(ledger.error().kind == ErrorKind::incompatible);
  CHECK(test::read_file(folder / "usage.db") == text);
  CHECK_FALSE(Ledger::open({}));
  CHECK_FALSE(Ledger::open(folder / "usage.db/below"));
}
