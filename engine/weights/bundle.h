// A bundle on disk, opened: the manifest parsed and checked, the weights mapped and used in place.
// Format: docs/bundle.md.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "kernels/types.h"

namespace cactus {

// One tensor of weights.cactus. Vectors (norms, scalars, biases) are f32 in Layout::rows.
struct TensorInfo {
  std::string name;                 // canonical name of the family's plan
  std::vector<std::int64_t> shape;  // as in the source; [] is a scalar
  kernels::Type type = kernels::Type::f32;
  kernels::Layout layout = kernels::Layout::rows;
  std::uint64_t offset = 0;  // in weights.cactus, multiple of 64
  std::uint64_t size = 0;    // bytes
  std::string hash;          // XXH3-128 of those bytes, 32 hex digits
  bool lookup = false;       // read a row here and there, never whole
};

// A file beside the weights.
struct FileInfo {
  std::string name;
  std::uint64_t size = 0;
  std::string hash;
};

struct Manifest {
  std::string format;     // "1.15"
  std::string runtime;    // least runtime version that can read it
  std::string family;     // "gemma4"
  Json config;            // the source's config.json, whole
  Json generation;        // generation_config.json, or null
  Json tokenizer_config;  // tokenizer_config.json, or null
  Json source;            // {"repository":…, "commit":…, "files":{name: hash}}
  Json quantisation;      // recipe as docs/bundle.md describes
  std::string licence;
  std::vector<TensorInfo> tensors;  // in the order of their offsets
  std::vector<FileInfo> files;
};

// A file of a bundle that is in memory for as long as the program runs.
struct MemoryFile {
  std::string_view name;
  std::span<const std::byte> bytes;  // weights.cactus: aligned to 64
};

// Thread-safe once open. Matrices and vectors point into the map and live as long as the bundle.
class Bundle {
 public:
  // Checks the versions, the manifest's form and that every tensor lies inside the file, aligned,
  // of the size its shape, type and layout demand; reads no weights. Errors: not_found,
  // incompatible (with both versions and the repairing command).
  static Result<std::shared_ptr<const Bundle>> open(const std::filesystem::path& folder);
  // The same of files in memory, used in place; nothing on disk is looked at. `label` is what
  // folder() says and errors name.
  static Result<std::shared_ptr<const Bundle>> open(std::span<const MemoryFile> files,
                                                    const std::filesystem::path& label);

  virtual ~Bundle() = default;
  virtual const Manifest& manifest() const = 0;
  virtual const std::filesystem::path& folder() const = 0;
  virtual const TensorInfo* find(std::string_view name) const = 0;

  // The tensor as a matrix [rows, cols]; incompatible when absent or of another shape.
  virtual Result<kernels::Matrix> matrix(std::string_view name, std::int64_t rows,
                                         std::int64_t cols) const = 0;
  // The tensor as n floats.
  virtual Result<std::span<const float>> vector(std::string_view name, std::int64_t n) const = 0;
  // The text of a file beside the weights ("tokenizer.json", "chat_template.jinja");
  // not_found when the bundle has none.
  virtual Result<std::string> file(std::string_view name) const = 0;

  // Copies row `row` of a matrix of this bundle in Layout::rows to `out`, its stride_bytes. Read
  // from the file: a table that is only looked up must never become resident, and the system maps
  // many pages around each one that is touched. Thread-safe.
  virtual void read_row(const kernels::Matrix& table, std::int64_t row, std::byte* out) const;
};

}  // namespace cactus
