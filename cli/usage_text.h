// The ledger's sums as text for people, JSON and CSV.
#pragma once
#include <string>

#include "engine/base/json.h"
#include "router/ledger.h"

namespace cactus::cli {

// Totals, the most expensive models, and a bar for each day: █ a turn answered here, ░ one handed
// off, scaled to `width` columns.
std::string usage_text(const UsageReport& report, const RecentShare& recent, int width);

Json usage_object(const UsageReport& report, const RecentShare& recent);

// One line a day: date,turns,handed_off,failed,local_input,local_output,requests,cloud_input,
// cloud_output,cost_usd,saved_usd. Money with nine decimals, exact.
std::string usage_csv(const UsageReport& report);

// What people are told when more than half of their turns leave; empty otherwise.
std::string share_warning(const RecentShare& recent);

}  // namespace cactus::cli
