// What this program is: for `--version` and bug reports.
#pragma once
#include <string>

#include "engine/base/json.h"

namespace cactus::cli {

struct BuildInfo {
  const char* version;  // "1.15.0"
  const char* weights;  // weight format: "1.15"
  const char* commit;   // "abc1234", or "unknown"
  const char* built;    // "2026-11-20"
};
BuildInfo build_info();

// "arm64", "x86_64".
const char* architecture();

// One line; `force_isa` as CACTUS_FORCE_ISA says, may be empty.
std::string version_line(const std::string& force_isa);
Json version_object(const std::string& force_isa);

}  // namespace cactus::cli
