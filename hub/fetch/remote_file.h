// One file of a repository where it is stored: found through the hub, read by ranges from wherever
// the hub's link leads, asked for again when that link has expired.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "hub/hf/hub_api.h"

namespace cactus::hub {

// Thread-safe: several ranges may be read at once.
class RemoteFile {
 public:
  // `file` as HubApi::tree(commit) lists it. Makes no request. `api` must outlive it.
  RemoteFile(HubApi& api, std::string repository, std::string commit, TreeFile file);

  const TreeFile& file() const { return file_; }
  const std::string& repository() const { return repository_; }
  const std::string& commit() const { return commit_; }

  // The bytes [begin, end) in order, in pieces, from the calling thread; after a broken connection
  // it goes on where it stopped. `sink` returns false to stop early (the error is then of kind
  // cancelled). `cancel` besides that of the HubApi's options.
  using Sink = std::function<bool(std::string_view bytes)>;
  Status read(std::uint64_t begin, std::uint64_t end, const Sink& sink,
              const std::atomic<bool>* cancel = nullptr);

  // The server has answered a range with the whole file: reading from the middle costs all that
  // lies before, so read in one piece.
  bool ignores_ranges() const { return ignores_ranges_; }

 private:
  struct Attempt;
  std::string link() const;
  void forget_link(const std::string& expired);

  HubApi& api_;
  const std::string repository_, commit_;
  const TreeFile file_;
  mutable std::mutex mutex_;
  std::string link_;  // signed; never shown
  std::atomic<bool> ignores_ranges_{false};
  std::atomic<bool> packed_{false};  // the server compresses whatever it is asked
};

}  // namespace cactus::hub
