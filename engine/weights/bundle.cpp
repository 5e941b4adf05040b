#include "engine/weights/bundle.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "engine/base/file.h"
#include "engine/base/mapped_file.h"
#include "engine/weights/manifest.h"
#include "engine/weights/open.h"

namespace cactus {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFileLimit = 256 << 20;  // of one file beside the weights

Error mismatch(const TensorInfo& t, const std::string& wanted) {
  std::string have = "[";
  for (std::size_t i = 0; i < t.shape.size(); ++i) {
    have += (i == 0 ? "" : ", ") + std::to_string(t.shape[i]);
  }
  return make_error(
      ErrorKind::incompatible, "tensor " + t.name + " has another shape",
      "it is " + have + "] " + std::string(type_name(t.type)) + ", needed is " + wanted,
      "convert or download the model again");
}

// Whether a file of the bundle is in its folder, or among the blobs that a snapshot of the Hugging
// Face cache links to (…/snapshots/COMMIT/FILE → …/blobs/HASH).
bool belongs(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  const fs::path place = fs::canonical(file, error).parent_path();
  const fs::path home = fs::canonical(folder, error);
  if (error) return false;
  return place == home || (home.parent_path().filename() == "snapshots" &&
                           place == home.parent_path().parent_path() / "blobs");
}

class OpenBundle final : public Bundle {
 public:
  OpenBundle(Manifest manifest, fs::path folder, MappedFile weights)
      : OpenBundle(std::move(manifest), std::move(folder), weights.bytes()) {
    mapped_ = std::move(weights);
  }
  OpenBundle(Manifest manifest, fs::path label, std::span<const MemoryFile> files,
             std::span<const std::byte> weights)
      : OpenBundle(std::move(manifest), std::move(label), weights) {
    memory_.assign(files.begin(), files.end());
  }
  OpenBundle(Manifest manifest, fs::path folder, std::span<const std::byte> weights)
      : manifest_(std::move(manifest)), folder_(std::move(folder)), weights_(weights) {
    by_name_.reserve(manifest_.tensors.size());
    for (const TensorInfo& t : manifest_.tensors) by_name_.emplace(t.name, &t);
  }

  const Manifest& manifest() const override { return manifest_; }
  const fs::path& folder() const override { return folder_; }

  const TensorInfo* find(std::string_view name) const override {
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? nullptr : at->second;
  }

  Result<kernels::Matrix> matrix(std::string_view name, std::int64_t rows,
                                 std::int64_t cols) const override {
    CACTUS_TRY(t, tensor(name));
    CACTUS_TRY(stored, stored_shape(t->shape, t->name));
    // Rows of plain numbers may be read in any shape of as many elements; quantised ones as stored.
    const bool quantised = t->type == kernels::Type::q4 || t->type == kernels::Type::q8;
    const bool fits = quantised ? stored.rows == rows && stored.cols == cols
                                : stored.rows * stored.cols == rows * cols;
    if (!fits) return mismatch(*t, "[" + std::to_string(rows) + ", " + std::to_string(cols) + "]");
    return kernels::Matrix{data(*t), t->type, t->layout, rows, cols};
  }

  Result<std::span<const float>> vector(std::string_view name, std::int64_t n) const override {
    CACTUS_TRY(t, tensor(name));
    CACTUS_TRY(stored, stored_shape(t->shape, t->name));
    if (t->type != kernels::Type::f32 || stored.rows * stored.cols != n) {
      return mismatch(*t, "[" + std::to_string(n) + "] f32");
    }
    return std::span(reinterpret_cast<const float*>(data(*t)), static_cast<std::size_t>(n));
  }

  Result<std::string> file(std::string_view name) const override {
    for (const auto& [known, text] : kept_) {
      if (known == name) return text;
    }
    for (const MemoryFile& known : memory_) {
      if (known.name == name) {
        return std::string(reinterpret_cast<const char*>(known.bytes.data()), known.bytes.size());
      }
    }
    if (!mapped_) {
      return make_error(ErrorKind::not_found, folder_.string() + " has no " + std::string(name));
    }
    const fs::path path = folder_ / name;
    std::error_code error;
    if (!is_plain_name(name) || !fs::exists(path, error)) {
      return make_error(ErrorKind::not_found, folder_.string() + " has no " + std::string(name));
    }
    if (!belongs(path, folder_)) {
      return make_error(ErrorKind::incompatible, path.string() + " is not used",
                        "it is a link to a place outside the bundle");
    }
    return read_file(path, kFileLimit);
  }

  void read_row(const kernels::Matrix& table, std::int64_t row, std::byte* out) const override {
    if (!mapped_) return Bundle::read_row(table, row, out);
    const std::int64_t stride = kernels::stride_bytes(table.type, table.layout, table.cols);
    const auto* at = static_cast<const std::byte*>(table.data) + row * stride;
    mapped_->read_at(static_cast<std::uint64_t>(at - weights_.data()),
                     {out, static_cast<std::size_t>(stride)});
  }

