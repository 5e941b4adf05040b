#include "cli/local_tools/calendar.h"

#include <algorithm>
#include <cstdio>

namespace cactus::cli {
namespace {

constexpr std::string_view kWeekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                          "Friday", "Saturday", "Sunday"};
constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
constexpr std::int64_t kFirstDay = -719'162, kLastDay = 2'932'896;  // 0001-01-01, 9999-12-31

}  // namespace

// Days are counted in eras of 400 years that begin in March, so that the leap day comes last.
std::int64_t to_days(const Date& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t month = (date.month + 9) % 12;
  const std::int64_t of_year = (153 * month + 2) / 5 + date.day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

std::optional<Date> from_days(std::int64_t days) {
  if (days < kFirstDay || days > kLastDay) return std::nullopt;
  days += 719'468;
  const std::int64_t era = days / 146'097, of_era = days % 146'097;
  const std::int64_t year_of_era =
      (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * of_year + 2) / 153;
  Date date;
  date.day = static_cast<int>(of_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  date.year = static_cast<int>(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
  return date;
}

bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(int year, int month) {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool is_valid(const Date& date) {
  return date.year >= 1 && date.year <= 9999 && date.month >= 1 && date.month <= 12 &&
         date.day >= 1 && date.day <= days_in_month(date.year, date.month);
}

int weekday_of(const Date& date) {
  return static_cast<int>(((to_days(date) + 3) % 7 + 7) % 7);
}

std::optional<Date> add_months(const Date& date, std::int64_t months) {
  if (months < -120'000 || months > 120'000) return std::nullopt;
  const std::int64_t total = date.year * 12LL + date.month - 1 + months;
  if (total < 12 || total >= 120'000) return std::nullopt;
  Date result;
  result.year = static_cast<int>(total / 12);
  result.month = static_cast<int>(total % 12) + 1;
  result.day = std::min(date.day, days_in_month(result.year, result.month));
  return result;
}

// The anonymous Gregorian computus (Meeus, Astronomical Algorithms, chapter 8).
Date easter_sunday(int year) {
  const int a = year % 19, b = year / 100, c = year % 100;
  const int d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30;
  const int i = c / 4, k = c % 4;
  const int l = (32 + 2 * e + 2 * i - h - k) % 7;
  const int m = (a + 11 * h + 22 * l) / 451;
  const int n = h + l - 7 * m + 114;
  return {year, n / 31, n % 31 + 1};
}

std::optional<Date> nth_weekday(int year, int month, int weekday, int nth) {
  const int last = days_in_month(year, month);
  if (nth < 0) {
    const int back = (weekday_of({year, month, last}) - weekday + 7) % 7;
    return Date{year, month, last - back};
  }
  const int day = 1 + (weekday - weekday_of({year, month, 1}) + 7) % 7 + 7 * (nth - 1);
  if (nth == 0 || day > last) return std::nullopt;
  return Date{year, month, day};
}

std::string_view weekday_name(int weekday) {
  return kWeekdays[weekday];
}

std::string_view month_name(int month) {
  return kMonths[month - 1];
}

std::string iso_text(const Date& date) {
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", date.year, date.month, date.day);
  return text;
}

std::string short_text(const Date& date) {
  return std::to_string(date.day) + " " + std::string(month_name(date.month)) + " " +
         std::to_string(date.year);
}

std::string long_text(const Date& date) {
  return std::string(weekday_name(weekday_of(date))) + ", " + short_text(date);
}

}  // namespace cactus::cli
