#include "engine/convert/synthetic.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/file.h"
#include "engine/convert/recipe.h"
#include "engine/models/family.h"
#include "engine/weights/bundle_writer.h"
#include "engine/weights/manifest.h"
#include "kernels/pack.h"

namespace cactus {
namespace {

using kernels::Layout;
using kernels::Type;

constexpr std::int64_t kBlock = 8 << 20;  // bytes written at a time

// splitmix64 (Steele, Lea, Flood 2014): fast, and any seed does.
class Bits {
 public:
  explicit Bits(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  void fill(std::byte* out, std::size_t n) {
    for (; n >= 8; n -= 8, out += 8) {
      const std::uint64_t word = next();
      std::memcpy(out, &word, 8);
    }
    const std::uint64_t word = next();
    std::memcpy(out, &word, n);
  }
  // In (-1, 1).
  float uniform() { return static_cast<float>(static_cast<std::int64_t>(next()) >> 40) * 0x1p-23F; }

 private:
  std::uint64_t state_;
};

// The scale that gives uniformly random int8 values, or random codes, weights of about 1/√cols.
std::uint16_t scale_for(std::int64_t cols) {
  return kernels::f32_to_bf16(1.0F / (64.0F * std::sqrt(static_cast<float>(cols))));
}

// One row (Layout::rows) or tile of a quantised matrix.
void fill_unit(Bits& bits, const TensorInfo& t, std::int64_t cols, std::byte* out,
               std::int64_t stride) {
  const std::int64_t groups = kernels::groups_of(cols);
  const std::int64_t scales = groups * (t.layout == Layout::tiles ? kernels::kTileRows : 1);
  bits.fill(out, static_cast<std::size_t>(stride));
  const std::uint16_t scale = scale_for(cols);
  for (std::int64_t i = 0; i < scales; ++i) std::memcpy(out + 2 * i, &scale, 2);
}

void fill_floats(Bits& bits, const TensorInfo& t, bool ones, std::int64_t cols, std::byte* out,
                 std::int64_t count) {
  const float size = 1.7F / std::sqrt(static_cast<float>(cols));
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = ones ? 1.0F : size * bits.uniform();
    if (t.type == Type::f32) {
      std::memcpy(out + 4 * i, &value, 4);
    } else {
      const std::uint16_t half =
          t.type == Type::f16 ? kernels::f32_to_f16(value) : kernels::f32_to_bf16(value);
      std::memcpy(out + 2 * i, &half, 2);
    }
  }
}

class Synthesis {
 public:
  Synthesis(BundleWriter& writer, const SyntheticOptions& options)
      : writer_(writer), options_(options), bits_(options.seed) {}

  Status run(const TensorPlan& plan) {
    std::vector<TensorInfo> targets;
    for (const TensorSpec& spec : plan.tensors) {
      TensorInfo t = stored_as(spec.use, SourceType::bf16, options_.bits);
      t.name = spec.name;
      t.shape = spec.shape;
      CACTUS_TRY(shape, stored_shape(t.shape, t.name));
      progress_.total += size_of(t, shape);
      targets.push_back(std::move(t));
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const Use use = plan.tensors[i].use;
      CACTUS_CHECK(write(targets[i], use == Use::vector || use == Use::bound));
    }
    return ok_status();
  }

 private:
  static std::uint64_t size_of(const TensorInfo& t, const StoredShape& shape) {
    return static_cast<std::uint64_t>(
        kernels::matrix_bytes(t.type, t.layout, shape.rows, shape.cols));
  }

  Status write(const TensorInfo& t, bool ones) {
    CACTUS_TRY(shape, stored_shape(t.shape, t.name));
    const std::int64_t stride = kernels::stride_bytes(t.type, t.layout, shape.cols);
    const std::int64_t units = static_cast<std::int64_t>(size_of(t, shape)) / stride;
    const std::int64_t block = std::clamp<std::int64_t>(kBlock / stride, 1, units);
    std::vector<std::byte> bytes(static_cast<std::size_t>(block * stride));
    progress_.tensor = t.name;
    CACTUS_CHECK(writer_.begin(t));
    for (std::int64_t done = 0; done < units; done += block) {
      if (options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed)) {
        return make_error(ErrorKind::cancelled, "cancelled");
      }
      const std::int64_t n = std::min(block, units - done);
      for (std::int64_t u = 0; u < n; ++u) {
        std::byte* out = bytes.data() + u * stride;
        if (t.type == Type::q4 || t.type == Type::q8) {
          fill_unit(bits_, t, shape.cols, out, stride);
        } else {
          fill_floats(bits_, t, ones, shape.cols, out, shape.cols);
        }
      }
      CACTUS_CHECK(writer_.write({bytes.data(), static_cast<std::size_t>(n * stride)}));
      progress_.done += static_cast<std::uint64_t>(n * stride);
      if (options_.progress) options_.progress(progress_);
    }
    auto ended = writer_.end();
    return ended ? ok_status() : Status(std::move(ended).error());
  }

  BundleWriter& writer_;
  const SyntheticOptions& options_;
  Bits bits_;
  ConvertProgress progress_;
};

Status write_files(const Json& config, const std::filesystem::path& folder,
                   const SyntheticOptions& options) {
  CACTUS_TRY(family, family_of(config));
  CACTUS_TRY(plan, family->plan(config, {}));
  CACTUS_TRY(writer, BundleWriter::create(folder));
  CACTUS_CHECK(Synthesis(writer, options).run(plan));
  if (!options.tokenizer.empty()) {
    CACTUS_CHECK(writer.add_file("tokenizer.json", options.tokenizer));
  }
  if (!options.chat_template.empty()) {
    CACTUS_CHECK(writer.add_file("chat_template.jinja", options.chat_template));
  }
  Manifest manifest;
  manifest.family = family->name;
  manifest.config = config;
  manifest.source = {{"repository", options.name}, {"random_weights", true}};
  manifest.quantisation = {{"bits", options.bits}};
  return writer.finish(std::move(manifest));
}

}  // namespace

Status write_synthetic(const Json& config, const std::filesystem::path& folder,
                       const SyntheticOptions& options) {
  std::error_code ignored;
  if (std::filesystem::exists(folder, ignored)) {
    return make_error(ErrorKind::usage, folder.string() + " is in the way", "it exists already",
                      "another folder, or remove it");
  }
  const std::filesystem::path aside = folder.string() + ".partial";
  CACTUS_CHECK(remove_tree(aside));
  Status written = write_files(config, aside, options);
  if (written) written = rename_durably(aside, folder);
  if (!written) static_cast<void>(remove_tree(aside));
  return written;
}

}  // namespace cactus
