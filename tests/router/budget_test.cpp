// The budget: caps in money and tokens, held before a request, settled after it.
#include "router/budget.h"

#include <sys/stat.h>

#include <cstdlib>
#include <ctime>

#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using cactus::test::TempDir;

namespace {

// $1 for a million tokens in, $2 out.
PriceTable prices() {
  PriceTable table = PriceTable::empty();
  table.set("p", "m", ModelPrice{{1'000'000, 2'000'000, 1'000'000, 1'000'000}, {}, {}, {}, "", ""});
  return table;
}

struct Clock {
  std::int64_t now = 1'795'000'000'000;  // in November 2026
};

Ledger open_ledger(const TempDir& folder, const Clock& clock) {
  auto ledger = Ledger::open(folder / "state/usage.db", [&clock] { return clock.now; });
  REQUIRE(ledger);
  return std::move(ledger).value();
}

SpendPlan plan(std::int64_t input, std::int64_t output) {
  return {"p", "m", input, output};
}

CloudUsage usage(std::int64_t input, std::int64_t output) {
  CloudUsage used;
  used.input = input;
  used.output = output;
  return used;
}

CloudResult failed(CloudErrorKind kind, int status) {
  CloudError error;
  error.kind = kind;
  error.http_status = status;
  return error;
}

}  // namespace

TEST_CASE("budget: the worst case is held, the usage stays", "[router]") {
  const TempDir folder;
  Clock clock;
  Ledger ledger = open_ledger(folder, clock);
  Budget budget(ledger, prices(), {});
  const auto held = budget.reserve(plan(1000, 500));
  REQUIRE(held);
  CHECK(held->worst_cost() == 2'000'000);  // (1000 × 1 + 500 × 2) / 10⁶ dollars
  CHECK(budget.spent()->day_money == 2'000'000);
  CHECK(budget.spent()->day_tokens == 1500);
  const auto cost = budget.settle(*held, usage(900, 20));
  REQUIRE(cost);
  CHECK(*cost == 940'000);
  CHECK(budget.spent()->day_money == 940'000);
  CHECK(budget.spent()->day_tokens == 920);
  CHECK(budget.spent()->day_requests == 1);
}

TEST_CASE("budget: each cap stops what would pass it, and nothing below it", "[router]") {
  const TempDir folder;
  Clock clock;
  Ledger ledger = open_ledger(folder, clock);
  struct Case {
    SpendCaps caps;
    SpendPlan fits, over;
    std::string says;
  };
  std::vector<Case> cases;
  const auto add = [&](auto set, SpendPlan fits, SpendPlan over, const char* says) {
    Case one{{}, std::move(fits), std::move(over), says};
    set(one.caps);
    cases.push_back(std::move(one));
  };
  add([](SpendCaps& c) { c.request_money = 2'000'000; }, plan(1000, 500), plan(1001, 500),
      "the request's budget of $0.002 ");
  add([](SpendCaps& c) { c.day_money = 2'000'000; }, plan(1000, 500), plan(1000, 501), "the day's");
  add([](SpendCaps& c) { c.month_money = 2'000'000; }, plan(0, 1000), plan(1, 1000), "the month's");
  add([](SpendCaps& c) { c.request_tokens = 1500; }, plan(1000, 500), plan(1000, 501),
      "the request's limit of 1500 tokens");
  add([](SpendCaps& c) { c.request_input_tokens = 1000; }, plan(1000, 999), plan(1001, 0),
      "1000 input tokens");
  add([](SpendCaps& c) { c.day_tokens = 1500; }, plan(1000, 500), plan(1001, 500), "the day's");
  add([](SpendCaps& c) { c.month_tokens = 1500; }, plan(1000, 500), plan(1001, 500), "the month's");
  add([](SpendCaps& c) { c.day_money = 0; }, plan(0, 0), plan(1, 0), "budget of $0 ");
  for (const Case& one : cases) {
    INFO(one.says);
    Budget budget(ledger, prices(), one.caps);
    const auto refused = budget.reserve(one.over);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::policy);
    CHECK(refused.error().what.find(one.says) != std::string::npos);
    const auto held = budget.reserve(one.fits);
    REQUIRE(held);
    REQUIRE(budget.release(*held));
    CHECK(budget.spent()->month_tokens == 0);
  }
}

TEST_CASE("budget: what is held counts against the next request", "[router]") {
  const TempDir folder;
  Clock clock;
  Ledger ledger = open_ledger(folder, clock), other = open_ledger(folder, clock);
  SpendCaps caps;
  caps.day_tokens = 1000;
  Budget first(ledger, prices(), caps), second(other, prices(), caps);
  const auto held = first.reserve(plan(400, 400));
  REQUIRE(held);
  const auto refused = second.reserve(plan(100, 101));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().why == "800 are used or held, and this request may need 201");
  REQUIRE(first.settle(*held, usage(300, 100)));
  CHECK(second.reserve(plan(300, 300)));
  caps.day_requests = 2;
  CHECK_FALSE(Budget(ledger, prices(), caps).reserve(plan(0, 0)));
}

