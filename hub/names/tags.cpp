#include "hub/names/tags.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace cactus::hub {

std::optional<Version> tag_version(std::string_view tag) {
  if (tag.starts_with('v')) tag.remove_prefix(1);
  return parse_version(tag);
}

const Tag* choose_tag(std::span<const Tag> tags, const Version& runtime) {
  const auto rank = [](const Tag& tag) {
    return std::tuple(*tag_version(tag.name), tag.name.starts_with('v'),
                      -static_cast<long>(tag.name.size()));
  };
  const Tag* best = nullptr;
  for (const Tag& tag : tags) {
    const auto version = tag_version(tag.name);
    if (!version || *version > runtime) continue;
    if (best == nullptr || rank(tag) > rank(*best)) best = &tag;
  }
  return best;
}

std::string version_list(std::span<const Tag> tags) {
  std::vector<std::pair<Version, std::string_view>> found;
  for (const Tag& tag : tags)
    if (const auto version = tag_version(tag.name)) found.emplace_back(*version, tag.name);
  std::sort(found.begin(), found.end());
  std::string text;
  for (const auto& [version, name] : found) text += (text.empty() ? "" : ", ") + std::string(name);
  return text.empty() ? "none" : text;
}

}  // namespace cactus::hub
