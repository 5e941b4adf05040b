// One file of a repository where it is stored: found through the hub, read by ranges from wherever
// the hub's link leads, asked for again when that link has expired.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "hub/hf/hub_api.h"

namespace cactus::hub {

struct ReadOptions {
  const std::atomic<bool>* cancel = nullptr;  // besides that of the HubApi's options
  // A server that ignores ranges sends what lies before `begin`, too. Off: more than 1 MiB of that
  // is an error (incompatible), and ignores_ranges() tells why.
  bool skip_any_length = false;
  std::function<void(std::string_view)> notice;  // waits; empty: that of the HubApi's options
};

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
  // cancelled). Errors: network, auth, not_found, policy (offline), cancelled; incompatible, when
  // the file is another one by now or the server cannot send ranges.
  using Sink = std::function<bool(std::string_view bytes)>;
  Status read(std::uint64_t begin, std::uint64_t end, const Sink& sink, const ReadOptions& options);
  Status read(std::uint64_t begin, std::uint64_t end, const Sink& sink,
              const std::atomic<bool>* cancel = nullptr) {
    return read(begin, end, sink, ReadOptions{cancel, false, {}});
  }

  // The server has answered a range with the whole file: reading from the middle costs all that
  // lies before, so read it in one piece.
  bool ignores_ranges() const { return ignores_ranges_; }

 private:
  friend class RangeRead;
  std::string link() const;
  void set_link(std::string link);
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