TEST_CASE("budget: days and months are those of the machine's calendar", "[router]") {
  setenv("TZ", "America/New_York", 1);
  tzset();
  const TempDir folder;
  Clock clock;
  std::tm parts{};
  parts.tm_year = 126, parts.tm_mon = 10, parts.tm_mday = 30, parts.tm_hour = 23, parts.tm_min = 59;
  parts.tm_isdst = -1;
  clock.now = static_cast<std::int64_t>(std::mktime(&parts)) * 1000;
  Ledger ledger = open_ledger(folder, clock);
  SpendCaps caps;
  caps.day_tokens = 1000;
  caps.month_tokens = 1500;
  Budget budget(ledger, prices(), caps);
  const std::int64_t last_minute = clock.now;
  clock.now -= 86'400'000;
  CHECK(budget.reserve(plan(700, 0)));
  CHECK_FALSE(budget.reserve(plan(301, 0)));  // the day's
  clock.now = last_minute;
  CHECK(budget.spent()->day_tokens == 0);
  CHECK(budget.spent()->month_tokens == 700);
  CHECK_FALSE(budget.reserve(plan(801, 0)));  // the month's
  CHECK(budget.reserve(plan(800, 0)));
  clock.now += 2 * 60'000;  // the first of December
  CHECK(budget.spent()->month_tokens == 0);
  CHECK(budget.reserve(plan(1000, 0)));
  unsetenv("TZ");
  tzset();
}

TEST_CASE("budget: an unknown price is refused, or counts in tokens when allowed", "[router]") {
  const TempDir folder;
  Clock clock;
  Ledger ledger = open_ledger(folder, clock);
  const SpendPlan unknown{"p", "new", 10, 10};
  const auto refused = Budget(ledger, prices(), {}).reserve(unknown);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::policy);
  CHECK(refused.error().what == "the price of p/new is not known");
  SpendCaps caps;
  caps.allow_unknown_price = true;
  caps.day_tokens = 30;
  Budget budget(ledger, prices(), caps);
  const auto held = budget.reserve(unknown);
  REQUIRE(held);
  CHECK_FALSE(held->worst_cost());
  const auto cost = budget.settle(*held, usage(5, 6));
  REQUIRE(cost);
  CHECK_FALSE(*cost);
  CHECK_FALSE(budget.reserve(unknown));  // 11 + 20 > 30
  const auto report = ledger.usage(0);
  REQUIRE(report);
  CHECK(report->total.unpriced == 1);
  CHECK(report->total.cost == 0);
}

TEST_CASE("budget: how a request ended decides what it costs", "[router]") {
  CloudReply with_usage, without;
  with_usage.usage = usage(7, 8);
  CHECK(charge_of(CloudResult(with_usage)) == Charged::reported);
  CHECK(charge_of(CloudResult(without)) == Charged::assumed);
  for (const auto& [kind, status, charged] : std::vector<std::tuple<CloudErrorKind, int, Charged>>{
           {CloudErrorKind::auth, 401, Charged::nothing},
           {CloudErrorKind::billing, 402, Charged::nothing},
           {CloudErrorKind::rate_limit, 429, Charged::nothing},
           {CloudErrorKind::server, 500, Charged::nothing},
           {CloudErrorKind::overloaded, 529, Charged::nothing},
           {CloudErrorKind::redirect, 302, Charged::nothing},
           {CloudErrorKind::tls, 0, Charged::nothing},
           {CloudErrorKind::server, 0, Charged::assumed},  // events of a stream
           {CloudErrorKind::overloaded, 0, Charged::assumed},
           {CloudErrorKind::rate_limit, 0, Charged::nothing},
           {CloudErrorKind::network, 0, Charged::assumed},
           {CloudErrorKind::timeout, 0, Charged::assumed},
           {CloudErrorKind::malformed, 0, Charged::assumed},
           {CloudErrorKind::cancelled, 0, Charged::assumed}}) {
    INFO(cloud_error_name(kind) << ' ' << status);
    CHECK(charge_of(failed(kind, status)) == charged);
    CloudError unsent;
    unsent.kind = kind;
    unsent.sent = false;
    CHECK(charge_of(CloudResult(unsent)) == Charged::nothing);
    CloudError late;
    late.kind = kind;
    late.output_began = true;
    CHECK(charge_of(CloudResult(late)) == Charged::assumed);
    late.usage = usage(1, 2);
    CHECK(charge_of(CloudResult(late)) == Charged::reported);
    late.usage->whole = false;
    CHECK(charge_of(CloudResult(late)) == Charged::begun);
  }
  const TempDir folder;
  Clock clock;
  Ledger ledger = open_ledger(folder, clock);
  Budget budget(ledger, prices(), {});
  const auto one = budget.reserve(plan(100, 100)), two = budget.reserve(plan(100, 100));
  REQUIRE((one && two));
  CHECK(*budget.close(*one, failed(CloudErrorKind::rate_limit, 429)) == 0);
  CHECK(*budget.close(*two, failed(CloudErrorKind::timeout, 0)) == 300'000);
  CHECK(budget.spent()->day_tokens == 200);
  CHECK(budget.spent()->day_requests == 1);
  // Seven tokens of input are known, the rest of the answer is not.
  const auto three = budget.reserve(plan(100, 100));
  REQUIRE(three);
  CloudError cut;
  cut.kind = CloudErrorKind::network;
  cut.usage = usage(7, 1);
  cut.usage->whole = false;
  CHECK(*budget.close(*three, cut) == 207'000);
  CHECK(budget.spent()->day_tokens == 307);
  CHECK(ledger.usage(0)->total.assumed == 2);
}
