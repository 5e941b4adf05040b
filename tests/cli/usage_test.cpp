// `cactus usage`: the ledger's sums for people, JSON and CSV.
#include "cli/usage_text.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::cli;

namespace {

UsageReport report() {
  UsageReport made;
  UsageRow monday{"2026-11-23", {}}, tuesday{"2026-11-24", {}};
  monday.sum.turns = 3;
  monday.sum.local_input = 1200;
  tuesday.sum.turns = 2;
  tuesday.sum.handed_off = 1;
  tuesday.sum.requests = 1;
  tuesday.sum.cloud_input = 1000;
  tuesday.sum.cloud_output = 500;
  tuesday.sum.cost = 12'345'678;
  made.days = {monday, tuesday};
  made.total = tuesday.sum;
  made.total.turns = 5;
  made.total.local_input = 1200;
  made.total.saved = kDollar / 2;
  made.providers = {{"p/m\x1b[31m", tuesday.sum}};
  return made;
}

}  // namespace

TEST_CASE("usage: text with a bar for each day", "[cli]") {
  const std::string text = usage_text(report(), {}, 80);
  INFO(text);
  CHECK(text.find("5 turns, 1 handed off (20%)") != std::string::npos);
  CHECK(text.find("local  1,200 tokens in") != std::string::npos);
  CHECK(text.find("$0.01") != std::string::npos);
  CHECK(text.find("saved  $0.50") != std::string::npos);
  CHECK(text.find("2026-11-23  ███  ") != std::string::npos);
  CHECK(text.find("2026-11-24  █░   2 turns, 1 out, $0.01") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(usage_text({}, {}, 80) == "no turns yet\n");
}

TEST_CASE("usage: bars stay within their columns, however many turns", "[cli]") {
  UsageReport many = report();
  many.days[0].sum.turns = 123'456;
  for (const int width : {20, 80, 300}) {
    const std::string text = usage_text(many, {}, width);
    std::size_t longest = 0, run = 0;
    for (const char c : text) {
      run = c == '\n' ? 0 : run + ((c & 0xC0) != 0x80 ? 1 : 0);
      longest = std::max(longest, run);
    }
    CHECK(longest <= 90);
  }
}

TEST_CASE("usage: the warning when more than half leaves", "[cli]") {
  CHECK(share_warning({50, 25}).empty());
  CHECK(share_warning({19, 19}).empty());
  CHECK(share_warning({50, 26}).find("26") != std::string::npos);
  CHECK(usage_text(report(), {50, 26}, 80).find("left this machine") != std::string::npos);
}

TEST_CASE("usage: CSV and JSON are exact", "[cli]") {
  CHECK(usage_csv(report()) ==
        "date,turns,handed_off,failed,local_input,local_output,requests,cloud_input,cloud_output,"
        "cost_usd,saved_usd\n"
        "2026-11-23,3,0,0,1200,0,0,0,0,0.000000000,0.000000000\n"
        "2026-11-24,2,1,0,0,0,1,1000,500,0.012345678,0.000000000\n");
  const Json object = usage_object(report(), {50, 26});
  CHECK(object.at("total").at("cost_usd") == 0.012345678);
  CHECK(object.at("days").size() == 2);
  CHECK(object.at("models").at(0).at("requests") == 1);
  CHECK(object.at("warnings").size() == 1);
}
