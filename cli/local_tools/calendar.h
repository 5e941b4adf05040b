// The Gregorian calendar, years 1 to 9999, and how dates are written for people.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cactus::cli {

struct Date {
  int year = 1970, month = 1, day = 1;
  friend auto operator<=>(const Date&, const Date&) = default;
};

// Days since 1970-01-01, and back (every int64 that stands for a year 1 … 9999).
std::int64_t to_days(const Date& date);
std::optional<Date> from_days(std::int64_t days);

bool is_leap(int year);
int days_in_month(int year, int month);
bool is_valid(const Date& date);
int weekday_of(const Date& date);  // 0 is Monday

// Months are clamped to the end of a shorter month (31 January + 1 month = 28 or 29 February).
std::optional<Date> add_months(const Date& date, std::int64_t months);
Date easter_sunday(int year);
// The nth (1 … 5, or -1 for the last) weekday of a month, if there is one.
std::optional<Date> nth_weekday(int year, int month, int weekday, int nth);

std::string_view weekday_name(int weekday);
std::string_view month_name(int month);    // 1 is January
std::string iso_text(const Date& date);    // 2027-03-01
std::string short_text(const Date& date);  // 1 March 2027
std::string long_text(const Date& date);   // Monday, 1 March 2027

}  // namespace cactus::cli
