// Which tag of published weights a runtime takes. Weights are tagged anew only when their format
// changes, so the newest tag that is not newer than the runtime is the right one.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/version.h"

namespace cactus::hub {

struct Tag {
  std::string name;    // "v1.15"
  std::string commit;  // 40 hexadecimal digits
};

// vX.Y or vX.Y.Z, with or without the v; nothing else is a version.
std::optional<Version> tag_version(std::string_view tag);

// The greatest version ≤ `runtime`, compared as numbers; null when there is none. Of two names of one
// version the one with a v, then the shorter.
const Tag* choose_tag(std::span<const Tag> tags, const Version& runtime);

// "v1.0, v1.7, v1.15" in their order; "none" without any. Tags that are no versions are left out.
std::string version_list(std::span<const Tag> tags);

}  // namespace cactus::hub
