// From the name of a town, country or time zone to its zone.
#pragma once
#include <string>
#include <string_view>

#include "cli/local_tools/tool.h"
#include "cli/local_tools/zone.h"

namespace cactus::cli {

struct Place {
  Zone zone;
  std::string shown;  // how the place is called in an answer
};

// Towns, countries, "Eastern time", "EST", "UTC+5:30", IANA names in any case, "New York time",
// "Paris, France", with or without accents. An empty `text` is this machine's zone. Errors: usage
// (what is not known, or has several zones), resources (no database).
Result<Place> find_place(std::string_view text, const ZoneFiles& files);

// One row of the table of towns: a zone and lower-case names without accents, separated by '|'.
struct ZoneNames {
  std::string_view zone;
  std::string_view names;
};
std::span<const ZoneNames> place_table();

}  // namespace cactus::cli
