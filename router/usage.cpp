// Sums over the ledger, for `cactus usage`.
#include <algorithm>
#include <map>

#include "router/ledger.h"
#include "router/sqlite.h"

namespace cactus {
namespace {

constexpr char kDay[] = "strftime('%Y-%m-%d', at / 1000, 'unixepoch', 'localtime')";

// What was held by a process that still works counts, too: it is money that may be gone.
std::string request_sums(const std::string& key) {
  return "SELECT " + key +
         ", count(*), total(input), total(output), total(cached), total(cost),"
         " total(cost IS NULL), total(state <> 'reported') FROM request"
         " WHERE at >= ? AND state <> 'nothing' GROUP BY 1";
}

void add_requests(const sqlite::Statement& row, UsageSum& sum) {
  sum.requests += row.integer(1);
  sum.cloud_input += row.integer(2);
  sum.cloud_output += row.integer(3);
  sum.cloud_cached += row.integer(4);
  sum.cost = add_money(sum.cost, row.integer(5));
  sum.unpriced += row.integer(6);
  sum.assumed += row.integer(7);
}

}  // namespace

Result<UsageReport> Ledger::usage(std::int64_t since_ms) const {
  UsageReport report;
  std::map<std::string, UsageSum> days;
  const std::string turn_query = std::string("SELECT ") + kDay +
                                 ", count(*), total(handed_off), total(failure <> ''), "
                                 "total(local_input), total(local_output),"
                                 " total(saved) FROM turn WHERE at >= ? GROUP BY 1";
  sqlite::Statement turns(handle_.get(), turn_query.c_str());
  turns.bind(since_ms);
  for (;;) {
    CACTUS_TRY(row, turns.step());
    if (!row) break;
    for (UsageSum* sum : {&days[turns.text(0)], &report.total}) {
      sum->turns += turns.integer(1);
      sum->handed_off += turns.integer(2);
      sum->failed += turns.integer(3);
      sum->local_input += turns.integer(4);
      sum->local_output += turns.integer(5);
      sum->saved = add_money(sum->saved, turns.integer(6));
    }
  }
  const std::string day_query = request_sums(kDay);
  sqlite::Statement requests(handle_.get(), day_query.c_str());
  requests.bind(since_ms);
  for (;;) {
    CACTUS_TRY(row, requests.step());
    if (!row) break;
    for (UsageSum* sum : {&days[requests.text(0)], &report.total}) add_requests(requests, *sum);
  }
  const std::string provider_query = request_sums("provider || '/' || model");
  sqlite::Statement providers(handle_.get(), provider_query.c_str());
  providers.bind(since_ms);
  for (;;) {
    CACTUS_TRY(row, providers.step());
    if (!row) break;
    UsageRow found{providers.text(0), {}};
    add_requests(providers, found.sum);
    report.providers.push_back(std::move(found));
  }
  std::stable_sort(report.providers.begin(), report.providers.end(),
                   [](const UsageRow& a, const UsageRow& b) { return a.sum.cost > b.sum.cost; });
  for (auto& [day, sum] : days) report.days.push_back({day, sum});
  return report;
}

}  // namespace cactus
