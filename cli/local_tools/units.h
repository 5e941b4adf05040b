// Units of measurement with their exact factors, found by what people call them.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/local_tools/rational.h"
#include "engine/base/result.h"

namespace cactus::cli {

enum class Dimension {
  length,
  mass,
  temperature,
  volume,
  area,
  speed,
  time,
  data,
  data_rate,
  energy,
  power,
  pressure,
  angle,
  fuel,
  frequency,
  force
};
std::string_view dimension_name(Dimension dimension);

// A value v of it is (v + offset) · factor of the dimension's base unit, or factor / v when
// `inverse` (litres per 100 km).
struct MeasureUnit {
  Dimension dimension;
  std::string_view name;     // singular, "kilometre"
  std::string_view factor;   // a decimal or "a/b", exact unless `rounded`
  std::string_view aliases;  // separated by |; singular is enough, letter case counts for symbols
  std::string_view offset = "0";
  bool inverse = false;
  bool rounded = false;  // the factor holds pi, or is an average
};
std::span<const MeasureUnit> all_units();

// What may be meant, the likeliest first: "oz" is two units. Spelling mistakes of one or two
// letters are forgiven in names of five letters or more, then `corrected` is set.
std::vector<const MeasureUnit*> find_units(std::string_view text, bool* corrected = nullptr);

struct Conversion {
  Rational value;
  const MeasureUnit* from;
  const MeasureUnit* to;
  bool exact;
  bool corrected_from, corrected_to;
};
// Errors carry their reason only.
Result<Conversion> convert(const Rational& value, std::string_view from, std::string_view to);

// Every digit of a short exact result, else six significant ones (all of a whole part's); the
// second says whether digits were left out.
std::pair<std::string, bool> converted_text(const Conversion& conversion);

}  // namespace cactus::cli
