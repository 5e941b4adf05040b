#include "hub/install/outdated.h"

#include "engine/weights/open.h"
#include "hub/source/hub_source.h"

namespace cactus::hub {
namespace {

// Whether a listing has the weight files the bundle was made from, by name and checksum.
bool same_weights(const Installed& installed, const std::vector<TreeFile>& listing) {
  const auto manifest = read_bundle_manifest(installed.bundle);
  if (!manifest || !manifest->source.is_object()) return false;
  const auto files = manifest->source.find("files");
  if (files == manifest->source.end() || !files->is_object() || files->empty()) return false;
  for (const auto& [name, info] : files->items()) {
    const TreeFile* file = find_file(listing, name);
    if (file == nullptr || !info.is_object()) return false;
    const auto sum = info.find(file->is_sha256() ? "sha256" : "git_sha1");
    if (sum == info.end() || *sum != file->etag) return false;
  }
  return true;
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
  PlanOptions planning = options;
  planning.sizes = false;
  CACTUS_TRY(plan, make_plan(api, cache, {r.name, r.variant, r.revision}, planning));
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
    newer.outdated = !same_weights(installed, plan.files);
    if (!newer.outdated) newer.why = "the weights are the same at commit " + plan.version();
  }
  if (!newer.outdated && newer.why.empty()) newer.version = installed.version();
  return newer;
}

}  // namespace cactus::hub
