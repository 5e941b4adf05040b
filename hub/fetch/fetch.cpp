#include "hub/fetch/fetch.h"

#include <algorithm>
#include <cstdio>

#include "engine/base/file.h"
#include "hub/fetch/fetcher.h"
#include "hub/fetch/partial.h"
#include "hub/hf/checks.h"

namespace cactus::hub {
namespace {

std::string gigabytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f GB", static_cast<double>(bytes) / 1e9);
  return text;
}

Status check(std::string_view repository, std::string_view commit,
             const std::vector<TreeFile>& files) {
  CACTUS_CHECK(check_repository(repository));
  if (!is_commit(commit))
    return make_error(ErrorKind::usage, "'" + std::string(commit) + "' is no commit");
  for (const TreeFile& file : files) {
    if (!is_safe_path(file.path) || (!is_hex(file.etag, 40) && !is_hex(file.etag, 64))) {
      return make_error(ErrorKind::incompatible,
                        "the repository lists a file that cannot be stored",
                        "its path leads out of the folder, or it has no checksum",
                        "do not use this repository; tell its owner");
    }
  }
  return ok_status();
}

Status check_space(const HubCache& cache, std::uint64_t needed, std::uint64_t reserve) {
  CACTUS_TRY(available, free_space(cache.folder()));
  if (needed == 0 || available >= needed + reserve) return ok_status();
  return make_error(ErrorKind::resources, "not enough disk space in " + cache.folder().string(),
                    gigabytes(needed) + " are needed, " + gigabytes(available) + " are free",
                    "cactus cleanup, or set HF_HUB_CACHE to a folder on another disk");
}

}  // namespace

std::uint64_t missing_bytes(const HubCache& cache, std::string_view repository,
                            const std::vector<TreeFile>& files) {
  std::uint64_t bytes = 0;
  for (const TreeFile& file : files) {
    if (cache.has_blob(repository, file)) continue;
    const std::uint64_t there = Partial::left_over(cache.repository(repository) / "blobs", file);
    bytes += file.size - std::min(there, file.size);
  }
  return bytes;
}

Result<FetchReport> fetch(HubApi& api, const HubCache& cache, const std::string& repository,
                          const std::string& commit, const std::vector<TreeFile>& files,
                          const FetchOptions& options) {
  CACTUS_CHECK(check(repository, commit, files));
  CACTUS_CHECK(cache.prepare());
  FetchReport report;
  report.snapshot = cache.snapshot(repository, commit);
  std::vector<TreeFile> missing;
  for (const TreeFile& file : files) {
    if (!cache.has_blob(repository, file)) {
      missing.push_back(file);
      continue;
    }
    CACTUS_CHECK(cache.link(repository, commit, file));
    Partial::clear(cache.repository(repository) / "blobs", file);
    report.cached += file.size;
  }
  if (!missing.empty()) {
    CACTUS_CHECK(check_space(cache, missing_bytes(cache, repository, missing), options.reserve));
    Fetcher fetcher(api, cache, repository, commit, options);
    CACTUS_CHECK(fetcher.run(missing));
    report.fetched = fetcher.fetched();
    report.resumed = fetcher.resumed();
  }
  if (!options.revision.empty())
    CACTUS_CHECK(cache.write_ref(repository, options.revision, commit));
  return report;
}

}  // namespace cactus::hub
