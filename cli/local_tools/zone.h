// A time zone out of a TZif file (RFC 8536): offsets in the past from its table, in the future from
// its rule.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/local_tools/posix_zone.h"
#include "engine/base/result.h"

namespace cactus::cli {

struct ZoneOffset {
  std::int32_t seconds = 0;  // east of UTC
  std::string abbreviation;
  bool daylight = false;
};

class Zone {
 public:
  // `name` is what errors call the file. Errors: resources, for a file that is not TZif.
  static Result<Zone> parse(std::string_view bytes, std::string name);
  static Zone fixed(std::int32_t seconds, std::string name);

  const std::string& name() const { return name_; }
  ZoneOffset at(std::int64_t utc) const;  // seconds since 1970

  // A local time (seconds since 1970 as if the zone were UTC) as UTC. One that a clock change
  // skipped is taken with the offset before it; of one that happens twice, the first.
  enum class Kind { once, twice, skipped };
  struct Instant {
    std::int64_t utc = 0;
    Kind kind = Kind::once;
  };
  Instant to_utc(std::int64_t local) const;

 private:
  std::string name_;
  std::vector<std::int64_t> transitions_;  // ascending
  std::vector<std::uint8_t> types_;        // after each transition
  std::vector<ZoneOffset> offsets_;        // the first is in force before all transitions
  PosixZone rule_;                         // after the last transition
  bool has_rule_ = false;
};

}  // namespace cactus::cli
