#include "hub/fetch/partial.h"

#include <algorithm>
#include <random>
#include <set>
#include <system_error>

#include "hub/fetch/sidecar.h"

namespace cactus::hub {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kEnding = ".incomplete", kNew = ".json.new";

std::string random_name() {
  constexpr char digits[] = "0123456789abcdef";
  std::random_device device;
  std::string name;
  for (int i = 0; i < 16; ++i) name += digits[device() & 15];
  return name;
}

fs::path new_path(const fs::path& folder, const TreeFile& file) {
  return folder / (file.etag + "." + random_name() + std::string(kEnding));
}

// Partial files of this blob that have a sidecar of ours, or had begun to get one: other programs'
// have none.
std::set<fs::path> candidates(const fs::path& folder, const TreeFile& file) {
  std::set<fs::path> found;
  std::error_code error;
  const std::string prefix = file.etag + ".";
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.rfind(prefix, 0) != 0) continue;
    for (const std::string& ending :
         {std::string(kEnding) + ".json", std::string(kEnding) + std::string(kNew)})
      if (name.ends_with(ending))
        found.insert(folder / name.substr(0, name.size() - ending.size() + kEnding.size()));
  }
  return found;
}

void remove_file(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

void remove_all_of(const fs::path& partial) {
  remove_file(partial);
  remove_file(sidecar_of(partial));
  fs::path unfinished = partial;
  remove_file(unfinished += kNew);
}

// As write_file_atomic, but a kill leaves a name that the next process knows.
Status save_sidecar(const fs::path& partial, const std::string& text) {
  fs::path aside = partial;
  aside += kNew;
  {
    CACTUS_TRY(file, File::open(aside, File::Mode::write));
    CACTUS_CHECK(file.truncate(0));
    CACTUS_CHECK(file.write_at(0, std::as_bytes(std::span(text))));
    CACTUS_CHECK(file.sync());
  }
  return rename_durably(aside, sidecar_of(partial));
}

struct Found {
  fs::path path;
  Sidecar sidecar;
};

std::uint64_t sum(const std::vector<Segment>& segments) {
  std::uint64_t bytes = 0;
  for (const Segment& s : segments) bytes += s.done;
  return bytes;
}

// Those whose owner is gone, the fullest first; what cannot be used is removed when `tidy`.
std::vector<Found> orphans(const fs::path& folder, const TreeFile& file, bool tidy) {
  std::vector<Found> found;
  for (const fs::path& path : candidates(folder, file)) {
    auto sidecar = read_sidecar(sidecar_of(path), file);
    if (sidecar && !sidecar->owner.is_gone()) continue;
    std::error_code error;
    const bool there = fs::exists(path, error);
    if (sidecar && there) {
      found.push_back({path, std::move(*sidecar)});
    } else if (tidy) {
      remove_all_of(path);
    }
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return sum(a.sidecar.segments) > sum(b.sidecar.segments);
  });
  return found;
}

}  // namespace

std::vector<Segment> split(std::uint64_t size, std::uint64_t least) {
  const std::uint64_t count = std::max<std::uint64_t>(1, size / std::max<std::uint64_t>(1, least));
  std::vector<Segment> segments;
  std::uint64_t begin = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t end = i + 1 == count ? size : begin + size / count;
    segments.push_back({begin, end, 0});
    begin = end;
  }
  return segments;
}

std::uint64_t Partial::left_over(const fs::path& folder, const TreeFile& file) {
  const auto found = orphans(folder, file, false);
  return found.empty() ? 0 : sum(found.front().sidecar.segments);
}

void Partial::clear(const fs::path& folder, const TreeFile& file) {
  for (const Found& old : orphans(folder, file, true)) remove_all_of(old.path);
}

