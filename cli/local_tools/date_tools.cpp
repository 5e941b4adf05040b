// days_between, date_add and day_of_week.
#include <cstdlib>

#include "cli/local_tools/clock.h"
#include "cli/local_tools/date_words.h"
#include "cli/local_tools/local_tools.h"
#include "cli/local_tools/rational.h"

namespace cactus::cli {
namespace {

constexpr std::int64_t kMostAmount = 10'000'000;

Result<SpokenDate> date_from(const std::string& text, const DateRequest& request) {
  auto date = read_date(text, request);
  if (date) return date;
  Error error = std::move(date).error();
  error.what = "cannot read the date " + in_quotes(text);
  if (error.fix.empty()) error.fix = "a date like '1 March 2027', 'next Friday' or '2027-03-01'";
  return error;
}

// "Monday, 1 March 2027", with what was assumed.
std::string shown(const SpokenDate& date) {
  return long_text(date.date) + (date.note.empty() ? "" : " (" + date.note + ")");
}

std::string day_count(std::int64_t days) {
  return grouped(std::to_string(days)) + (days == 1 ? " day" : " days");
}

// " (14 weeks)", where that says it shorter.
std::string in_weeks(std::int64_t days) {
  if (days < 14 || days % 7 != 0) return {};
  return " (" + counted_noun(days / 7, "week") + ")";
}

}  // namespace

Result<ToolAnswer> run_days_between(const Arguments& arguments,
                                    const ToolEnvironment& environment) {
  CACTUS_TRY(from_text, arguments.text("from", false));
  CACTUS_TRY(to_text, arguments.text("to", false));
  if (from_text.empty() && to_text.empty())
    return make_error(ErrorKind::usage, "days_between was called without a date",
                      "it counts from or to one", "'how many days until 1 March'");
  CACTUS_TRY(now, today(environment));
  SpokenDate from{now, true, {}}, to{now, true, {}};
  if (from_text.empty()) {
    CACTUS_TRY(read, date_from(to_text, {now, now, Missing::upcoming}));
    to = read;
  } else if (to_text.empty()) {
    CACTUS_TRY(read, date_from(from_text, {now, now, Missing::past}));
    from = read;
  } else {
    // A year said on one side chooses the other side's.
    CACTUS_TRY(first, date_from(from_text, {now, now, Missing::upcoming}));
    CACTUS_TRY(last, date_from(to_text, {now, first.date, Missing::upcoming}));
    from = first;
    to = last;
    if (!first.has_year && last.has_year) {
      CACTUS_TRY(again, date_from(from_text, {now, last.date, Missing::past}));
      from = again;
    }
  }
  const std::int64_t days = to_days(to.date) - to_days(from.date), count = std::abs(days);
  ToolAnswer answer;
  answer.value = {{"days", days}, {"from", iso_text(from.date)}, {"to", iso_text(to.date)}};
  const std::string weeks = in_weeks(count);
  if (days == 0 && (from.date == now)) {
    answer.sentence = "0 days: " + shown(from_text.empty() ? to : from) + " is today";
  } else if (from_text.empty() || (from.date == now && days > 0)) {
    answer.sentence = days > 0 ? day_count(count) + weeks + " until " + shown(to)
                               : shown(to) + " was " + day_count(count) + weeks + " ago";
  } else if (to_text.empty()) {
    answer.sentence = days > 0 ? day_count(count) + weeks + " since " + shown(from)
                               : shown(from) + " is " + day_count(count) + weeks + " away";
  } else {
    answer.sentence = day_count(count) + weeks + " from " + shown(from) + " " +
                      (days < 0 ? "back to " : "to ") + shown(to);
  }
  return answer;
}

Result<ToolAnswer> run_date_add(const Arguments& arguments, const ToolEnvironment& environment) {
  static constexpr std::string_view kUnits[] = {"days", "weeks", "months", "years"};
  static constexpr std::string_view kDirections[] = {"after", "before"};
  CACTUS_TRY(amount, arguments.integer("amount", -kMostAmount, kMostAmount));
  if (!amount)
    return make_error(ErrorKind::usage, "date_add was called without 'amount'",
                      "it cannot count without a number", "'3 weeks after 1 March'");
  CACTUS_TRY(unit, arguments.choice("unit", kUnits));
  CACTUS_TRY(direction, arguments.choice("direction", kDirections));
  CACTUS_TRY(text, arguments.text("date", false));
  CACTUS_TRY(now, today(environment));
  SpokenDate start{now, true, {}};
  if (!text.empty()) {
    CACTUS_TRY(read, date_from(text, {now, now, Missing::upcoming}));
    start = read;
  }
  const std::int64_t step = direction == "after" ? *amount : -*amount;
  std::optional<Date> date;
  if (unit == "days") date = from_days(to_days(start.date) + step);
  if (unit == "weeks") date = from_days(to_days(start.date) + 7 * step);
  if (unit == "months") date = add_months(start.date, step);
  if (unit == "years" && std::abs(step) < 10'000) date = add_months(start.date, 12 * step);
  if (!date)
    return make_error(ErrorKind::usage,
                      "there is no date " + std::to_string(*amount) + " " + unit + " " + direction +
                          " " + short_text(start.date),
                      "the calendar of this tool goes from the year 1 to 9999");
  ToolAnswer answer;
  answer.value = {{"date", iso_text(*date)},
                  {"weekday", weekday_name(weekday_of(*date))},
                  {"start", iso_text(start.date)}};
  const std::string units = counted_noun(*amount, unit.substr(0, unit.size() - 1));
  const std::string base = start.date == now ? "today (" + long_text(now) + ")" : shown(start);
  answer.sentence =
      units + " " + direction + " " + base + (*date < now ? " was " : " is ") + long_text(*date);
  const bool by_month = unit == "months" || unit == "years";
  if (by_month && date->day != start.date.day) {
    answer.value["clamped"] = true;
    answer.sentence += " (the last day of that month)";
  }
  return answer;
}

Result<ToolAnswer> run_day_of_week(const Arguments& arguments, const ToolEnvironment& environment) {
  CACTUS_TRY(text, arguments.text("date"));
  CACTUS_TRY(now, today(environment));
  CACTUS_TRY(spoken, date_from(text, {now, now, Missing::upcoming}));
  const int weekday = weekday_of(spoken.date);
  ToolAnswer answer;
  answer.value = {{"weekday", weekday_name(weekday)},
                  {"date", iso_text(spoken.date)},
                  {"weekend", weekday >= 5}};
  const std::string verb = spoken.date < now ? " was a " : " is a ";
  answer.sentence = short_text(spoken.date) +
                    (spoken.note.empty() ? "" : " (" + spoken.note + ")") + verb +
                    std::string(weekday_name(weekday)) + (spoken.date == now ? ", today" : "");
  return answer;
}

}  // namespace cactus::cli
