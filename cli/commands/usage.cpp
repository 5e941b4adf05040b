// `usage`: what was answered where, and what it cost.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

#include "cli/accounts.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/render/sanitise.h"
#include "cli/usage_text.h"

namespace cactus::cli {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// "30d", "2026-11-01" (the beginning of that day here), "all".
Result<std::int64_t> since_ms(const std::string& text) {
  if (text == "all") return std::int64_t{0};
  int parts[3] = {};
  if (!text.empty() && text.back() == 'd') {
    const char* end = text.data() + text.size() - 1;
    const auto [stop, code] = std::from_chars(text.data(), end, parts[0]);
    if (code == std::errc() && stop == end && parts[0] > 0)
      return now_ms() - std::int64_t{parts[0]} * kDayMs;
  }
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    bool good = true;
    for (int i = 0; i < 3; ++i) {
      const char* begin = text.data() + (i == 0 ? 0 : i == 1 ? 5 : 8);
      const char* end = begin + (i == 0 ? 4 : 2);
      const auto [stop, code] = std::from_chars(begin, end, parts[i]);
      good = good && code == std::errc() && stop == end;
    }
    std::tm day{};
    day.tm_year = parts[0] - 1900;
    day.tm_mon = parts[1] - 1;
    day.tm_mday = parts[2];
    day.tm_isdst = -1;
    std::tm normal = day;
    const std::time_t time = std::mktime(&normal);
    if (good && time >= 0 && normal.tm_mon == day.tm_mon && normal.tm_mday == day.tm_mday)
      return static_cast<std::int64_t>(time) * 1000;
  }
  return make_error(ErrorKind::usage, "--since cannot be '" + text + "'",
                    "it takes a day (2026-11-01), a number of days (30d), or all");
}

struct Flags {
  std::string since = "30d";
  bool json = false, csv = false;
};

Result<int> usage(Context& context, const Flags& flags) {
  CACTUS_TRY(since, since_ms(flags.since));
  if (flags.json && flags.csv)
    return make_error(ErrorKind::usage, "--json and --csv exclude each other");
  UsageReport report;
  RecentShare recent;
  std::error_code ignored;
  // Looking makes no ledger.
  if (std::filesystem::exists(ledger_file(), ignored)) {
    CACTUS_TRY(ledger, Ledger::open(ledger_file()));
    CACTUS_TRY(found, ledger.usage(since));
    CACTUS_TRY(share, ledger.recent());
    report = std::move(found);
    recent = share;
  }
  if (flags.csv) {
    context.terminal.out(usage_csv(report));
  } else if (context.format != Format::text) {
    context.terminal.out(dump_json(usage_object(report, recent), 2) + "\n");
  } else {
    context.terminal.out(usage_text(report, recent, context.terminal.width()));
  }
  return static_cast<int>(kOk);
}

}  // namespace

void add_usage(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("usage", "What was answered where, and what it cost");
  app.group(kGroupAccounts);
  const auto flags = std::make_shared<Flags>();
  app.add_option("--since", flags->since, "From a day (2026-11-01), some days (30d), or all")
      ->type_name("WHEN");
  app.add_flag("--json", flags->json, "As JSON");
  app.add_flag("--csv", flags->csv, "By day, as comma-separated values");
  app.callback(
      [&context, flags] { context.action = [&context, flags] { return usage(context, *flags); }; });
  set_examples(
      app, {"cactus usage", "cactus usage --since 7d --json", "cactus usage --since all --csv"});
}

}  // namespace cactus::cli
