// strftime as Python's datetime has it, in English whatever the locale.
#include <array>
#include <ctime>

#include "engine/template/builtins.h"

namespace cactus::jinja {
namespace {

constexpr std::array<const char*, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                              "Thursday", "Friday", "Saturday"};
constexpr std::array<const char*, 12> kMonths = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};

std::string number(int value, int width, char fill = '0') {
  std::string text = std::to_string(value);
  if (fill != '\0' && static_cast<int>(text.size()) < width) {
    text.insert(0, static_cast<std::size_t>(width) - text.size(), fill);
  }
  return text;
}

// ISO 8601 week: the one that holds the year's Thursday.
void iso_week(const std::tm& t, int& year, int& week) {
  const int weekday = (t.tm_wday + 6) % 7;
  year = t.tm_year + 1900;
  week = (t.tm_yday - weekday + 10) / 7;
  auto weeks_in = [&](int y) {
    auto p = [](int v) { return (v + v / 4 - v / 100 + v / 400) % 7; };
    return p(y) == 4 || p(y - 1) == 3 ? 53 : 52;
  };
  if (week < 1) {
    week = weeks_in(--year);
  } else if (week > weeks_in(year)) {
    week = 1;
    ++year;
  }
}

// `plain`: the directive had a "-" (glibc's and BSD's way of leaving out the padding).
std::string directive(char c, const std::tm& t, bool plain, std::int64_t seconds) {
  const char zero = plain ? '\0' : '0';
  const auto day = static_cast<std::size_t>(t.tm_wday % 7),
             month = static_cast<std::size_t>(t.tm_mon % 12);
  const int hour12 = t.tm_hour % 12 == 0 ? 12 : t.tm_hour % 12;
  int year = 0, week = 0;
  iso_week(t, year, week);
  switch (c) {
    case 'a':
      return std::string(kDays[day]).substr(0, 3);
    case 'A':
      return kDays[day];
    case 'b':
    case 'h':
      return std::string(kMonths[month]).substr(0, 3);
    case 'B':
      return kMonths[month];
    case 'd':
      return number(t.tm_mday, 2, zero);
    case 'e':
      return number(t.tm_mday, 2, plain ? '\0' : ' ');
    case 'm':
      return number(t.tm_mon + 1, 2, zero);
    case 'y':
      return number((t.tm_year + 1900) % 100, 2, zero);
    case 'Y':
      return number(t.tm_year + 1900, 4, zero);
    case 'C':
      return number((t.tm_year + 1900) / 100, 2, zero);
    case 'H':
      return number(t.tm_hour, 2, zero);
    case 'I':
      return number(hour12, 2, zero);
    case 'k':
      return number(t.tm_hour, 2, ' ');
    case 'l':
      return number(hour12, 2, ' ');
    case 'M':
      return number(t.tm_min, 2, zero);
    case 'S':
      return number(t.tm_sec, 2, zero);
    case 'f':
      return "000000";
    case 'p':
      return t.tm_hour < 12 ? "AM" : "PM";
    case 'P':
      return t.tm_hour < 12 ? "am" : "pm";
    case 'j':
      return number(t.tm_yday + 1, 3, zero);
    case 'w':
      return number(t.tm_wday, 1);
    case 'u':
      return number(t.tm_wday == 0 ? 7 : t.tm_wday, 1);
    case 'U':
      return number((t.tm_yday + 7 - t.tm_wday) / 7, 2, zero);
    case 'W':
      return number((t.tm_yday + 7 - (t.tm_wday + 6) % 7) / 7, 2, zero);
    case 'V':
      return number(week, 2, zero);
    case 'G':
      return number(year, 4, zero);
    case 's':
      return std::to_string(seconds);
    case 'z':
    case 'Z':
      return {};  // Python's naive datetime has no zone
    case 'n':
      return "\n";
    case 't':
      return "\t";
    case '%':
      return "%";
    default:
      return std::string("%") + c;
  }
}

std::string expand(std::string_view format, const std::tm& t, std::int64_t seconds) {
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 >= format.size()) {
      out += format[i];
      continue;
    }
    const bool plain = format[i + 1] == '-' && i + 2 < format.size();
    const char c = format[plain ? (i += 2) : ++i];
    switch (c) {
      case 'F':
        out += expand("%Y-%m-%d", t, seconds);
        break;
      case 'T':
      case 'X':
        out += expand("%H:%M:%S", t, seconds);
        break;
      case 'R':
        out += expand("%H:%M", t, seconds);
        break;
      case 'r':
        out += expand("%I:%M:%S %p", t, seconds);
        break;
      case 'D':
      case 'x':
        out += expand("%m/%d/%y", t, seconds);
        break;
      case 'c':
        out += expand("%a %b %e %H:%M:%S %Y", t, seconds);
        break;
      default:
        out += directive(c, t, plain, seconds);
    }
  }
  return out;
}

}  // namespace

std::string format_time(std::int64_t seconds, std::string_view format) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm local{};
  if (localtime_r(&time, &local) == nullptr) fail("the time is out of range");
  return expand(format, local, seconds);
}

}  // namespace cactus::jinja
