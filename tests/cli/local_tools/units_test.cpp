// Conversions: known values, names and slips, round trips.
#include "cli/local_tools/units.h"

#include "cli/local_tools/quantity.h"
#include "tests/cli/local_tools/environment.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::cli;

namespace {

std::string converted(const char* value, const char* from, const char* to) {
  const auto conversion = convert(Rational::parse(value), from, to);
  if (!conversion) return "error: " + conversion.error().why;
  const auto [text, rounded] = converted_text(*conversion);
  return (rounded ? "~" : "") + text;
}

}  // namespace

TEST_CASE("units: values that are known", "[cli]") {
  struct Case {
    const char *value, *from, *to, *expected;
  };
  const Case cases[] = {
      {"5", "miles", "km", "8.04672"},
      {"1", "mile", "feet", "5280"},
      {"1", "inch", "cm", "2.54"},
      {"6", "ft", "m", "1.8288"},
      {"1", "nautical mile", "km", "1.852"},
      {"1", "light year", "km", "~9460730472581"},
      {"100", "°F", "°C", "~37.7778"},
      {"32", "F", "C", "0"},
      {"-40", "celsius", "fahrenheit", "-40"},
      {"0", "C", "K", "273.15"},
      {"180", "degrees", "celsius", "~82.2222"},
      {"20", "degrees", "fahrenheit", "68"},
      {"180", "degrees", "radians", "~3.14159"},
      {"1", "kg", "lbs", "~2.20462"},
      {"10", "stone", "kg", "63.5029318"},
      {"8", "oz", "g", "226.796185"},
      {"8", "oz", "ml", "236.5882365"},
      {"1", "cup", "tablespoons", "16"},
      {"1", "tbsp", "tsp", "3"},
      {"2", "liters", "gallons", "~0.528344"},
      {"1", "imperial gallon", "litres", "4.54609"},
      {"1", "acre", "square feet", "43560"},
      {"1", "square mile", "acres", "640"},
      {"1", "hectare", "m2", "10000"},
      {"100", "km/h", "mph", "~62.1371"},
      {"60", "mph", "km/h", "96.56064"},
      {"10", "m/s", "knots", "~19.4384"},
      {"1", "hour", "seconds", "3600"},
      {"2", "weeks", "hours", "336"},
      {"1", "GB", "MB", "1000"},
      {"1", "GiB", "MiB", "1024"},
      {"8", "bits", "bytes", "1"},
      {"1", "kb", "bits", "1000"},
      {"1", "KB", "bytes", "1000"},
      {"1", "kcal", "kJ", "4.184"},
      {"1", "kWh", "joules", "3600000"},
      {"1", "BTU", "joules", "~1055.06"},
      {"1", "atm", "psi", "~14.6959"},
      {"1", "bar", "pascals", "100000"},
      {"760", "mmHg", "atm", "~1"},
      {"1", "hp", "watts", "~745.7"},
      {"30", "mpg", "liters per 100 km", "~7.84049"},
      {"5", "l/100km", "mpg", "~47.0429"},
      {"12", "km per liter", "mpg", "28.22575"},
      {"90", "km", "km", "90"},
      {"0.000001", "mm", "light years", "~1.057e-25"},
  };
  for (const Case& c : cases) {
    INFO(c.value << " " << c.from << " in " << c.to);
    CHECK(converted(c.value, c.from, c.to) == c.expected);
  }
}

TEST_CASE("units: every name leads back to its unit, and every unit there and back", "[cli]") {
  int names = 0;
  for (const MeasureUnit& unit : all_units()) {
    std::string_view rest = unit.aliases;
    while (!rest.empty()) {
      const std::size_t bar = std::min(rest.find('|'), rest.size());
      const std::string alias(rest.substr(0, bar));
      rest.remove_prefix(std::min(bar + 1, rest.size()));
      INFO(alias);
      const auto found = find_units(alias);
      CHECK(std::find(found.begin(), found.end(), &unit) != found.end());
      ++names;
    }
    INFO(unit.name);
    const auto by_name = find_units(std::string(unit.name) + "s");
    CHECK(std::find(by_name.begin(), by_name.end(), &unit) != by_name.end());
    for (const MeasureUnit& other : all_units()) {
      if (other.dimension != unit.dimension) continue;
      INFO(other.name);
      const Rational value = Rational::parse("123.456");
      const auto there = convert(value, unit.name, other.name);
      REQUIRE(there);
      const auto back = convert(there->value, other.name, unit.name);
      REQUIRE(back);
      CHECK(back->value == value);  // exactly: factors are fractions
    }
  }
  CHECK(names > 400);
}

TEST_CASE("units: slips are forgiven, nonsense is not", "[cli]") {
  World world;
  const auto slip = world.ok("convert_unit", {{"value", 3}, {"from", "kilomters"}, {"to", "mils"}});
  CHECK(slip.value["from"] == "kilometre");
  CHECK(converted("1", "farenheit", "celcius") == "~-17.2222");
  CHECK(converted("1", "Kilogrammes", "POUNDS") == "~2.20462");
  CHECK(converted("1", "metres squared", "sq. ft") == "~10.7639");
  CHECK(world.fail("convert_unit", {{"value", 3}, {"from", "miles"}, {"to", "kg"}}).why ==
        "'miles' measures a length, 'kg' a mass");
  CHECK(world.fail("convert_unit", {{"value", 3}, {"from", "dollars"}, {"to", "euros"}})
            .why.find("network") != std::string::npos);
  CHECK(world.fail("convert_unit", {{"value", 3}, {"from", "smoots"}, {"to", "km"}})
            .why.find("'smoots'") != std::string::npos);
  CHECK(world.fail("convert_unit", {{"value", -500}, {"from", "C"}, {"to", "F"}})
            .why.find("absolute zero") != std::string::npos);
  CHECK(world.fail("convert_unit", {{"value", 0}, {"from", "mpg"}, {"to", "l/100km"}})
            .why.find("zero") != std::string::npos);
}

TEST_CASE("units tool: the sentence", "[cli]") {
  World world;
  CHECK(world.say("convert_unit", {{"value", 5}, {"from", "miles"}, {"to", "km"}}) ==
        "5 miles = 8.04672 km");
  CHECK(world.say("convert_unit", {{"value", 98.6}, {"from", "F"}, {"to", "C"}}) ==
        "98.6 °F = 37 °C");
  CHECK(world.say("convert_unit", {{"value", "12,000"}, {"from", "m"}, {"to", "feet"}}) ==
        "12,000 m ≈ 39,370.1 feet");
  CHECK(world.say("convert_unit", {{"value", 1e300}, {"from", "m"}, {"to", "km"}}).find("e+") !=
        std::string::npos);
}
