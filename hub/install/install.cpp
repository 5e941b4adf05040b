#include "hub/install/install.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <system_error>

#include "engine/base/file.h"
#include "engine/convert/checkpoint.h"
#include "engine/convert/convert.h"
#include "engine/weights/manifest.h"
#include "engine/weights/open.h"
#include "hub/source/hub_source.h"

namespace cactus::hub {
namespace {

namespace fs = std::filesystem;

// One install under its lock.
class Job {
 public:
  Job(HubApi& api, const HubCache& cache, const Store& store, const Plan& plan,
      const InstallOptions& options, Lock lock)
      : api_(api),
        cache_(cache),
        store_(store),
        plan_(plan),
        options_(options),
        lock_(std::move(lock)) {}

  Result<InstallReport> run() {
    if (!options_.again) {
      for (const Installed& one : store_.matches({plan_.name.repository, plan_.name.variant, ""}))
        if (is_this(one) && store_.state(one) == State::ready) return InstallReport{one, true, 0};
    }
    // What pins say outlives a new version.
    for (const Installed& one : store_.matches({plan_.name.repository, plan_.name.variant, ""}))
      pinned_ = pinned_ || (one.current && one.record.pinned);
    return plan_.published() ? run_published() : run_conversion();
  }

 private:
  bool is_this(const Installed& one) const {
    return one.record.commit == plan_.commit && one.record.variant == plan_.name.variant &&
           one.record.tag == plan_.tag &&
           same_ignoring_case(one.record.repository, plan_.repository);
  }

  void tell(const InstallProgress& progress) {
    const std::lock_guard guard(mutex_);
    pass_on(progress);
  }

  void tell_converted(const ConvertProgress& now) {
    const std::lock_guard guard(mutex_);
    converted_ = now;
    tensor_ = now.tensor;
    pass_on(converting());
  }

  // On slow lines bytes come minutes before a whole block of them is converted.
  void tell_received(std::uint64_t bytes) {
    const std::lock_guard guard(mutex_);
    received_ = std::max(received_, bytes);
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < std::chrono::milliseconds(50)) return;
    told_ = now;
    if (converted_.total > 0) pass_on(converting());
  }

  InstallProgress converting() const {
    const std::uint64_t here =
        std::max(converted_.done, std::min(converted_.resumed + received_, converted_.total));
    return {Step::converting, (converted_.done + here) / 2, converted_.total, tensor_};
  }

  void pass_on(const InstallProgress& progress) {
    lock_.progress(progress.done, progress.total);
    if (options_.progress) options_.progress(progress);
  }

  Record record(const Manifest& manifest, std::uint64_t bytes) const {
    Record r;
    r.name = plan_.name.repository;
    r.variant = plan_.name.variant;
    r.repository = plan_.repository;
    r.revision = plan_.name.revision;
    r.tag = plan_.tag;
    r.commit = plan_.commit;
    r.format = manifest.format;
    r.licence = manifest.licence.empty() ? plan_.info.licence : manifest.licence;
    r.bytes = bytes;
    r.installed = now_ns();
    r.pinned = pinned_;
    return r;
  }

  FetchOptions fetch_options() {
    FetchOptions fetching;
    fetching.connections = options_.connections;
    fetching.cancel = options_.cancel;
    fetching.progress = [this](const FetchProgress& p) {
      tell({Step::fetching, p.done, p.total, p.notice});
    };
    return fetching;
  }

  Status test(const fs::path& bundle) {
    tell({Step::testing, 0, 0, ""});
    return options_.load_test ? options_.load_test(bundle) : ok_status();
  }

  Result<InstallReport> run_published() {
    FetchOptions fetching = fetch_options();
    fetching.revision = plan_.tag;
    CACTUS_TRY(fetched, fetch(api_, cache_, plan_.repository, plan_.commit, plan_.files, fetching));
    std::error_code error;
    const fs::path inside =
        plan_.folder.empty() ? fetched.snapshot : fetched.snapshot / plan_.folder;
    const fs::path bundle = fs::absolute(inside, error).lexically_normal();
    CACTUS_CHECK(test(bundle));
    CACTUS_TRY(manifest, read_bundle_manifest(bundle));
    Record r = record(manifest, plan_.disk_bytes);
    r.bundle = bundle.string();
    const fs::path staged = stage(r);
    CACTUS_CHECK(remove_tree(staged));
    CACTUS_CHECK(make_folders(staged));
    CACTUS_TRY(installed, store_.publish(r, staged));
    return InstallReport{installed, false, 0};
  }

  fs::path stage(const Record& r) const {
    return store_.staging() / (folder_of(r.name) + "--" + r.folder());
  }

  // A bundle that an earlier run had finished but not put in its place.
  bool finished(const fs::path& staged) const {
    const auto manifest = read_bundle_manifest(staged);
    const auto is = [](const Json& object, const char* key, const std::string& value) {
      return object.is_object() && object.contains(key) && object[key] == value;
    };
    return manifest && manifest->format == kBundleFormat &&
           is(manifest->source, "repository", plan_.repository) &&
           is(manifest->source, "commit", plan_.commit) &&
           is(manifest->quantisation, "recipe", plan_.name.variant);
  }

