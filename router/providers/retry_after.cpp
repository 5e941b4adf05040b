#include "router/providers/retry_after.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

namespace cactus::providers {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kMost = std::chrono::hours(24);

// A decimal number of seconds or milliseconds, "12" or "0.5"; nothing else.
std::optional<double> number(std::string_view text) {
  if (text.empty() || text.size() > 18) return {};
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return {};
  if (std::count(text.begin(), text.end(), '.') > 1 || text == ".") return {};
  double value = 0, scale = 1;
  bool fraction = false;
  for (const char c : text) {
    if (c == '.') {
      fraction = true;
    } else if (fraction) {
      value += (c - '0') * (scale /= 10);
    } else {
      value = value * 10 + (c - '0');
    }
  }
  return value;
}

milliseconds bounded(double ms) {
  return milliseconds(
      static_cast<std::int64_t>(std::clamp(ms, 0.0, static_cast<double>(kMost.count()))));
}

milliseconds until(WallTime when, WallTime now) {
  const auto wait = std::chrono::duration_cast<milliseconds>(when - now);
  return std::clamp(wait, milliseconds(0), kMost);
}

// Two to four digits at `at`, or nothing.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return {};
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<WallTime> time_of(int year, int month, int day, int hour, int minute, int second) {
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1970 || year > 2200 || hour > 23 || minute > 59 || second > 60)
    return {};
  return sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text) {
  // "Sun, 06 Nov 1994 08:49:37 GMT"
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" ||
      text[19] != ':' || text[22] != ':') {
    return {};
  }
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return {};
  const auto day = digits(text, 5, 2), year = digits(text, 12, 4), hour = digits(text, 17, 2),
             minute = digits(text, 20, 2), second = digits(text, 23, 2);
  if (!day || !year || !hour || !minute || !second) return {};
  return time_of(*year, static_cast<int>(month / 3) + 1, *day, *hour, *minute, *second);
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  // "2026-01-27T12:00:30Z"; fractions are dropped, only UTC is read.
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':' ||
      (text.back() != 'Z' && text.substr(text.size() - 6) != "+00:00")) {
    return {};
  }
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2),
             hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return {};
  return time_of(*year, *month, *day, *hour, *minute, *second);
}

Wait parse_span(std::string_view text) {
  double ms = 0;
  if (text.empty()) return {};
  while (!text.empty()) {
    const std::size_t unit = text.find_first_not_of("0123456789.");
    if (unit == std::string_view::npos) return {};
    const auto value = number(text.substr(0, unit));
    text.remove_prefix(unit);
    if (!value) return {};
    if (text.substr(0, 2) == "ms") {
      ms += *value;
      text.remove_prefix(2);
      continue;
    }
    const double factor = text[0] == 's' ? 1e3 : text[0] == 'm' ? 6e4 : text[0] == 'h' ? 3.6e6 : 0;
    if (factor == 0) return {};
    ms += *value * factor;
    text.remove_prefix(1);
  }
  return bounded(ms);
}

Wait retry_after(const net::Headers& headers, WallTime now) {
  if (const auto ms = number(headers.get("retry-after-ms"))) return bounded(*ms);
  const std::string_view after = headers.get("retry-after");
  if (const auto seconds = number(after)) return bounded(*seconds * 1000);
  if (const auto date = parse_http_date(after)) return until(*date, now);

  // The latest reset of the limits that are used up.
  Wait wait;
  const auto later = [&](milliseconds span) { wait = std::max(wait.value_or(span), span); };
  for (const char* what : {"requests", "tokens", "input-tokens", "output-tokens"}) {
    const std::string ours = std::string("anthropic-ratelimit-") + what;
    if (headers.get(ours + "-remaining") == "0") {
      if (const auto time = parse_rfc3339(headers.get(ours + "-reset"))) later(until(*time, now));
    }
    const std::string theirs = "x-ratelimit-";
    if (headers.get(theirs + "remaining-" + what) == "0") {
      if (const auto span = parse_span(headers.get(theirs + "reset-" + what))) later(*span);
    }
  }
  return wait;
}

}  // namespace cactus::providers
