// Days with names. Where countries differ the name says whose it is, or it is the United States'.
#pragma once
#include <string_view>

#include "cli/local_tools/calendar.h"

namespace cactus::cli {

struct Holiday;
// `name` in lower case without apostrophes, "of" and "the": "christmas eve". Null when unknown.
const Holiday* find_holiday(std::string_view name);
Date holiday_date(const Holiday& holiday, int year);

}  // namespace cactus::cli