  Result<ConvertReport> convert_here(const TensorSource& source, const fs::path& staged) {
    ConvertOptions converting;
    converting.bits = bits_of(plan_.name.variant);
    converting.threads = options_.threads;
    converting.repository = plan_.repository;
    converting.commit = plan_.commit;
    converting.licence = plan_.info.licence;
    converting.cancel = options_.cancel;
    converting.progress = [this](const ConvertProgress& p) { tell_converted(p); };
    return convert(source, staged, converting);
  }

  Result<ConvertReport> convert_from_hub(const fs::path& staged) {
    const SourceOptions reading = source_options();
    if (!options_.keep_source) {
      CACTUS_TRY(source, HubSource::open(api_, cache_, plan_.repository, plan_.commit, plan_.files,
                                         reading));
      if (!source->ranges_ignored()) {
        auto converted = convert_here(*source, staged);
        if (converted || !source->ranges_ignored()) return converted;
      }
    }
    CACTUS_TRY(folder, fetch_source(api_, cache_, plan_, options_));
    (void)folder;
    // Now the weight files are in the cache, and the same source reads them there.
    CACTUS_TRY(source,
               HubSource::open(api_, cache_, plan_.repository, plan_.commit, plan_.files, reading));
    return convert_here(*source, staged);
  }

  SourceOptions source_options() {
    SourceOptions reading;
    reading.prefetch.connections = options_.connections;
    reading.prefetch.received = [this](std::uint64_t bytes) { tell_received(bytes); };
    reading.fetch = fetch_options();
    reading.headers = plan_.headers;
    return reading;
  }

  Result<InstallReport> run_conversion() {
    Manifest manifest;
    manifest.format = kBundleFormat;
    const fs::path staged = stage(record(manifest, 0));
    CACTUS_CHECK(make_folders(store_.staging()));
    InstallReport report;
    if (!finished(staged)) {
      CACTUS_CHECK(remove_tree(staged));
      CACTUS_TRY(converted, convert_from_hub(staged));
      report.resumed = converted.resumed;
    }
    if (Status tested = test(staged); !tested) {
      // The same bytes would fail again.
      if (tested.error().kind != ErrorKind::cancelled) CACTUS_CHECK(remove_tree(staged));
      return tested.error();
    }
    CACTUS_TRY(read, read_bundle_manifest(staged));
    CACTUS_TRY(installed, store_.publish(record(read, tree_bytes(staged)), staged));
    report.installed = installed;
    return report;
  }

  HubApi& api_;
  const HubCache& cache_;
  const Store& store_;
  const Plan& plan_;
  const InstallOptions& options_;
  Lock lock_;
  bool pinned_ = false;
  std::mutex mutex_;  // of what follows, and of telling
  ConvertProgress converted_;
  std::string tensor_;
  std::uint64_t received_ = 0;
  std::chrono::steady_clock::time_point told_;
};

}  // namespace

Result<InstallReport> install(HubApi& api, const HubCache& cache, const Store& store,
                              const Plan& plan, const InstallOptions& options) {
  const auto wait = [&](const LockOwner& owner) {
    if (options.cancel != nullptr && *options.cancel) return false;
    if (options.progress) options.progress({Step::waiting, owner.done, owner.total, owner.text()});
    return true;
  };
  CACTUS_TRY(lock,
             Lock::acquire(store.lock_file(plan.name.repository, plan.name.variant),
                           "installing " + plan.name.repository + ":" + plan.name.variant, wait));
  return Job(api, cache, store, plan, options, std::move(lock)).run();
}

Result<fs::path> fetch_source(HubApi& api, const HubCache& cache, const Plan& plan,
                              const InstallOptions& options) {
  std::vector<TreeFile> files;
  for (const TreeFile& file : plan.files) {
    const bool top = file.path.find('/') == std::string::npos;
    const bool weights = file.path.ends_with(".safetensors");
    // Other programs' formats of the same weights are not wanted.
    const bool wanted = weights
                            ? is_weight_file(file.path, plan.files)
                            : file.path.ends_with(".json") || file.path.ends_with(".jinja") ||
                                  file.path.ends_with(".model") || file.path.ends_with(".txt") ||
                                  file.path == "README.md" || file.path.starts_with("LICENSE");
    if (top && wanted) files.push_back(file);
  }
  FetchOptions fetching;
  fetching.connections = options.connections;
  fetching.cancel = options.cancel;
  fetching.revision = plan.branch;
  fetching.progress = [&](const FetchProgress& p) {
    if (options.progress) options.progress({Step::fetching, p.done, p.total, p.notice});
  };
  CACTUS_TRY(fetched, fetch(api, cache, plan.repository, plan.commit, files, fetching));
  return std::move(fetched.snapshot);
}

}  // namespace cactus::hub
