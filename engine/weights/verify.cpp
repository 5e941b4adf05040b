#include "engine/weights/verify.h"

#include <algorithm>

#include "engine/base/file.h"
#include "engine/base/hash.h"
#include "engine/weights/manifest.h"
#include "engine/weights/open.h"
#include "kernels/pool.h"

namespace cactus {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kChunk = 4 << 20;    // bytes read at a time
constexpr std::uint64_t kBatch = 256 << 20;  // bytes between two reports of progress

// What is wrong with one tensor, or nothing.
std::string check_tensor(const File& file, const TensorInfo& t, std::uint64_t next) {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(kChunk, next - t.offset)));
  Hasher hasher;
  for (std::uint64_t at = t.offset; at < next;) {
    const std::uint64_t n = std::min<std::uint64_t>(buffer.size(), next - at);
    const std::span<std::byte> part(buffer.data(), static_cast<std::size_t>(n));
    if (Status s = file.read_at(at, part); !s) return s.error().why;
    const std::uint64_t end = t.offset + t.size;
    const std::uint64_t own = at >= end ? 0 : std::min(n, end - at);
    hasher.update(part.first(static_cast<std::size_t>(own)));
    const auto padding = part.subspan(static_cast<std::size_t>(own));
    if (std::any_of(padding.begin(), padding.end(),
                    [](std::byte b) { return b != std::byte{0}; })) {
      return "the bytes after it are not zero";
    }
    at += n;
  }
  return hasher.digest() == t.hash ? "" : "its bytes are not those that were written";
}

void check_files(const fs::path& folder, const Manifest& manifest, VerifyReport& report) {
  for (const FileInfo& f : manifest.files) {
    const Result<std::string> text = read_file(folder / f.name, f.size);
    if (!text) {
      report.problems.push_back(f.name + ": " + text.error().why);
    } else if (text->size() != f.size || hash_of(*text) != f.hash) {
      report.problems.push_back(f.name + ": its bytes are not those that were written");
    } else {
      report.bytes += f.size;
    }
  }
}

}  // namespace

Result<VerifyReport> verify_bundle(const fs::path& folder, const VerifyOptions& options) {
  CACTUS_TRY(manifest, read_bundle_manifest(folder));
  CACTUS_TRY(file, File::open(folder / kWeightsFile, File::Mode::read));
  CACTUS_TRY(size, file.size());
  VerifyReport report;
  const std::uint64_t total = weights_size(manifest);
  if (size != total) {
    report.problems.push_back(std::string(kWeightsFile) + ": it has " + std::to_string(size) +
                              " bytes instead of " + std::to_string(total));
  }
  check_files(folder, manifest, report);

  const std::vector<TensorInfo>& tensors = manifest.tensors;
  std::vector<std::string> wrong(tensors.size());
  kernels::Pool pool(options.threads > 0 ? options.threads : kernels::default_threads());
  std::uint64_t done = 0;
  for (std::size_t begin = 0; begin < tensors.size();) {
    if (options.cancel != nullptr && *options.cancel) {
      return make_error(ErrorKind::cancelled, "verification was cancelled");
    }
    std::size_t end = begin;
    std::uint64_t batch = 0;
    while (end < tensors.size() && batch < kBatch) batch += tensors[end++].size;
    pool.run(static_cast<std::int64_t>(end - begin), 1,
             [&](std::int64_t from, std::int64_t to, int /*worker*/) {
               for (auto i = begin + static_cast<std::size_t>(from);
                    i < begin + static_cast<std::size_t>(to); ++i) {
                 wrong[i] =
                     check_tensor(file, tensors[i], aligned(tensors[i].offset + tensors[i].size));
               }
             });
    done += batch;
    if (options.progress) options.progress(std::min(done, total), total);
    begin = end;
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!wrong[i].empty()) report.problems.push_back("tensor " + tensors[i].name + ": " + wrong[i]);
  }
  report.bytes += done;
  report.tensors = tensors.size();
  return report;
}

}  // namespace cactus
