// The TZ string of POSIX, the footer of TZif files: "CET-1CEST,M3.5.0,M10.5.0/3".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cactus::cli {

struct PosixZone {
  struct Change {
    enum class Kind { month_week_day, julian, day_of_year } kind = Kind::month_week_day;
    int month = 0, week = 0, day = 0;
    std::int32_t time = 7200;  // seconds after local midnight, -167 to 167 hours
  };
  std::string standard, daylight;  // abbreviations; daylight empty: no changes
  std::int32_t standard_offset = 0, daylight_offset = 0;  // seconds east of UTC
  Change start, end;

  bool is_daylight(std::int64_t utc) const;
};

std::optional<PosixZone> parse_posix_zone(std::string_view text);

}  // namespace cactus::cli
