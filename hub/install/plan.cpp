#include "hub/install/plan.h"

#include <algorithm>

#include "engine/convert/convert.h"
#include "engine/convert/recipe.h"
#include "engine/models/family.h"
#include "engine/weights/manifest.h"
#include "hub/fetch/fetch.h"
#include "hub/source/hub_source.h"

namespace cactus::hub {
namespace {

std::string shown(const Version& v) {
  return std::to_string(v.major) + "." + std::to_string(v.minor) + "." + std::to_string(v.patch);
}

std::vector<Tag> version_tags(const Refs& refs) {
  std::vector<Tag> tags;
  for (const Ref& ref : refs.tags)
    if (tag_version(ref.name) && is_whole_commit(ref.commit))
      tags.push_back({ref.name, ref.commit});
  return tags;
}

std::string last_part(std::string_view repository) {
  return std::string(repository.substr(repository.find('/') + 1));
}

// The files of a bundle at `folder` of a repository: those its manifest names, checked.
class Published {
 public:
  Published(HubApi& api, const ModelName& name) : api_(api), name_(name) {}

  // Whether `repository` at this commit has a bundle of the variant; then the plan is filled. Fills
  // `why` with the reason when it has none that serves.
  Result<bool> find(const std::string& repository, const std::string& commit, Plan& plan,
                    std::string& why) {
    CACTUS_TRY(files, api_.tree(repository, commit));
    why = "it holds no bundle of variant " + name_.variant;
    for (const std::string& folder : {name_.variant + "/", std::string()}) {
      const TreeFile* manifest = find_file(files, folder + std::string(kManifestFile));
      if (manifest == nullptr) continue;
      CACTUS_TRY(text, api_.small_file(repository, commit, manifest->path, kManifestLimit));
      const auto parsed = parse_manifest(text, repository);
      if (!parsed) {
        why = parsed.error().what + (parsed.error().why.empty() ? "" : ": " + parsed.error().why);
        continue;
      }
      if (!serves(*parsed, repository, why)) continue;
      CACTUS_TRY(complete, take(*parsed, folder, files, plan, why));
      if (!complete) continue;
      plan.repository = repository;
      plan.commit = commit;
      plan.folder = folder;
      plan.info.licence = parsed->licence;
      adopt_spelling(*parsed, plan);
      return true;
    }
    return false;
  }

 private:
  static std::string text(const Json& object, const char* key) {
    if (!object.is_object() || !object.contains(key) || !object[key].is_string()) return {};
    return object[key].get<std::string>();
  }

  static void adopt_spelling(const Manifest& m, Plan& plan) {
    std::string source = text(m.source, "repository");
    if (is_repository(source) && same_ignoring_case(source, plan.name.repository))
      plan.name.repository = std::move(source);
  }

  bool serves(const Manifest& m, const std::string& repository, std::string& why) const {
    if (const std::string recipe = text(m.quantisation, "recipe"); recipe != name_.variant) {
      why = "its bundle is " + (recipe.empty() ? "of no known variant" : recipe) + ", not " +
            name_.variant;
      return false;
    }
    const std::string source = text(m.source, "repository");
    if (!source.empty() && !same_ignoring_case(source, name_.repository) &&
        !same_ignoring_case(repository, name_.repository)) {
      why = "its bundle was made from " + source;
      return false;
    }
    return true;
  }

  // The listing's entries for what the manifest names.
  Result<bool> take(const Manifest& m, const std::string& folder,
                    const std::vector<TreeFile>& files, Plan& plan, std::string& why) {
    std::vector<std::string> names = {std::string(kManifestFile), std::string(kWeightsFile)};
    for (const FileInfo& info : m.files) names.push_back(info.name);
    plan.files.clear();
    plan.disk_bytes = 0;
    for (const std::string& name : names) {
      const TreeFile* file = find_file(files, folder + name);
      if (file == nullptr) {
        why = "its bundle lacks " + name;
        return false;
      }
      plan.files.push_back(*file);
      plan.disk_bytes += file->size;
    }
    return true;
  }

