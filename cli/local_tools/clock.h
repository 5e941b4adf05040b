// What time and day it is in a zone.
#pragma once
#include "cli/local_tools/calendar.h"
#include "cli/local_tools/tool.h"
#include "cli/local_tools/zone.h"

namespace cactus::cli {

struct LocalTime {
  Date date;
  int minutes = 0;  // after midnight
  int seconds = 0;
  ZoneOffset offset;
};
// Errors: usage, outside of the years 1 to 9999.
Result<LocalTime> local_time(const Zone& zone, std::int64_t utc);

// Today on this machine; UTC's where it has no zone.
Result<Date> today(const ToolEnvironment& environment);

// "UTC+5:30".
std::string offset_text(std::int32_t seconds);

}  // namespace cactus::cli
