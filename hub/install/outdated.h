// What is installed against what the hub has today.
#pragma once
#include <string>

#include "hub/install/plan.h"
#include "hub/store/store.h"

namespace cactus::hub {

struct Newer {
  bool outdated = false;
  std::string version;  // what there is: a tag, or the first digits of a commit
  std::string why;      // when it cannot be told or never changes: "fixed to commit …"
};

// Published weights are outdated when a newer tag applies to this runtime; converted ones when their
// branch has other weight files than they were made from, or when published weights have come. Those
// installed at a commit or a tag by name never are.
Result<Newer> look_for_newer(HubApi& api, const HubCache& cache, const Installed& installed,
                             const PlanOptions& options);

}  // namespace cactus::hub
