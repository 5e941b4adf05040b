#include "hub/install/outdated.h"

#include <set>

#include "engine/weights/open.h"
#include "hub/source/hub_source.h"

namespace cactus::hub {
namespace {

// The checksums of the weight files a bundle was made from.
std::set<std::string> made_from(const Installed& installed) {
  std::set<std::string> sums;
  const auto manifest = read_bundle_manifest(installed.bundle);
  if (!manifest || !manifest->source.is_object()) return sums;
  const auto files = manifest->source.find("files");
  if (files == manifest->source.end() || !files->is_object()) return sums;
  for (const auto& [name, info] : files->items())
    for (const char* key : {"sha256", "git_sha1"})
      if (info.is_object() && info.contains(key) && info[key].is_string())
        sums.insert(info[key].get<std::string>());
  return sums;
}

std::set<std::string> weight_sums(const std::vector<TreeFile>& files) {
  const bool single = find_file(files, "model.safetensors") != nullptr;
  std::set<std::string> sums;
  for (const TreeFile& file : files) {
    const bool weights = single ? file.path == "model.safetensors"
                                : file.path.starts_with("model-") &&
                                      file.path.ends_with(".safetensors");
    if (weights) sums.insert(file.etag);
  }
  return sums;
}

}  // namespace

Result<Newer> look_for_newer(HubApi& api, const HubCache& cache, const Installed& installed,
                             const PlanOptions& options) {
  const Record& r = installed.record;
  Newer newer;
  const bool fixed = is_commit_prefix(r.revision) || tag_version(r.revision).has_value();
  if (fixed) {
    newer.version = installed.version();
    newer.why = "installed as @" + r.revision;
    return newer;
  }
  // What installing the same name anew would take.
  CACTUS_TRY(plan, make_plan(api, cache, {r.name, r.variant, r.revision}, options));
  newer.version = plan.version();
  if (plan.published() && r.published()) {
    const auto have = tag_version(r.tag), there = tag_version(plan.tag);
    newer.outdated = have && there ? *there > *have : plan.commit != r.commit;
  } else if (plan.published()) {
    newer.outdated = true;
    newer.why = "published weights have come";
  } else if (r.published()) {
    newer.version = r.tag;
    newer.why = "its tag is no longer there";
  } else if (plan.commit != r.commit) {
    newer.outdated = weight_sums(plan.files) != made_from(installed);
    if (!newer.outdated) newer.why = "the weights are the same at commit " + plan.version();
  }
  if (!newer.outdated && newer.why.empty()) newer.version = installed.version();
  return newer;
}

}  // namespace cactus::hub
