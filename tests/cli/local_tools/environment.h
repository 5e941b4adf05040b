// A world that tests choose: the clock, the zones (written here as TZif files), the random bytes.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/local_tools/local_tools.h"
#include "cli/local_tools/posix_zone.h"

namespace cactus::cli {

// A TZif file of version 2: `transitions` (UTC seconds, index of a type), types (offset, daylight,
// abbreviation) and the rule for the time after.
struct ZoneSource {
  struct Type {
    std::int32_t offset;
    bool daylight;
    std::string abbreviation;
  };
  std::vector<std::pair<std::int64_t, std::uint8_t>> transitions;
  std::vector<Type> types;
  std::string rule;
};
std::string tzif(const ZoneSource& source);
std::string tzif_of_rule(const std::string& rule);  // no table, the rule alone

class MemoryZones : public ZoneFiles {
 public:
  MemoryZones();  // the zones that tests need, with their rules of 2026
  Result<std::vector<std::string>> names() const override;
  Result<std::string> read(const std::string& name) const override;
  std::string local_name() const override { return local; }
  Result<std::string> local_file() const override;

  std::map<std::string, std::string> files;
  std::string local = "Europe/Berlin";
};

struct World {
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  ToolEnvironment environment();
  ToolAnswer ok(const std::string& tool, const Json& arguments);  // fails the test on an error
  std::string say(const std::string& tool, const Json& arguments) {
    return ok(tool, arguments).sentence;
  }
  Error fail(const std::string& tool, const Json& arguments);

  std::int64_t now = 1'795'545'600;  // Tuesday, 24 November 2026, 18:40:00 UTC
  MemoryZones zones;
  std::uint64_t seed = 1;            // of the random bytes
  std::vector<std::uint8_t> script;  // bytes given first
  std::size_t given = 0;
};

}  // namespace cactus::cli
