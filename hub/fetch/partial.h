// A file while it is downloaded: blobs/ETAG.RANDOM.incomplete, written at many places at once, and
// beside it ….json, which says who writes it and what has arrived. A process that finds one whose
// owner is gone takes it over by renaming it to a name of its own: only one of several can.
#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/result.h"
#include "hub/hf/repository.h"

namespace cactus::hub {

struct Segment {
  std::uint64_t begin = 0, end = 0;
  std::uint64_t done = 0;  // bytes from begin on that have arrived
};

// Of a new file of `size` bytes: as many of at least `least` bytes as fit.
std::vector<Segment> split(std::uint64_t size, std::uint64_t least);

// Thread-safe.
class Partial {
 public:
  // The one an earlier process left, or a new one with segments of `segment` bytes. `folder` is
  // blobs/. Leftovers nobody can use are removed.
  static Result<std::unique_ptr<Partial>> open(const std::filesystem::path& folder,
                                               const TreeFile& file, std::uint64_t segment);
  // Bytes an earlier process left, without taking them over.
  static std::uint64_t left_over(const std::filesystem::path& folder, const TreeFile& file);

  // Removes leftovers of a blob that is there by now: their owner was killed as it published it.
  static void clear(const std::filesystem::path& folder, const TreeFile& file);

  std::vector<Segment> segments() const;
  std::uint64_t arrived() const;  // bytes in all
  std::uint64_t prefix() const;   // bytes from the first on without a gap
  bool complete() const { return arrived() == file_.size; }

  // Bytes at `offset`, where a segment has got to (or below). Returns how many of them are new.
  Result<std::uint64_t> write(std::uint64_t offset, std::string_view bytes);
  Status read(std::uint64_t offset, std::span<std::byte> out) const;
  // What has arrived is on the disk, and recorded, when it returns.
  Status checkpoint();
  // Forgets all bytes, as they were wrong.
  Status restart();
  // Complete and checked: moves it to blobs/ETAG.
  Status publish(const std::filesystem::path& blob);
  // Removes it.
  void discard();

 private:
  Partial(TreeFile file, std::filesystem::path path, File data, std::vector<Segment> segments)
      : file_(std::move(file)),
        path_(std::move(path)),
        data_(std::move(data)),
        segments_(std::move(segments)) {}

  const TreeFile file_;
  const std::filesystem::path path_;
  File data_;
  mutable std::mutex mutex_;  // of segments_
  std::vector<Segment> segments_;
  std::mutex recording_;  // one checkpoint at a time
  bool closed_ = false;   // published or discarded: no sidecar any more
};

}  // namespace cactus::hub
