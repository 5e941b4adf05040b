// The calendar and dates as people say them, with a fixed clock: Tuesday, 24 November 2026.
#include "cli/local_tools/date_words.h"
#include "tests/cli/local_tools/environment.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::cli;

namespace {

constexpr Date kToday = {2026, 11, 24};

std::string read(const std::string& text, Missing missing = Missing::upcoming,
                 const Date& today = kToday) {
  const auto date = read_date(text, {today, today, missing});
  return date ? iso_text(date->date) : "error: " + date.error().why;
}

}  // namespace

TEST_CASE("calendar: every day of four centuries there and back", "[cli]") {
  Date date{1900, 1, 1};
  for (std::int64_t day = to_days(date); date.year < 2300; ++day) {
    if (to_days(date) != day || from_days(day) != date) {
      FAIL(iso_text(date));
    }
    if (++date.day > days_in_month(date.year, date.month)) {
      date.day = 1;
      if (++date.month > 12) {
        date.month = 1;
        ++date.year;
      }
    }
  }
  CHECK(to_days({1970, 1, 1}) == 0);
  CHECK(to_days({2000, 3, 1}) == 11'017);
  CHECK(iso_text(*from_days(to_days({1, 1, 1}))) == "0001-01-01");
  CHECK(iso_text(*from_days(to_days({9999, 12, 31}))) == "9999-12-31");
  CHECK_FALSE(from_days(to_days({1, 1, 1}) - 1));
  CHECK_FALSE(from_days(to_days({9999, 12, 31}) + 1));
  CHECK_FALSE(from_days(INT64_MIN));
  CHECK_FALSE(from_days(INT64_MAX));
  CHECK(is_leap(2000));
  CHECK_FALSE(is_leap(1900));
  CHECK(is_leap(2028));
  CHECK(weekday_of(kToday) == 1);
  CHECK(weekday_of({1, 1, 1}) == 0);
  CHECK(weekday_of({1969, 7, 20}) == 6);
  for (const Date& easter : {Date{2024, 3, 31},
                             {2025, 4, 20},
                             {2026, 4, 5},
                             {2027, 3, 28},
                             {2038, 4, 25},
                             {1818, 3, 22}})
    CHECK(easter_sunday(easter.year) == easter);
  CHECK(iso_text(*add_months({2026, 1, 31}, 1)) == "2026-02-28");
  CHECK(iso_text(*add_months({2028, 1, 31}, 1)) == "2028-02-29");
  CHECK(iso_text(*add_months({2028, 2, 29}, 12)) == "2029-02-28");
  CHECK(iso_text(*add_months({2026, 1, 15}, -1)) == "2025-12-15");
  CHECK_FALSE(add_months({9999, 12, 1}, 1));
  CHECK_FALSE(add_months({1, 1, 1}, -1));
}

TEST_CASE("dates: what people say", "[cli]") {
  const std::pair<const char*, const char*> cases[] = {
      {"today", "2026-11-24"},
      {"now", "2026-11-24"},
      {"tonight", "2026-11-24"},
      {"this afternoon", "2026-11-24"},
      {"tomorrow", "2026-11-25"},
      {"tommorow", "2026-11-25"},
      {"tomorrow morning", "2026-11-25"},
      {"yesterday", "2026-11-23"},
      {"the day after tomorrow", "2026-11-26"},
      {"the day before yesterday", "2026-11-22"},
      {"Friday", "2026-11-27"},
      {"next Friday", "2026-11-27"},
      {"this Friday", "2026-11-27"},
      {"last Friday", "2026-11-20"},
      {"fri", "2026-11-27"},
      {"Tuesday", "2026-12-01"},  // today is one: the next
      {"this Tuesday", "2026-11-24"},
      {"last Tuesday", "2026-11-17"},
      {"Friday week", "2026-12-04"},
      {"Friday next week", "2026-12-04"},
      {"next week", "2026-12-01"},
      {"next month", "2026-12-24"},
      {"next year", "2027-11-24"},
      {"this weekend", "2026-11-28"},
      {"next weekend", "2026-12-05"},
      {"end of the month", "2026-11-30"},
      {"the end of next month", "2026-12-31"},
      {"end of the year", "2026-12-31"},
      {"beginning of next year", "2027-01-01"},
      {"end of February", "2027-02-28"},
      {"1 March", "2027-03-01"},
      {"March 1", "2027-03-01"},
      {"March 1st", "2027-03-01"},
      {"1st of March", "2027-03-01"},
      {"the 1st of March", "2027-03-01"},
      {"the first of March", "2027-03-01"},
      {"March first", "2027-03-01"},
      {"twenty-first of March", "2027-03-21"},
      {"the twenty first of March", "2027-03-21"},
      {"March 1st, 2027", "2027-03-01"},
      {"March 1 2028", "2028-03-01"},
      {"1 Mar 2028", "2028-03-01"},
      {"1 Mar '28", "2028-03-01"},
      {"Monday, 1 March 2027", "2027-03-01"},
      {"Mon March 1st", "2027-03-01"},
      {"24 November", "2026-11-24"},
      {"23 November", "2027-11-23"},
      {"25 December", "2026-12-25"},
      {"29 February", "2028-02-29"},
      {"febuary 3", "2027-02-03"},
      {"March", "2027-03-01"},
      {"March 2028", "2028-03-01"},
      {"2030", "2030-01-01"},
      {"the 5th", "2026-12-05"},
      {"the 30th", "2026-11-30"},
      {"the 5th of next month", "2026-12-05"},
      {"1 March next year", "2027-03-01"},
      {"2027-03-01", "2027-03-01"},
      {"2027/03/01", "2027-03-01"},
      {"20270301", "2027-03-01"},
      {"2027-03-01T15:00", "2027-03-01"},
      {"1.3.2027", "2027-03-01"},
      {"25.12.", "2026-12-25"},
      {"25/12", "2026-12-25"},
      {"12/25", "2026-12-25"},
      {"3/8/2027", "2027-08-03"},
      {"3/8/27", "2027-08-03"},
      {"12/25/2027", "2027-12-25"},
      {"Christmas", "2026-12-25"},
      {"christmas day", "2026-12-25"},
      {"Christmas 2027", "2027-12-25"},
      {"last Christmas", "2025-12-25"},
      {"Christmas Eve", "2026-12-24"},
      {"New Year", "2027-01-01"},
      {"New Year's Eve", "2026-12-31"},
      {"new year's day", "2027-01-01"},
      {"Halloween", "2027-10-31"},
      {"Valentine's Day", "2027-02-14"},
      {"valentines", "2027-02-14"},
      {"Easter", "2027-03-28"},
      {"Good Friday", "2027-03-26"},
      {"Easter Monday 2026", "2026-04-06"},
      {"Thanksgiving", "2026-11-26"},
      {"Black Friday", "2026-11-27"},
      {"the fourth of July", "2027-07-04"},
      {"Labor Day", "2027-09-06"},
      {"in 3 weeks", "2026-12-15"},
      {"in three weeks' time", "2026-12-15"},
      {"in a week", "2026-12-01"},
      {"in 2 weeks and 3 days", "2026-12-11"},
      {"3 weeks ago", "2026-11-03"},
      {"a month ago", "2026-10-24"},
      {"3 weeks from now", "2026-12-15"},
      {"a couple of days from today", "2026-11-26"},
      {"two weeks from Friday", "2026-12-11"},
      {"two days before Christmas", "2026-12-23"},
      {"10 days after 1 March", "2027-03-11"},
      {"the first Monday of March", "2027-03-01"},
      {"last Friday of November 2027", "2027-11-26"},
      {"the third thursday in may", "2027-05-20"},
      {"the last day of June", "2027-06-30"},
      {"first Monday of next month", "2026-12-07"},
      {"on 3 March", "2027-03-03"},
      {"December 25th please", "2026-12-25"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK(read(text) == expected);
  }
}

TEST_CASE("dates: without a year, the last one when the past is meant", "[cli]") {
  CHECK(read("1 March", Missing::past) == "2026-03-01");
  CHECK(read("25 December", Missing::past) == "2025-12-25");
  CHECK(read("24 November", Missing::past) == "2026-11-24");
  CHECK(read("29 February", Missing::past) == "2024-02-29");
  CHECK(read("Christmas", Missing::past) == "2025-12-25");
  CHECK(read("Friday", Missing::past) == "2026-11-20");
  CHECK(read("the 30th", Missing::past) == "2026-10-30");
  CHECK(read("29 February", Missing::upcoming, {2096, 3, 1}) == "2104-02-29");
}

TEST_CASE("dates: what is none says so", "[cli]") {
  for (const char* text :
       {"31 April",
        "30 February 2027",
        "2027-02-29",
        "32 March",
        "0 March",
        "2027-13-01",
        "0/0/2027",
        "99.99.9999",
        "",
        " ",
        "blue",
        "March March",
        "1 2 3",
        "15:30",
        "Friday Friday Friday",
        "in 99999999 years",
        "9999999999999999999 days ago",
        "1 March 12345",
        "day",
        "of",
        "the",
        "next",
        "in",
        "1/2/3/4",
        "-5",
        "the 32nd",
        "\xff\xfe",
        "2 days before",
        "a day before a day before a day before a day before a day before a day before today"}) {
    INFO(text << " -> " << read(text));
    CHECK(read(text).find("error: ") == 0);
  }
  CHECK(read("31 April 2027") == "error: April 2027 has only 30 days");
  CHECK(read(std::string(10'000, 'a')).find("longer") != std::string::npos);
}

TEST_CASE("days_between: until, since, between", "[cli]") {
  World world;
  const auto days = [&](const Json& arguments) {
    return world.ok("days_between", arguments).value["days"].get<int>();
  };
  CHECK(world.say("days_between", {{"to", "1 March"}}) == "97 days until Monday, 1 March 2027");
  CHECK(world.say("days_between", {{"to", "15 December"}}) ==
        "21 days (3 weeks) until Tuesday, 15 December 2026");
  CHECK(world.say("days_between", {{"from", "1 March"}}) == "268 days since Sunday, 1 March 2026");
  CHECK(world.say("days_between", {{"to", "today"}}).find("is today") != std::string::npos);
  CHECK(days({{"to", "25 December 2025"}}) == -334);
  CHECK(world.say("days_between", {{"to", "25 December 2025"}}) ==
        "Thursday, 25 December 2025 was 334 days ago");
  CHECK(days({{"from", "1 January 2028"}, {"to", "1 January 2029"}}) == 366);
  CHECK(days({{"from", "25 December"}, {"to", "3 January"}}) == 9);
  CHECK(days({{"from", "1 March"}, {"to", "1 June 2030"}}) == 92);
  CHECK(days({{"from", "28 February 2027"}, {"to", "1 March 2027"}}) == 1);
  CHECK(days({{"from", "28 February 2028"}, {"to", "1 March 2028"}}) == 2);
  CHECK(days({{"from", "today"}, {"to", "tomorrow"}}) == 1);
  CHECK(days({{"from", "3 May 2027"}, {"to", "1 May 2027"}}) == -2);
  CHECK(world.say("days_between", {{"to", "3/8/2027"}}).find("(read as day/month)") !=
        std::string::npos);
  CHECK(world.fail("days_between", Json::object()).why == "it counts from or to one");
  CHECK(world.fail("days_between", {{"to", "blurgh"}}).what == "cannot read the date 'blurgh'");
}

TEST_CASE("date_add: months end where they end", "[cli]") {
  World world;
  const auto add = [&](int amount, const char* unit, const char* direction, const char* date) {
    Json arguments = {{"amount", amount}, {"unit", unit}, {"direction", direction}};
    if (*date != '\0') arguments["date"] = date;
    return world.ok("date_add", arguments).value["date"].get<std::string>();
  };
  CHECK(add(3, "weeks", "after", "") == "2026-12-15");
  CHECK(add(1, "months", "after", "31 January 2027") == "2027-02-28");
  CHECK(add(1, "months", "before", "31 March 2028") == "2028-02-29");
  CHECK(add(1, "years", "after", "29 February 2028") == "2029-02-28");
  CHECK(add(4, "years", "after", "29 February 2028") == "2032-02-29");
  CHECK(add(100, "days", "before", "today") == "2026-08-16");
  CHECK(add(-3, "days", "after", "today") == "2026-11-21");
  CHECK(world.say("date_add", {{"amount", 1},
                               {"unit", "months"},
                               {"direction", "after"},
                               {"date", "31 January 2027"}}) ==
        "1 month after Sunday, 31 January 2027 is Sunday, 28 February 2027 (the last day of that "
        "month)");
  CHECK(world.say("date_add", {{"amount", 2}, {"unit", "days"}, {"direction", "before"}}) ==
        "2 days before today (Tuesday, 24 November 2026) was Sunday, 22 November 2026");
  CHECK(world.fail("date_add", {{"amount", 9'999'999}, {"unit", "years"}, {"direction", "after"}})
            .why.find("9999") != std::string::npos);
  CHECK(world.fail("date_add", {{"unit", "days"}, {"direction", "after"}}).what ==
        "date_add was called without 'amount'");
  CHECK(world.fail("date_add", {{"amount", 1}, {"unit", "moons"}, {"direction", "after"}})
            .why.find("days, weeks") != std::string::npos);
}

TEST_CASE("day_of_week", "[cli]") {
  World world;
  CHECK(world.say("day_of_week", {{"date", "1 March 2027"}}) == "1 March 2027 is a Monday");
  CHECK(world.say("day_of_week", {{"date", "20 July 1969"}}) == "20 July 1969 was a Sunday");
  CHECK(world.say("day_of_week", {{"date", "today"}}) == "24 November 2026 is a Tuesday, today");
  CHECK(world.ok("day_of_week", {{"date", "Christmas"}}).value["weekend"] == false);
}

TEST_CASE("today is the day of this machine's zone", "[cli]") {
  World world;
  world.now += 5 * 3600;  // 23:40 UTC: already Wednesday in Berlin
  CHECK(world.ok("day_of_week", {{"date", "today"}}).value["date"] == "2026-11-25");
  world.zones.local = "Pacific/Honolulu";
  CHECK(world.ok("day_of_week", {{"date", "today"}}).value["date"] == "2026-11-24");
  world.zones.local = "";  // no zone is known: UTC
  CHECK(world.ok("day_of_week", {{"date", "today"}}).value["date"] == "2026-11-24");
}
