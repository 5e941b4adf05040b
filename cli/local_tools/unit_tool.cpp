#include "cli/local_tools/local_tools.h"
#include "cli/local_tools/units.h"

namespace cactus::cli {
namespace {

// "degree Celsius" → "°C", "mile" → "miles".
std::string shown_unit(const MeasureUnit& unit, std::string_view typed, bool corrected) {
  if (unit.dimension == Dimension::temperature)
    return std::string(unit.aliases.substr(0, unit.aliases.find('|')));
  if (corrected) return std::string(unit.name) + "s";
  return std::string(typed);
}

}  // namespace

Result<ToolAnswer> run_convert_unit(const Arguments& arguments, const ToolEnvironment&) {
  CACTUS_TRY(number, arguments.number("value"));
  CACTUS_TRY(from, arguments.text("from"));
  CACTUS_TRY(to, arguments.text("to"));
  const Rational value = Rational::parse(number);
  auto conversion = convert(value, from, to);
  if (!conversion) {
    Error error = std::move(conversion).error();
    error.what = "cannot convert " + in_quotes(from) + " to " + in_quotes(to);
    return error;
  }
  const auto [digits, rounded] = converted_text(*conversion);
  ToolAnswer answer;
  answer.value = {{"value", Json::parse(number, nullptr, false)},
                  {"from", conversion->from->name},
                  {"to", conversion->to->name},
                  {"result", Json::parse(digits, nullptr, false)},
                  {"exact", !rounded}};
  const int decimals = exact_decimals(value, 15);
  const std::string given = decimals >= 0 ? fixed_text(value, decimals) : rounded_text(value, 12);
  answer.sentence = grouped(given) + " " +
                    shown_unit(*conversion->from, from, conversion->corrected_from) +
                    (rounded ? " ≈ " : " = ") + grouped(digits) + " " +
                    shown_unit(*conversion->to, to, conversion->corrected_to);
  return answer;
}

}  // namespace cactus::cli
