#include "engine/weights/bundle_writer.h"

#include <algorithm>

#include "engine/weights/manifest.h"

namespace cactus {
namespace {

constexpr std::size_t kChunk = 4 << 20;  // bytes hashed at a time

Result<bool> intact(const File& file, const TensorInfo& t) {
  CACTUS_TRY(size, file.size());
  if (t.offset > size || t.size > size - t.offset) return false;
  std::vector<std::byte> buffer(std::min<std::size_t>(kChunk, static_cast<std::size_t>(t.size)));
  Hasher hasher;
  for (std::uint64_t at = 0; at < t.size; at += buffer.size()) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), t.size - at));
    CACTUS_CHECK(file.read_at(t.offset + at, std::span(buffer.data(), n)));
    hasher.update(std::span<const std::byte>(buffer.data(), n));
  }
  return hasher.digest() == t.hash;
}

}  // namespace

BundleWriter::BundleWriter(std::filesystem::path folder, File weights)
    : folder_(std::move(folder)), weights_(std::move(weights)) {}

Result<BundleWriter> BundleWriter::create(const std::filesystem::path& folder) {
  CACTUS_CHECK(make_folders(folder));
  CACTUS_TRY(weights, File::open(folder / kWeightsFile, File::Mode::write));
  return BundleWriter(folder, std::move(weights));
}

Status BundleWriter::resume(std::span<const TensorInfo> tensors) {
  std::uint64_t end = 0;
  for (const TensorInfo& t : tensors) {
    if (t.offset != aligned(end)) break;
    CACTUS_TRY(kept, intact(weights_, t));
    if (!kept) break;
    tensors_.push_back(t);
    end = t.offset + t.size;
  }
  return weights_.truncate(end);
}

Status BundleWriter::begin(TensorInfo tensor) {
  CACTUS_TRY(stored, stored_shape(tensor.shape, tensor.name));
  const std::uint64_t end = tensors_.empty() ? 0 : tensors_.back().offset + tensors_.back().size;
  if (tensors_.empty()) CACTUS_CHECK(weights_.truncate(0));
  current_ = std::move(tensor);
  current_.offset = aligned(end);
  current_.size = static_cast<std::uint64_t>(
      kernels::matrix_bytes(current_.type, current_.layout, stored.rows, stored.cols));
  hasher_ = Hasher();
  written_ = 0;
  return ok_status();
}

Status BundleWriter::write(std::span<const std::byte> bytes) {
  if (bytes.size() > current_.size - written_) {
    return make_error(ErrorKind::internal, "too many bytes for tensor " + current_.name);
  }
  CACTUS_CHECK(weights_.write_at(current_.offset + written_, bytes));
  hasher_.update(bytes);
  written_ += bytes.size();
  return ok_status();
}

Result<TensorInfo> BundleWriter::end() {
  if (written_ != current_.size) {
    return make_error(ErrorKind::internal, "too few bytes for tensor " + current_.name);
  }
  current_.hash = hasher_.digest();
  tensors_.push_back(current_);
  return current_;
}

Status BundleWriter::add_file(std::string_view name, std::string_view text) {
  if (!is_plain_name(name)) {
    return make_error(ErrorKind::usage, "\"" + std::string(name) + "\" is not a file name");
  }
  CACTUS_CHECK(write_file_atomic(folder_ / name, text));
  files_.push_back({std::string(name), text.size(), hash_of(text)});
  return ok_status();
}

Status BundleWriter::finish(Manifest manifest) {
  manifest.format = kBundleFormat;
  manifest.runtime = kBundleFormat;
  manifest.tensors = tensors_;
  manifest.files = files_;
  if (!manifest.quantisation.is_object()) manifest.quantisation = Json::object();
  manifest.quantisation["group"] = kernels::kGroup;
  manifest.quantisation["codebook"] =
      std::vector<int>(std::begin(kernels::kCodebook), std::end(kernels::kCodebook));
  // The bytes after the last tensor, up to the alignment, are zero: a hole until then.
  CACTUS_CHECK(weights_.truncate(weights_size(manifest)));
  CACTUS_CHECK(weights_.sync());
  CACTUS_CHECK(sync_folder(folder_));
  return write_file_atomic(folder_ / kManifestFile, write_manifest(manifest));
}

}  // namespace cactus
