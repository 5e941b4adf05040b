// The threads of a download: `connections` that read segments of any file, and one that hashes
// behind them, checks and publishes. The caller's thread reports and records.
#pragma once
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "hub/fetch/fetch.h"
#include "hub/fetch/job.h"

namespace cactus::hub {

class Fetcher {
 public:
  Fetcher(HubApi& api, const HubCache& cache, const std::string& repository,
          const std::string& commit, const FetchOptions& options);

  // Files that are not in the cache. Returns when all are, or at the first error, with what has
  // arrived recorded.
  Status run(const std::vector<TreeFile>& files);

  std::uint64_t fetched() const { return received_; }
  std::uint64_t resumed() const { return resumed_; }

 private:
  struct Task {
    Job* job = nullptr;
    std::uint64_t begin = 0, end = 0;
    std::uint64_t mark = 0;  // what stands in Job::taken
    bool in_one_piece = false;
  };
  using Hold = std::unique_lock<std::mutex>;

  void work();
  bool take(Task& task);
  void read(const Task& task);
  Job* next_to_open();
  void open(Job& job);
  Status open_partial(Job& job);
  bool all_finished() const;

  void check();
  Job* next_to_hash();
  Status hash(Job& job);
  Status conclude(Job& job);
  Status finish(Job& job);

  void fail(Error error);
  void record(bool all);
  void report();
  double speed();

  HubApi& api_;
  const HubCache& cache_;
  const std::string& repository_;
  const std::string& commit_;
  const FetchOptions& options_;

  std::vector<std::unique_ptr<Job>> jobs_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Error> failure_;
  std::string notice_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> received_{0}, resumed_{0};
  std::deque<std::pair<std::chrono::steady_clock::time_point, std::uint64_t>> history_;
  std::vector<FileProgress> rows_;
};

}  // namespace cactus::hub
