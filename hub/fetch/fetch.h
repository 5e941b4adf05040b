// Files of one commit into the cache: in parallel, resumed, checked, published one by one.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hub/fetch/hub_cache.h"
#include "hub/hf/hub_api.h"

namespace cactus::hub {

struct FileProgress {
  std::string_view path;
  std::uint64_t done = 0, size = 0;  // bytes
  bool finished = false;             // checked and published
  bool waiting = false;              // another process is at it: `done` is its progress
};

struct FetchProgress {
  std::uint64_t done = 0, total = 0;  // bytes of all files that were not in the cache
  std::uint64_t resumed = 0;          // of `done`, from an earlier run
  double bytes_per_second = 0;        // over the last 10 s
  std::span<const FileProgress> files;
  std::string_view notice;  // "paused, again in 4 s (429)"; empty when all is well
};

struct FetchOptions {
  int connections = 4;
  std::uint64_t segment = 64u << 20;     // least bytes of one request of a large file
  std::uint64_t checkpoint = 64u << 20;  // bytes between two records of what has arrived
  std::uint64_t reserve = 64u << 20;     // bytes of disk to leave free
  std::function<void(const FetchProgress&)>
      progress;  // from the calling thread, ten times a second
  const std::atomic<bool>* cancel = nullptr;
  std::string revision;  // when set, refs/REVISION is written at the end
};

struct FetchReport {
  std::filesystem::path snapshot;  // …/snapshots/COMMIT
  std::uint64_t fetched = 0;       // bytes that came over the network
  std::uint64_t resumed = 0;       // bytes an earlier run had left
  std::uint64_t cached = 0;        // bytes of files that were in the cache already
};

// Bytes of `files` that are not in the cache: what a download would fetch at most.
std::uint64_t missing_bytes(const HubCache& cache, std::string_view repository,
                            const std::vector<TreeFile>& files);

// Errors: resources (too little disk: needed and free, before a byte is fetched, or full in the
// middle), incompatible (a file's checksum is wrong after a second download), network, auth,
// not_found, cancelled. Whatever ended it, finished files stay and the next call goes on where this
// one stopped, in this process or another.
Result<FetchReport> fetch(HubApi& api, const HubCache& cache, const std::string& repository,
                          const std::string& commit, const std::vector<TreeFile>& files,
                          const FetchOptions& options = {});

}  // namespace cactus::hub