  HubApi& api_;
  const ModelName& name_;
};

Error too_new(const std::string& repository, const std::string& tag, const Version& runtime,
              const std::vector<Tag>& tags) {
  return make_error(
      ErrorKind::incompatible, tag + " of " + repository + " is newer than this program",
      "it reads weights up to " + shown(runtime) + "; tags there: " + version_list(tags),
      "install a newer cactus, or leave the tag out");
}

// Looks for published weights; null plan when the source has to be converted.
Result<bool> plan_published(HubApi& api, const HubCache& cache, const PlanOptions& options,
                            Plan& plan) {
  const std::string asked = plan.name.revision;
  const bool version_asked = tag_version(asked).has_value();
  if (!asked.empty() && !version_asked) return false;  // a revision of the repository itself
  std::vector<std::string> candidates;
  for (const std::string& publisher : options.publishers)
    candidates.push_back(publisher + "/" + last_part(plan.name.repository));
  if (std::find_if(candidates.begin(), candidates.end(), [&](const std::string& c) {
        return same_ignoring_case(c, plan.name.repository);
      }) == candidates.end())
    candidates.push_back(plan.name.repository);
  Published published(api, plan.name);
  for (const std::string& repository : candidates) {
    auto refs = api.refs(repository);
    if (!refs) {
      // A publisher without this model is the rule, and one that is closed to us no obstacle.
      const ErrorKind kind = refs.error().kind;
      const bool itself = same_ignoring_case(repository, plan.name.repository);
      if (!itself && (kind == ErrorKind::not_found || kind == ErrorKind::auth)) continue;
      return std::move(refs).error();
    }
    const std::vector<Tag> tags = version_tags(*refs);
    const Tag* tag = choose_tag(tags, options.runtime);
    if (version_asked) {
      const auto at =
          std::find_if(tags.begin(), tags.end(), [&](const Tag& t) { return t.name == asked; });
      if (at == tags.end()) {
        if (!tags.empty())
          plan.notes.push_back(repository + " has no " + asked + " (tags: " + version_list(tags) +
                               ")");
        continue;
      }
      if (*tag_version(asked) > options.runtime)
        return too_new(repository, asked, options.runtime, tags);
      tag = &*at;
    }
    if (tag == nullptr) {
      if (!tags.empty())
        plan.notes.push_back(repository + " has no weights for version " + shown(options.runtime) +
                             " (tags: " + version_list(tags) + ")");
      continue;
    }
    std::string why;
    CACTUS_TRY(found, published.find(repository, tag->commit, plan, why));
    if (found) {
      plan.tag = tag->name;
      plan.fetch_bytes = missing_bytes(cache, repository, plan.files);
      return true;
    }
    // The named repository may well be a source with tags of its own.
    if (!same_ignoring_case(repository, plan.name.repository))
      plan.notes.push_back(repository + " " + tag->name + " does not serve: " + why);
  }
  return false;
}

// Bytes to fetch and to keep, from the types and shapes of the source's tensors.
Status measure(HubApi& api, const HubCache& cache, const Json& config, Plan& plan) {
  CACTUS_TRY(source, HubSource::peek(api, cache, plan.repository, plan.commit, plan.files));
  CACTUS_TRY(family, family_of(config));
  CACTUS_TRY(conversions, conversions_of(*family, config, *source, bits_of(plan.name.variant)));
  CACTUS_TRY(weights, bundle_size(conversions));
  plan.disk_bytes = weights;
  plan.fetch_bytes = 0;
  for (const Conversion& c : conversions)
    if (!source->is_local(*c.source)) plan.fetch_bytes += c.source->size;
  for (const TreeFile& file : side_files(plan.files)) {
    plan.fetch_bytes += cache.has_blob(plan.repository, file) ? 0 : file.size;
    if (std::find(std::begin(kCopiedFiles), std::end(kCopiedFiles), file.path) !=
        std::end(kCopiedFiles))
      plan.disk_bytes += file.size;
  }
  plan.headers = source->headers();
  return ok_status();
}

Error untagged(const std::string& repository) {
  return make_error(ErrorKind::incompatible, repository + " has no tagged weights",
                    "it holds a bundle, but no version tag for this program, and its main branch "
                    "is never taken unasked",
                    "cactus download " + repository + "@main");
}

Status plan_source(HubApi& api, const HubCache& cache, bool sizes, Plan& plan) {
  plan.branch = plan.name.revision.empty() ? "main" : plan.name.revision;
  CACTUS_TRY(info, api.info(plan.name.repository, plan.branch));
  if (!is_whole_commit(info.commit))
    return make_error(ErrorKind::network, "the hub names no commit of " + plan.name.repository);
  if (is_repository(info.id)) plan.name.repository = info.id;
  plan.repository = plan.name.repository;
  plan.commit = info.commit;
  plan.info = std::move(info);
  CACTUS_TRY(files, api.tree(plan.repository, plan.commit));
  if (!has_checkpoint(files)) {
    // Somebody's bundle, asked for by branch or commit: that is its own tag then.
    Plan bundle = plan;
    std::string why;
    Published published(api, plan.name);
    CACTUS_TRY(found, published.find(plan.repository, plan.commit, bundle, why));
    if (found) {
      if (plan.name.revision.empty()) return untagged(plan.repository);
      plan = std::move(bundle);
      plan.tag = plan.name.revision;
      plan.fetch_bytes = missing_bytes(cache, plan.repository, plan.files);
      return ok_status();
    }
  }
  plan.files = std::move(files);
  plan.fetch_bytes = checkpoint_bytes(plan.files);
  const TreeFile* config = find_file(plan.files, "config.json");
  if (config == nullptr) return ok_status();  // the converter will say so
  CACTUS_TRY(text, api.small_file(plan.repository, plan.commit, config->path));
  CACTUS_TRY(json, parse_json(text, "config.json"));
  CACTUS_TRY(family, family_of(json));
  (void)family;
  return sizes ? measure(api, cache, json, plan) : ok_status();
}

}  // namespace

Result<Plan> make_plan(HubApi& api, const HubCache& cache, const ModelName& name,
                       const PlanOptions& options) {
  Plan plan;
  plan.name = name;
  if (plan.name.variant.empty()) plan.name.variant = kDefaultVariant;
  if (!options.source_only) {
    CACTUS_TRY(found, plan_published(api, cache, options, plan));
    if (found) return plan;
  }
  Status status = plan_source(api, cache, options.sizes, plan);
  if (status) return plan;
  Error error = std::move(status).error();
  // A version that is not there: the publishers may have others.
  if (error.kind == ErrorKind::not_found && !name.revision.empty())
    for (const std::string& note : plan.notes) error.why += (error.why.empty() ? "" : "; ") + note;
  return error;
}

}  // namespace cactus::hub
