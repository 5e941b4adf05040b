#include "tests/cli/local_tools/environment.h"

#include "tests/support/catch.h"

namespace cactus::cli {
namespace {

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 255);
}

void put_block(std::string& out, const ZoneSource& source, int width) {
  std::string letters;
  std::vector<std::size_t> places;
  for (const auto& type : source.types) {
    places.push_back(letters.size());
    letters += type.abbreviation + '\0';
  }
  out += "TZif2";
  out.append(15, '\0');
  put(out, 0, 4);
  put(out, 0, 4);
  put(out, 0, 4);
  put(out, source.transitions.size(), 4);
  put(out, source.types.size(), 4);
  put(out, letters.size(), 4);
  for (const auto& [time, type] : source.transitions)
    put(out, static_cast<std::uint64_t>(time), width);
  for (const auto& [time, type] : source.transitions) put(out, type, 1);
  for (std::size_t i = 0; i < source.types.size(); ++i) {
    put(out, static_cast<std::uint32_t>(source.types[i].offset), 4);
    put(out, source.types[i].daylight ? 1 : 0, 1);
    put(out, places[i], 1);
  }
  out += letters;
}

}  // namespace

std::string tzif(const ZoneSource& source) {
  std::string out;
  put_block(out, {{}, source.types, {}}, 4);
  put_block(out, source, 8);
  return out + "\n" + source.rule + "\n";
}

std::string tzif_of_rule(const std::string& rule) {
  const auto parsed = parse_posix_zone(rule);
  REQUIRE(parsed);
  return tzif({{}, {{parsed->standard_offset, false, parsed->standard}}, rule});
}

MemoryZones::MemoryZones() {
  for (const auto& [name, rule] : {
           std::pair<const char*, const char*>{"Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"},
           {"Europe/London", "GMT0BST,M3.5.0/1,M10.5.0"},
           {"Europe/Paris", "CET-1CEST,M3.5.0,M10.5.0/3"},
           {"America/New_York", "EST5EDT,M3.2.0,M11.1.0"},
           {"America/Los_Angeles", "PST8PDT,M3.2.0,M11.1.0"},
           {"America/Sao_Paulo", "<-03>3"},
           {"America/St_Johns", "NST3:30NDT,M3.2.0,M11.1.0"},
           {"Asia/Tokyo", "JST-9"},
           {"Asia/Kolkata", "IST-5:30"},
           {"Asia/Kathmandu", "<+0545>-5:45"},
           {"Australia/Sydney", "AEST-10AEDT,M10.1.0,M4.1.0/3"},
           {"Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"},
           {"Pacific/Apia", "<+13>-13"},
           {"Pacific/Honolulu", "HST10"},
           {"Etc/UTC", "UTC0"},
           {"UTC", "UTC0"},
       })
    files[name] = tzif_of_rule(rule);
}

Result<std::vector<std::string>> MemoryZones::names() const {
  std::vector<std::string> all;
  for (const auto& [name, bytes] : files) all.push_back(name);
  if (all.empty()) return make_error(ErrorKind::resources, "no time zones");
  return all;
}

Result<std::string> MemoryZones::read(const std::string& name) const {
  const auto found = files.find(name);
  if (found == files.end()) return make_error(ErrorKind::resources, "no zone " + name);
  return found->second;
}

Result<std::string> MemoryZones::local_file() const {
  return make_error(ErrorKind::resources, "no local zone");
}

ToolEnvironment World::environment() {
  return {[this] { return now; }, &zones,
          [this](std::span<std::uint8_t> out) -> Status {
            for (std::uint8_t& byte : out) {
              if (given < script.size()) {
                byte = script[given++];
                continue;
              }
              seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
              byte = static_cast<std::uint8_t>(seed >> 56);
            }
            return ok_status();
          }};
}

ToolAnswer World::ok(const std::string& tool, const Json& arguments) {
  const auto answer = run_local_tool(tool, arguments, environment());
  INFO(tool << " " << dump_json(arguments));
  if (!answer) FAIL(answer.error().what << ": " << answer.error().why);
  return *answer;
}

Error World::fail(const std::string& tool, const Json& arguments) {
  const auto answer = run_local_tool(tool, arguments, environment());
  INFO(tool << " " << dump_json(arguments));
  if (answer) FAIL("answered " << answer->sentence);
  CHECK_FALSE(answer.error().what.empty());
  return answer.error();
}

}  // namespace cactus::cli
