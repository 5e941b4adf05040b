// Any bytes as arithmetic, a date, a time, a unit, a place, a time zone file: an answer or an error
// with a reason, and what is answered lies within its bounds.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "cli/local_tools/calculator.h"
#include "cli/local_tools/date_words.h"
#include "cli/local_tools/local_tools.h"
#include "cli/local_tools/places.h"
#include "cli/local_tools/time_words.h"
#include "cli/local_tools/units.h"

using namespace cactus;
using namespace cactus::cli;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

class NoZones : public ZoneFiles {
 public:
  Result<std::vector<std::string>> names() const override {
    return std::vector<std::string>{"Europe/Berlin"};
  }
  Result<std::string> read(const std::string&) const override { return file; }
  std::string local_name() const override { return {}; }
  Result<std::string> local_file() const override { return file; }
  std::string file;
};

void check_date(std::string_view text) {
  const Date today{2026, 11, 24};
  for (const Missing missing : {Missing::upcoming, Missing::past}) {
    const auto date = read_date(text, {today, today, missing});
    if (!date) continue;
    require(is_valid(date->date));
    require(from_days(to_days(date->date)) == date->date);
  }
}

void check_zone(std::string_view bytes, const std::string& text) {
  NoZones zones;
  zones.file = bytes;
  if (const auto zone = Zone::parse(bytes, "X")) {
    for (const std::int64_t time : {INT64_C(-99'999'999'999), INT64_C(0), INT64_C(4'000'000'000)}) {
      require(zone->at(time).seconds <= 100'000);
      (void)zone->to_utc(time);
    }
  }
  (void)find_place(text, zones).ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      if (const auto result = calculate(text)) {
        require(result->value.exact.bits() <= kMostBits + 64);
        require(!quantity_text(result->value).first.empty());
      }
      break;
    case 1:
      check_date(text);
      break;
    case 2:
      if (const auto time = read_time(text)) require(time->minutes >= 0 && time->minutes < 1440);
      break;
    case 3: {
      const std::size_t half = text.size() / 2;
      if (const auto result =
              convert(Rational::parse("12.5"), text.substr(0, half), text.substr(half)))
        require(!converted_text(*result).first.empty());
      break;
    }
    case 4:
      check_zone(text, "Berlin");
      break;
    default:
      check_zone("", text);
  }
  return 0;
}
