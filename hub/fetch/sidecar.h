// The text beside a partial file: {"v":1, "size":…, "etag":…, "owner":{…}, "segments":[[begin, end,
// done], …]}.
#pragma once
#include <filesystem>
#include <optional>
#include <vector>

#include "hub/fetch/owner.h"
#include "hub/fetch/partial.h"

namespace cactus::hub {

struct Sidecar {
  Owner owner;
  std::vector<Segment> segments;
};

std::filesystem::path sidecar_of(const std::filesystem::path& partial);
std::string write_sidecar(const TreeFile& file, const Sidecar& sidecar);
// Nothing unless it is whole, of this file, and its segments cover it without a gap.
std::optional<Sidecar> parse_sidecar(std::string_view text, const TreeFile& file);
std::optional<Sidecar> read_sidecar(const std::filesystem::path& path, const TreeFile& file);

}  // namespace cactus::hub