  Status keep_files() {
    for (const FileInfo& f : manifest_.files) {
      CACTUS_TRY(text, file(f.name));
      kept_.emplace_back(f.name, std::move(text));
    }
    return ok_status();
  }

 private:
  const std::byte* data(const TensorInfo& t) const { return weights_.data() + t.offset; }

  Result<const TensorInfo*> tensor(std::string_view name) const {
    const TensorInfo* t = find(name);
    if (t != nullptr) return t;
    return make_error(ErrorKind::incompatible,
                      folder_.string() + " has no tensor " + std::string(name), "",
                      "convert or download the model again");
  }

  Manifest manifest_;
  fs::path folder_;
  std::span<const std::byte> weights_;
  std::optional<MappedFile> mapped_;  // none: the bundle is in memory
  std::vector<MemoryFile> memory_;
  std::unordered_map<std::string_view, const TensorInfo*> by_name_;  // views of manifest_'s names
  std::vector<std::pair<std::string, std::string>> kept_;
};

Error damaged(const fs::path& path, std::uint64_t bytes, std::uint64_t said) {
  return make_error(
      ErrorKind::incompatible, path.string() + " is damaged",
      "it has " + std::to_string(bytes) + " bytes, the manifest says " + std::to_string(said),
      "convert or download the model again");
}

Result<std::shared_ptr<OpenBundle>> open_mapped(const fs::path& folder) {
  CACTUS_TRY(manifest, read_bundle_manifest(folder));
  const fs::path path = folder / kWeightsFile;
  std::error_code error;
  if (fs::exists(path, error) && !belongs(path, folder)) {
    return make_error(ErrorKind::incompatible, path.string() + " is not used",
                      "it is a link to a place outside the bundle");
  }
  CACTUS_TRY(weights, MappedFile::open(path));
  if (weights.bytes().size() != weights_size(manifest)) {
    return damaged(path, weights.bytes().size(), weights_size(manifest));
  }
  return std::make_shared<OpenBundle>(std::move(manifest), folder, std::move(weights));
}

}  // namespace

void Bundle::read_row(const kernels::Matrix& table, std::int64_t row, std::byte* out) const {
  const std::int64_t stride = kernels::stride_bytes(table.type, table.layout, table.cols);
  std::memcpy(out, static_cast<const std::byte*>(table.data) + row * stride,
              static_cast<std::size_t>(stride));
}

Result<Manifest> read_bundle_manifest(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder / kManifestFile, error)) {
    const bool there = fs::is_directory(folder, error);
    const bool checkpoint = there && fs::exists(folder / "config.json", error);
    return make_error(ErrorKind::not_found,
                      there ? folder.string() + " is not a bundle" : "no folder " + folder.string(),
                      there ? "it has no cactus.json" : "",
                      checkpoint ? "cactus convert " + folder.string() + " DEST" : "");
  }
  CACTUS_TRY(text, read_file(folder / kManifestFile, kManifestLimit));
  return parse_manifest(text, folder);
}

Result<std::shared_ptr<const Bundle>> Bundle::open(const fs::path& folder) {
  CACTUS_TRY(bundle, open_mapped(folder));
  return std::shared_ptr<const Bundle>(std::move(bundle));
}

Result<std::shared_ptr<const Bundle>> Bundle::open(std::span<const MemoryFile> files,
                                                   const fs::path& label) {
  const auto find = [files](std::string_view name) {
    const auto at = std::find_if(files.begin(), files.end(),
                                 [name](const MemoryFile& f) { return f.name == name; });
    return at == files.end() ? nullptr : &*at;
  };
  const MemoryFile* text = find(kManifestFile);
  const MemoryFile* weights = find(kWeightsFile);
  if (text == nullptr || weights == nullptr) {
    return make_error(ErrorKind::not_found, label.string() + " is not a bundle",
                      "it has no " + std::string(text == nullptr ? kManifestFile : kWeightsFile));
  }
  CACTUS_TRY(manifest,
             parse_manifest({reinterpret_cast<const char*>(text->bytes.data()), text->bytes.size()},
                            label));
  if (weights->bytes.size() != weights_size(manifest)) {
    return damaged(label / kWeightsFile, weights->bytes.size(), weights_size(manifest));
  }
  if (reinterpret_cast<std::uintptr_t>(weights->bytes.data()) % kernels::kAlignment != 0) {
    return make_error(ErrorKind::internal, label.string() + " is not aligned in memory");
  }
  for (const FileInfo& f : manifest.files) {
    const MemoryFile* file = find(f.name);
    const std::uint64_t size = file == nullptr ? 0 : file->bytes.size();
    if (size != f.size) return damaged(label / f.name, size, f.size);
  }
  return std::shared_ptr<const Bundle>(
      std::make_shared<OpenBundle>(std::move(manifest), label, files, weights->bytes));
}

Result<std::shared_ptr<const Bundle>> open_and_remove(const fs::path& folder) {
  CACTUS_TRY(bundle, open_mapped(folder));
  CACTUS_CHECK(bundle->keep_files());
  CACTUS_CHECK(remove_tree(folder));
  return std::shared_ptr<const Bundle>(std::move(bundle));
}

}  // namespace cactus
