// Dates as people say them: "1 March", "March 1st 2027", "next Friday", "tomorrow", "Christmas",
// "2027-03-01", "25.12.", "in 3 weeks", "the first Monday of May", "two days before Easter".
#pragma once
#include <string>
#include <string_view>

#include "cli/local_tools/calendar.h"
#include "engine/base/result.h"

namespace cactus::cli {

// What a date without a year means, seen from `reference`.
enum class Missing { upcoming, past };  // the first on or after it; the last on or before it

struct DateRequest {
  Date today;
  Date reference;  // usually today
  Missing missing = Missing::upcoming;
};

struct SpokenDate {
  Date date;
  bool has_year = true;  // false: the year was chosen by the request's rule
  std::string note;      // "read as day/month", or empty
};

// Errors carry their reason only.
Result<SpokenDate> read_date(std::string_view text, const DateRequest& request);

}  // namespace cactus::cli
