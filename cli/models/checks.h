// What `doctor` looks at. Each check works on a broken install: no network, no home, a cache that
// cannot be written.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"

namespace cactus::cli {

enum class Health { good, remark, problem };

struct Finding {
  Health health = Health::good;
  std::string text;
  std::string fix = {};  // a command or an advice; empty: none
};

struct Check {
  std::string_view name;
  std::string_view help;
  bool network = false;  // left out offline
  std::vector<Finding> (*look)(Context&);
};

std::span<const Check> checks();

}  // namespace cactus::cli
