// One file of a download under way. All of it belongs to the Fetcher's mutex but for what is
// thread-safe by itself.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "hub/fetch/digest.h"
#include "hub/fetch/partial.h"
#include "hub/fetch/remote_file.h"
#include "hub/store/lock.h"

namespace cactus::hub {

struct Job {
  enum class State {
    waiting,   // nothing done yet
    opening,   // a thread takes its lock and its partial file
    busy,      // another process holds the lock
    open,      // being downloaded
    checking,  // all bytes are there
    finished,
  };

  TreeFile file;
  State state = State::waiting;
  std::unique_ptr<RemoteFile> remote;
  std::optional<Lock> lock;
  std::unique_ptr<Partial> partial;

  std::set<std::uint64_t> taken;  // begins of segments that threads are reading
  bool in_one_piece = false;      // the server cannot send ranges
  bool second_try = false;        // its checksum was wrong once

  std::optional<Digest> digest;  // of the first `hashed` bytes; only the checking thread uses them
  std::uint64_t hashed = 0;

  std::atomic<std::uint64_t> done{0};           // bytes that have arrived
  std::atomic<std::uint64_t> unrecorded{0};     // of those, since the last checkpoint
  std::uint64_t elsewhere = 0;                  // done, as the process that holds the lock says
  std::chrono::steady_clock::time_point retry;  // when busy
};

}  // namespace cactus::hub
