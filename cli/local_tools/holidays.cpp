#include "cli/local_tools/holidays.h"

namespace cactus::cli {

// Fixed days have month and day; others an nth weekday of a month, or days from Easter Sunday.
struct Holiday {
  std::string_view names;  // separated by |
  int month = 0, day = 0;
  int weekday = -1, nth = 0;
  int from_easter = 0;
};

namespace {

constexpr Holiday kHolidays[] = {
    {"christmas|christmas day|xmas|xmas day|x mas", 12, 25},
    {"christmas eve|xmas eve", 12, 24},
    {"boxing day|second christmas day|st stephens day", 12, 26},
    {"new years eve|new year eve|nye|silvester|hogmanay", 12, 31},
    {"new year|new years|new years day|new year day", 1, 1},
    {"epiphany|three kings day", 1, 6},
    {"groundhog day", 2, 2},
    {"valentines day|valentines|valentine|valentine day|st valentines day|saint valentines day", 2,
     14},
    {"leap day", 2, 29},
    {"womens day|international womens day", 3, 8},
    {"pi day", 3, 14},
    {"st patricks day|saint patricks day|st patrick day|paddys day", 3, 17},
    {"april fools|april fools day|april fool day|april fool", 4, 1},
    {"earth day", 4, 22},
    {"may day|international workers day", 5, 1},
    {"star wars day", 5, 4},
    {"juneteenth", 6, 19},
    {"midsummer", 6, 24},
    {"canada day", 7, 1},
    {"independence day|fourth july|4th july|july fourth|july 4th", 7, 4},
    {"bastille day", 7, 14},
    {"assumption|assumption day", 8, 15},
    {"german unity day", 10, 3},
    {"halloween|hallowe en|all hallows eve", 10, 31},
    {"all saints|all saints day", 11, 1},
    {"all souls|all souls day", 11, 2},
    {"bonfire night|guy fawkes|guy fawkes night|guy fawkes day", 11, 5},
    {"veterans day|armistice day|remembrance day", 11, 11},
    {"st nicholas day|saint nicholas day", 12, 6},
    {"martin luther king day|mlk day", 1, 0, 0, 3},
    {"presidents day", 2, 0, 0, 3},
    {"mothers day|mother day", 5, 0, 6, 2},
    {"memorial day", 5, 0, 0, -1},
    {"fathers day|father day", 6, 0, 6, 3},
    {"labor day|labour day", 9, 0, 0, 1},
    {"columbus day|indigenous peoples day", 10, 0, 0, 2},
    {"thanksgiving|thanksgiving day", 11, 0, 3, 4},
    {"black friday", 11, 0, 3, 4},
    {"cyber monday", 11, 0, 3, 4},
    {"easter|easter sunday|easter day", 0, 0, -1, 0, 0},
    {"easter monday", 0, 0, -1, 0, 1},
    {"good friday", 0, 0, -1, 0, -2},
    {"maundy thursday", 0, 0, -1, 0, -3},
    {"palm sunday", 0, 0, -1, 0, -7},
    {"ash wednesday", 0, 0, -1, 0, -46},
    {"shrove tuesday|pancake day|mardi gras|fat tuesday", 0, 0, -1, 0, -47},
    {"ascension|ascension day", 0, 0, -1, 0, 39},
    {"pentecost|whit sunday|whitsun", 0, 0, -1, 0, 49},
    {"whit monday|pentecost monday", 0, 0, -1, 0, 50},
    {"corpus christi", 0, 0, -1, 0, 60},
};

bool names(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t bar = list.find('|');
    if (list.substr(0, bar) == name) return true;
    if (bar == std::string_view::npos) return false;
    list.remove_prefix(bar + 1);
  }
  return false;
}

}  // namespace

const Holiday* find_holiday(std::string_view name) {
  for (const Holiday& holiday : kHolidays)
    if (names(holiday.names, name)) return &holiday;
  return nullptr;
}

Date holiday_date(const Holiday& holiday, int year) {
  if (holiday.day != 0) return {year, holiday.month, holiday.day};
  if (holiday.month != 0) {
    const Date date = *nth_weekday(year, holiday.month, holiday.weekday, holiday.nth);
    // Named by what comes before them.
    const int after = holiday.names.starts_with("black")   ? 1
                      : holiday.names.starts_with("cyber") ? 4
                                                           : 0;
    return from_days(to_days(date) + after).value_or(date);
  }
  return from_days(to_days(easter_sunday(year)) + holiday.from_easter).value_or(Date{year, 1, 1});
}

}  // namespace cactus::cli
