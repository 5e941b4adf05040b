#include "cli/usage_text.h"

#include <algorithm>
#include <cstdio>

#include "cli/render/sanitise.h"

namespace cactus::cli {
namespace {

constexpr std::size_t kModels = 5;
constexpr int kBarAtMost = 40, kBesideBar = 40;

// 12345 → "12,345"
std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string plural(std::int64_t count, const char* one, const char* many) {
  return grouped(count) + " " + (count == 1 ? one : many);
}

std::string exact_dollars(NanoDollars amount) {
  char text[40];
  std::snprintf(text, sizeof text, "%lld.%09lld", static_cast<long long>(amount / kDollar),
                static_cast<long long>(amount % kDollar));
  return text;
}

std::string percent(std::int64_t part, std::int64_t whole) {
  char text[16];
  std::snprintf(text, sizeof text, "%.0f%%",
                whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0.0);
  return text;
}

std::string repeated(const char* piece, std::int64_t count) {
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) text += piece;
  return text;
}

// `count` in units of a bar in which `most` turns are `width` columns; what is not nothing shows.
std::int64_t columns(std::int64_t count, std::int64_t most, int width) {
  if (count == 0) return 0;
  return std::max<std::int64_t>(1, most <= width ? count : count * width / most);
}

std::string day_lines(const UsageReport& report, int width) {
  std::int64_t most = 0;
  for (const UsageRow& day : report.days) most = std::max(most, day.sum.turns);
  const int bar = std::clamp(width - kBesideBar, 10, kBarAtMost);
  std::string text;
  for (const UsageRow& day : report.days) {
    const std::int64_t out = columns(day.sum.handed_off, most, bar);
    const std::int64_t here = columns(day.sum.turns - day.sum.handed_off, most, bar);
    text += day.key + "  " + repeated("█", here) + repeated("░", out) +
            repeated(" ", std::max<std::int64_t>(
                              0, std::min<std::int64_t>(most, bar) + 1 - here - out)) +
            " " + plural(day.sum.turns, "turn", "turns");
    if (day.sum.handed_off > 0) text += ", " + grouped(day.sum.handed_off) + " out";
    if (day.sum.requests > 0) text += ", " + format_dollars(day.sum.cost);
    text += "\n";
  }
  return text;
}

Json sum_object(const UsageSum& sum) {
  const auto dollars = [](NanoDollars amount) {
    return static_cast<double>(amount) / static_cast<double>(kDollar);
  };
  return {{"turns", sum.turns},
          {"handed_off", sum.handed_off},
          {"failed", sum.failed},
          {"local", {{"input", sum.local_input}, {"output", sum.local_output}}},
          {"cloud",
           {{"requests", sum.requests},
            {"input", sum.cloud_input},
            {"output", sum.cloud_output},
            {"cached", sum.cloud_cached},
            {"assumed_requests", sum.assumed},
            {"unpriced_requests", sum.unpriced}}},
          {"cost_usd", dollars(sum.cost)},
          {"saved_usd", dollars(sum.saved)}};
}

}  // namespace

std::string share_warning(const RecentShare& recent) {
  if (!too_many_leave(recent)) return {};
  return "of the last " + grouped(recent.turns) + " turns " + grouped(recent.handed_off) +
         " left this machine; a lower threshold or a larger local model keeps more here";
}

std::string usage_text(const UsageReport& report, const RecentShare& recent, int width) {
  const UsageSum& all = report.total;
  if (all.turns == 0 && all.requests == 0) return "no turns yet\n";
  std::string text = plural(all.turns, "turn", "turns") + ", " + grouped(all.handed_off) +
                     " handed off (" + percent(all.handed_off, all.turns) + ")";
  if (all.failed > 0) text += ", " + grouped(all.failed) + " more asked the cloud in vain";
  text += "\n  local  " + grouped(all.local_input) + " tokens in, " + grouped(all.local_output) +
          " out\n";
  if (all.requests > 0) {
    text += "  cloud  " + grouped(all.cloud_input) + " tokens in, " + grouped(all.cloud_output) +
            " out, " + plural(all.requests, "request", "requests") + ", " +
            format_dollars(all.cost);
    if (all.unpriced > 0) text += " and " + grouped(all.unpriced) + " without a known price";
    text += "\n";
    if (all.assumed > 0)
      text += "         " + plural(all.assumed, "request", "requests") +
              " did not report what it used and counts at its most\n";
  }
  if (all.saved > 0)
    text += "  saved  " + format_dollars(all.saved) + " by answers that stayed here\n";
  for (std::size_t i = 0; i < std::min(kModels, report.providers.size()); ++i) {
    const UsageRow& row = report.providers[i];
    text += (i == 0 ? "\n  " : "  ") + sanitise(row.key) + "  " +
            plural(row.sum.requests, "request", "requests") + ", " + grouped(row.sum.cloud_input) +
            " tokens in, " + grouped(row.sum.cloud_output) + " out, " +
            format_dollars(row.sum.cost) + "\n";
  }
  text += "\n" + day_lines(report, width);
  if (all.handed_off > 0) text += "            █ here  ░ handed off\n";
  if (const std::string warning = share_warning(recent); !warning.empty())
    text += "\n" + warning + "\n";
  return text;
}

Json usage_object(const UsageReport& report, const RecentShare& recent) {
  Json object = {{"v", 1}, {"total", sum_object(report.total)}};
  object["days"] = Json::array();
  for (const UsageRow& day : report.days) {
    Json row = {{"day", day.key}};
    row.update(sum_object(day.sum));
    object["days"].push_back(row);
  }
  object["models"] = Json::array();
  for (const UsageRow& model : report.providers) {
    Json row = {{"model", model.key}};
    row["requests"] = model.sum.requests;
    row["input"] = model.sum.cloud_input;
    row["output"] = model.sum.cloud_output;
    row["cost_usd"] = static_cast<double>(model.sum.cost) / static_cast<double>(kDollar);
    object["models"].push_back(row);
  }
  object["recent"] = {{"turns", recent.turns}, {"handed_off", recent.handed_off}};
  const std::string warning = share_warning(recent);
  object["warnings"] = warning.empty() ? Json::array() : Json::array({warning});
  return object;
}

std::string usage_csv(const UsageReport& report) {
  std::string text =
      "date,turns,handed_off,failed,local_input,local_output,requests,cloud_input,cloud_output,"
      "cost_usd,saved_usd\n";
  for (const UsageRow& day : report.days) {
    const UsageSum& sum = day.sum;
    text += day.key;
    for (const std::int64_t number :
         {sum.turns, sum.handed_off, sum.failed, sum.local_input, sum.local_output, sum.requests,
          sum.cloud_input, sum.cloud_output})
      text.append(1, ',').append(std::to_string(number));
    for (const NanoDollars amount : {sum.cost, sum.saved})
      text.append(1, ',').append(exact_dollars(amount));
    text += '\n';
  }
  return text;
}

}  // namespace cactus::cli