Result<std::unique_ptr<Partial>> Partial::open(const fs::path& folder, const TreeFile& file,
                                               std::uint64_t segment) {
  CACTUS_CHECK(make_folders(folder));
  const Owner self = Owner::self();
  std::unique_ptr<Partial> taken;
  for (const Found& old : orphans(folder, file, true)) {
    if (taken) {
      // Two downloads were interrupted; the fuller one is enough.
      remove_all_of(old.path);
      continue;
    }
    const fs::path path = new_path(folder, file);
    CACTUS_CHECK(save_sidecar(path, write_sidecar(file, {self, old.sidecar.segments})));
    std::error_code error;
    fs::rename(old.path, path, error);
    if (error) {  // another process was faster
      remove_file(sidecar_of(path));
      continue;
    }
    remove_all_of(old.path);
    CACTUS_TRY(data, File::open(path, File::Mode::write));
    // What the sidecar says was synced before it was written; a file that is shorter all the same
    // has lost its end with the machine's power.
    CACTUS_TRY(size, data.size());
    std::vector<Segment> segments = old.sidecar.segments;
    for (Segment& s : segments)
      s.done = s.begin + s.done <= size ? s.done : (size > s.begin ? size - s.begin : 0);
    taken.reset(new Partial(file, path, std::move(data), std::move(segments)));
  }
  if (taken) return taken;
  const fs::path path = new_path(folder, file);
  std::vector<Segment> segments = split(file.size, segment);
  CACTUS_CHECK(save_sidecar(path, write_sidecar(file, {self, segments})));
  CACTUS_TRY(data, File::open(path, File::Mode::write));
  return std::unique_ptr<Partial>(new Partial(file, path, std::move(data), std::move(segments)));
}

std::vector<Segment> Partial::segments() const {
  const std::lock_guard lock(mutex_);
  return segments_;
}

std::uint64_t Partial::arrived() const {
  const std::lock_guard lock(mutex_);
  return sum(segments_);
}

std::uint64_t Partial::prefix() const {
  const std::lock_guard lock(mutex_);
  for (const Segment& s : segments_)
    if (s.begin + s.done < s.end) return s.begin + s.done;
  return file_.size;
}

Result<std::uint64_t> Partial::write(std::uint64_t offset, std::string_view bytes) {
  CACTUS_CHECK(data_.write_at(offset, std::as_bytes(std::span(bytes))));
  const std::uint64_t end = offset + bytes.size();
  std::uint64_t added = 0;
  const std::lock_guard lock(mutex_);
  for (Segment& s : segments_) {
    if (end <= s.begin || offset >= s.end) continue;
    const std::uint64_t from = std::max(offset, s.begin), to = std::min(end, s.end);
    // Only what joins the bytes that are there counts.
    if (from > s.begin + s.done || to <= s.begin + s.done) continue;
    added += to - s.begin - s.done;
    s.done = to - s.begin;
  }
  return added;
}

Status Partial::read(std::uint64_t offset, std::span<std::byte> out) const {
  return data_.read_at(offset, out);
}

Status Partial::checkpoint() {
  const std::lock_guard one(recording_);
  if (closed_) return ok_status();
  const std::vector<Segment> now = segments();
  CACTUS_CHECK(data_.sync());
  return save_sidecar(path_, write_sidecar(file_, {Owner::self(), now}));
}

Status Partial::restart() {
  {
    const std::lock_guard lock(mutex_);
    for (Segment& s : segments_) s.done = 0;
  }
  CACTUS_CHECK(data_.truncate(0));
  return checkpoint();
}

Status Partial::publish(const fs::path& blob) {
  const std::lock_guard one(recording_);
  CACTUS_CHECK(data_.truncate(file_.size));
  CACTUS_CHECK(data_.sync());
  CACTUS_CHECK(rename_durably(path_, blob));
  closed_ = true;
  remove_all_of(path_);
  return ok_status();
}

void Partial::discard() {
  const std::lock_guard one(recording_);
  closed_ = true;
  remove_all_of(path_);
}

}  // namespace cactus::hub
