// Reads ahead over several connections what will be needed in a known order, and hands it out in
// that order: the packers never wait for a round trip, and memory stays bounded.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "engine/base/result.h"

namespace cactus::hub {

// Bytes of one of a source's files.
struct Extent {
  std::size_t file = 0;
  std::uint64_t offset = 0, size = 0;
};

struct PrefetchOptions {
  int connections = 4;
  std::uint64_t piece = 8 << 20;     // bytes of one request
  std::uint64_t window = 160 << 20;  // bytes read ahead at most, pieces under way included
  // Told all bytes that have come, as they come, from whichever thread reads. Quick.
  std::function<void(std::uint64_t received)> received;
};

class Prefetch {
 public:
  // Told how many bytes of an extent are there, from the thread that reads it.
  using Arrived = std::function<void(std::uint64_t bytes)>;
  // Fills `out` from an extent of as many bytes, in order. Called from several threads; returns
  // early (with any error) once `stop` is true. It may tell `arrived` now and then.
  using Read = std::function<Status(const Extent&, std::span<std::byte> out, const Arrived& arrived,
                                    const std::atomic<bool>& stop)>;

  Prefetch(Read read, PrefetchOptions options = {});
  ~Prefetch();  // stops what is under way
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  // Starts to read; what an earlier plan read is forgotten.
  void plan(std::span<const Extent> order);
  // Waits until these bytes are there (not the whole request they came with). Bytes of the plan are
  // handed out once. Others, and those read again, are read on the spot. Errors: those of Read.
  Status read(const Extent& extent, std::span<std::byte> out);
  // Bytes that came.
  std::uint64_t received() const { return received_; }

 private:
  enum class State { waiting, loading, ready, failed, done };
  struct Piece {
    Extent extent;
    State state = State::waiting;
    std::uint64_t arrived = 0, handed_out = 0;
    std::unique_ptr<std::byte[]> bytes;
    Error error;
  };

  void stop();
  void work();
  void count(std::uint64_t bytes);
  void load(std::unique_lock<std::mutex>& lock, Piece& piece);
  Piece* find(std::size_t file, std::uint64_t offset);
  Status direct(const Extent& extent, std::span<std::byte> out);

  const Read read_;
  const PrefetchOptions options_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Piece> pieces_;
  std::map<std::pair<std::size_t, std::uint64_t>, std::size_t> by_place_;  // begin → piece
  std::size_t next_ = 0;    // first that no thread has taken
  std::uint64_t held_ = 0;  // bytes of pieces that are loading or ready
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> received_{0};
};

}  // namespace cactus::hub
