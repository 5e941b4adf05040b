#include "hub/source/prefetch.h"

#include <algorithm>
#include <cstring>

namespace cactus::hub {

Prefetch::Prefetch(Read read, PrefetchOptions options)
    : read_(std::move(read)), options_(std::move(options)) {}

Prefetch::~Prefetch() {
  stop();
}

void Prefetch::stop() {
  stop_ = true;
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  stop_ = false;
}

void Prefetch::plan(std::span<const Extent> order) {
  stop();
  pieces_.clear();
  by_place_.clear();
  next_ = 0;
  held_ = 0;
  for (const Extent& extent : order) {
    // Tensors that follow one another in a file share requests.
    std::uint64_t at = extent.offset;
    const std::uint64_t end = extent.offset + extent.size;
    if (!pieces_.empty()) {
      Extent& last = pieces_.back().extent;
      if (last.file == extent.file && last.offset + last.size == at) {
        const std::uint64_t more =
            std::min(end - at, options_.piece - std::min(options_.piece, last.size));
        last.size += more;
        at += more;
      }
    }
    for (; at < end; at += std::min(options_.piece, end - at)) {
      pieces_.emplace_back();
      pieces_.back().extent = {extent.file, at, std::min(options_.piece, end - at)};
    }
  }
  for (std::size_t i = 0; i < pieces_.size(); ++i)
    by_place_.emplace(std::pair(pieces_[i].extent.file, pieces_[i].extent.offset), i);
  const auto most = static_cast<std::size_t>(std::max(1, options_.connections));
  for (std::size_t i = 0; i < std::min(most, pieces_.size()); ++i)
    threads_.emplace_back([this] { work(); });
}

void Prefetch::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] {
      while (next_ < pieces_.size() && pieces_[next_].state != State::waiting) ++next_;
      return stop_ || next_ == pieces_.size() ||
             held_ + pieces_[next_].extent.size <= options_.window || held_ == 0;
    });
    if (stop_ || next_ == pieces_.size()) return;
    Piece& piece = pieces_[next_++];
    load(lock, piece);
    if (piece.state == State::failed) return;  // the reader will hear of it; more would fail too
  }
}

void Prefetch::load(std::unique_lock<std::mutex>& lock, Piece& piece) {
  piece.state = State::loading;
  held_ += piece.extent.size;
  // Not make_unique, which would clear them.
  piece.bytes.reset(new std::byte[piece.extent.size]);
  const std::span out(piece.bytes.get(), static_cast<std::size_t>(piece.extent.size));
  std::uint64_t counted = 0;
  const auto arrived = [&](std::uint64_t bytes) {
    {
      const std::lock_guard guard(mutex_);
      piece.arrived = bytes;
      changed_.notify_all();
    }
    count(bytes - counted);
    counted = bytes;
  };
  lock.unlock();
  const Status status = read_(piece.extent, out, arrived, stop_);
  if (status) count(piece.extent.size - counted);
  lock.lock();
  if (status) {
    piece.arrived = piece.extent.size;
    piece.state = State::ready;
  } else {
    piece.error = status.error();
    piece.state = State::failed;
  }
  changed_.notify_all();
}

void Prefetch::count(std::uint64_t bytes) {
  const std::uint64_t all = received_ += bytes;
  if (options_.received) options_.received(all);
}

// The piece that holds this byte, or null.
Prefetch::Piece* Prefetch::find(std::size_t file, std::uint64_t offset) {
  auto at = by_place_.upper_bound(std::pair(file, offset));
  if (at == by_place_.begin()) return nullptr;
  Piece& piece = pieces_[std::prev(at)->second];
  const bool inside = piece.extent.file == file && offset < piece.extent.offset + piece.extent.size;
  return inside ? &piece : nullptr;
}

Status Prefetch::direct(const Extent& extent, std::span<std::byte> out) {
  CACTUS_CHECK(read_(
      extent, out, [](std::uint64_t) {}, stop_));
  count(extent.size);
  return ok_status();
}

Status Prefetch::read(const Extent& extent, std::span<std::byte> out) {
  std::uint64_t at = extent.offset;
  const std::uint64_t end = extent.offset + extent.size;
  while (at < end) {
    std::unique_lock lock(mutex_);
    Piece* piece = find(extent.file, at);
    if (piece == nullptr || piece->state == State::done) {
      // Up to where the next piece begins.
      std::uint64_t until = end;
      if (const auto next = by_place_.upper_bound(std::pair(extent.file, at));
          next != by_place_.end() && next->first.first == extent.file)
        until = std::min(until, next->first.second);
      lock.unlock();
      CACTUS_CHECK(direct({extent.file, at, until - at},
                          out.subspan(static_cast<std::size_t>(at - extent.offset),
                                      static_cast<std::size_t>(until - at))));
      at = until;
      continue;
    }
    // Nobody has begun with it (the window is full of others, or the threads are behind).
    if (piece->state == State::waiting) load(lock, *piece);
    const std::uint64_t from = at - piece->extent.offset;
    const std::uint64_t n = std::min(end - at, piece->extent.size - from);
    changed_.wait(lock,
                  [&] { return piece->state != State::loading || piece->arrived >= from + n; });
    if (piece->state == State::failed) return piece->error;
    std::memcpy(out.data() + (at - extent.offset), piece->bytes.get() + from,
                static_cast<std::size_t>(n));
    at += n;
    piece->handed_out += n;
    if (piece->handed_out >= piece->extent.size) {
      piece->bytes.reset();
      piece->state = State::done;
      held_ -= piece->extent.size;
      changed_.notify_all();
    }
  }
  return ok_status();
}

}  // namespace cactus::hub
