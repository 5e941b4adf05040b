// Times of day as people say them: "3pm", "15:30", "half past two", "noon", "7 in the evening".
#pragma once
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cactus::cli {

struct SpokenTime {
  int minutes = 0;            // after midnight, 0 to 1439
  bool twelve_hours = false;  // said with am or pm, so answers are, too
  bool now = false;
  std::string date;  // what was said of the day besides ("tomorrow"), or empty
};

// Errors carry their reason only.
Result<SpokenTime> read_time(std::string_view text);

// "15:30", or "3:30 pm".
std::string clock_text(int minutes, bool twelve_hours);

}  // namespace cactus::cli
