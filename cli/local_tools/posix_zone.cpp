#include "cli/local_tools/posix_zone.h"

#include "cli/local_tools/calendar.h"

namespace cactus::cli {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<PosixZone> read() {
    PosixZone zone;
    std::int32_t west = 0;
    if (!name(zone.standard) || !time(west, 24)) return std::nullopt;
    zone.standard_offset = -west;
    if (text_.empty()) return zone;
    if (!name(zone.daylight)) return std::nullopt;
    zone.daylight_offset = zone.standard_offset + 3600;
    if (!text_.empty() && text_[0] != ',') {
      if (!time(west, 24)) return std::nullopt;
      zone.daylight_offset = -west;
    }
    if (!change(zone.start) || !change(zone.end) || !text_.empty()) return std::nullopt;
    return zone;
  }

 private:
  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name(std::string& out) {
    const bool bracketed = take('<');
    while (!text_.empty()) {
      const char c = text_[0];
      const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      const bool more = bracketed && ((c >= '0' && c <= '9') || c == '+' || c == '-');
      if (!letter && !more) break;
      out += c;
      text_.remove_prefix(1);
    }
    return out.size() >= 3 && out.size() <= 16 && (!bracketed || take('>'));
  }
  bool number(int& out, int most) {
    std::size_t digits = 0;
    out = 0;
    while (digits < text_.size() && digits < 3 && text_[digits] >= '0' && text_[digits] <= '9')
      out = out * 10 + (text_[digits++] - '0');
    text_.remove_prefix(digits);
    return digits > 0 && out <= most;
  }
  bool time(std::int32_t& seconds, int most_hours) {
    const bool negative = take('-');
    if (!negative) take('+');
    int h = 0, m = 0, s = 0;
    if (!number(h, most_hours)) return false;
    if (take(':') && !number(m, 59)) return false;
    if (take(':') && !number(s, 59)) return false;
    seconds = (h * 3600 + m * 60 + s) * (negative ? -1 : 1);
    return true;
  }
  bool change(PosixZone::Change& out) {
    using Kind = PosixZone::Change::Kind;
    if (!take(',')) return false;
    if (take('M')) {
      if (!number(out.month, 12) || !take('.') || !number(out.week, 5) || !take('.') ||
          !number(out.day, 6) || out.month < 1 || out.week < 1)
        return false;
    } else {
      out.kind = take('J') ? Kind::julian : Kind::day_of_year;
      if (!number(out.day, out.kind == Kind::julian ? 365 : 365)) return false;
      if (out.kind == Kind::julian && out.day < 1) return false;
    }
    return !take('/') || time(out.time, 167);
  }

  std::string_view text_;
};

// Local seconds since 1970 at which a change happens in `year`.
std::int64_t change_time(const PosixZone::Change& change, int year) {
  using Kind = PosixZone::Change::Kind;
  std::int64_t days = to_days({year, 1, 1});
  if (change.kind == Kind::month_week_day) {
    const int weekday = (change.day + 6) % 7;  // POSIX counts from Sunday
    const auto date = nth_weekday(year, change.month, weekday, change.week == 5 ? -1 : change.week);
    days = date ? to_days(*date) : days;
  } else if (change.kind == Kind::julian) {  // 29 February is never counted
    days += change.day - 1 + (is_leap(year) && change.day >= 60 ? 1 : 0);
  } else {
    days += change.day;
  }
  return days * 86'400 + change.time;
}

}  // namespace

bool PosixZone::is_daylight(std::int64_t utc) const {
  if (daylight.empty()) return false;
  const std::int64_t local = utc + standard_offset;
  const auto date = from_days((local >= 0 ? local : local - 86'399) / 86'400);
  if (!date) return false;
  const std::int64_t begin = change_time(start, date->year) - standard_offset;
  const std::int64_t finish = change_time(end, date->year) - daylight_offset;
  return begin < finish ? utc >= begin && utc < finish : utc >= begin || utc < finish;
}

std::optional<PosixZone> parse_posix_zone(std::string_view text) {
  return Reader(text).read();
}

}  // namespace cactus::cli
