// What a name stands for on the hub, and what installing it will take. Nothing is downloaded but
// listings and small files.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/version.h"
#include "hub/fetch/hub_cache.h"
#include "hub/hf/hub_api.h"
#include "hub/names/name.h"
#include "hub/names/tags.h"
#include "hub/source/hub_source.h"

namespace cactus::hub {

struct PlanOptions {
  // Organisations that publish bundles, in the order they are asked: google/x is looked for as
  // ORGANISATION/x.
  std::vector<std::string> publishers = {"Cactus-Compute"};
  Version runtime;           // of this program: the greatest tag it takes
  bool source_only = false;  // never published weights
  bool sizes = true;         // of a source: read its headers, to say what there is to fetch
};

struct Plan {
  ModelName name;          // repository as the hub spells it; the variant filled in
  std::string repository;  // where the bytes come from
  std::string commit;      // 40 hexadecimal digits
  std::string tag;         // of published weights; empty: converted from a source
  std::string branch;      // of a source: "main" or what was asked for
  std::string folder;      // of the bundle inside the repository: "", "int4/"
  std::vector<TreeFile> files;  // published: the bundle's; else the whole listing
  RepositoryInfo info;          // of `repository`
  std::uint64_t fetch_bytes = 0;  // over the network, less what the cache has
  std::uint64_t disk_bytes = 0;   // of the bundle (its manifest not counted when converted)
  Headers headers;                // of a source's weight files
  std::vector<std::string> notes; // for people: why not published weights

  bool published() const { return !tag.empty(); }
  std::string version() const { return tag.empty() ? commit.substr(0, 12) : tag; }
};

// Looks at the publishers' repositories and at the named one itself. With a revision that is a
// version, that tag must be there; any other revision is one of the named repository. Errors: those
// of the hub; not_found when there is neither a bundle nor a checkpoint; incompatible for a tag newer
// than the runtime (both versions named), for an unsupported architecture, and for a repository with
// a bundle on its main branch but no tag, which is never taken silently.
Result<Plan> make_plan(HubApi& api, const HubCache& cache, const ModelName& name,
                       const PlanOptions& options);

}  // namespace cactus::hub
