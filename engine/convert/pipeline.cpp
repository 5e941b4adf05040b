#include "engine/convert/pipeline.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "engine/weights/manifest.h"
#include "kernels/pack.h"

namespace cactus {
namespace {

using kernels::Layout;
using kernels::Type;

constexpr std::int64_t kBlockBytes = 16 << 20;   // of the source, read at a time
constexpr std::int64_t kPieceWeights = 1 << 15;  // packed at a time by one thread

// Some rows of one tensor, on their way.
struct Block {
  const Conversion* conversion = nullptr;
  StoredShape shape;
  std::int64_t row = 0;  // first
  std::int64_t rows = 0;
  bool first = false, last = false;  // of its tensor
  std::uint64_t source_bytes = 0;
  kernels::Buffer<std::byte> in, out;
  std::int64_t out_bytes = 0;
  Status status = ok_status();
};

// Cuts the tensors into blocks, one call after the other.
class Cutter {
 public:
  explicit Cutter(std::span<const Conversion> conversions) : conversions_(conversions) {}

  // False at the end; the status of the block tells when a shape is out of bounds.
  bool next(Block& block) {
    if (at_ == conversions_.size()) {
      block.conversion = nullptr;
      return false;
    }
    const Conversion& c = conversions_[at_];
    block.conversion = &c;
    const Result<StoredShape> shape = stored_shape(c.target.shape, c.target.name);
    block.status = shape ? ok_status() : Status(shape.error());
    block.shape = shape ? *shape : StoredShape{0, 0};
    const auto row_bytes =
        block.shape.cols * static_cast<std::int64_t>(element_size(c.source->type));
    std::int64_t rows =
        std::max<std::int64_t>(1, kBlockBytes / std::max<std::int64_t>(1, row_bytes));
    if (c.target.layout == Layout::tiles) {
      rows = (rows + kernels::kTileRows - 1) / kernels::kTileRows * kernels::kTileRows;
    }
    block.row = row_;
    block.rows = std::min(rows, block.shape.rows - row_);
    block.first = row_ == 0;
    row_ += block.rows;
    block.last = row_ == block.shape.rows;
    block.source_bytes = static_cast<std::uint64_t>(block.rows * row_bytes);
    if (block.last) ++at_, row_ = 0;
    return true;
  }

 private:
  std::span<const Conversion> conversions_;
  std::size_t at_ = 0;
  std::int64_t row_ = 0;
};

void read_block(const TensorSource& source, Block& b) {
  if (!b.status) return;
  const auto row_bytes = b.rows == 0 ? 0 : b.source_bytes / static_cast<std::uint64_t>(b.rows);
  std::byte* in = b.in.reserve(static_cast<std::int64_t>(b.source_bytes));
  b.status = source.read(*b.conversion->source, static_cast<std::uint64_t>(b.row) * row_bytes,
                         std::span(in, static_cast<std::size_t>(b.source_bytes)));
}

void write_block(BundleWriter& writer, const PipelineHooks& hooks, Block& b) {
  const auto write = [&]() -> Status {
    if (b.first) CACTUS_CHECK(writer.begin(b.conversion->target));
    CACTUS_CHECK(writer.write(std::span(b.out.data(), static_cast<std::size_t>(b.out_bytes))));
    if (!b.last) return ok_status();
    CACTUS_TRY(info, writer.end());
    return hooks.on_tensor(info);
  };
  b.status = write();
}

template <class Convert>
void widen(const std::byte* in, std::int64_t n, float* out, Convert convert) {
  for (std::int64_t i = 0; i < n; ++i) {
    std::uint16_t bits;
    std::memcpy(&bits, in + 2 * i, sizeof bits);
    out[i] = convert(bits);
  }
}

void to_floats(SourceType type, const std::byte* in, std::int64_t n, float* out) {
  switch (type) {
    case SourceType::f32:
      std::memcpy(out, in, static_cast<std::size_t>(n) * 4);
      return;
    case SourceType::f16:
      widen(in, n, out, kernels::f16_to_f32);
      return;
    case SourceType::bf16:
      widen(in, n, out,
            [](std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); });
      return;
    case SourceType::other:
      return;
  }
}

// The largest magnitude of a value that the target can hold, as bits of a float; NaN is above all.
std::uint32_t most_bits(const Conversion& c) {
  constexpr std::uint32_t kInfinity = 0x7f800000;
  if (c.may_be_infinite) return kInfinity;
  if (c.target.type == Type::f16) return std::bit_cast<std::uint32_t>(65519.0F);
  if (c.target.type == Type::bf16) return std::bit_cast<std::uint32_t>(0x1.FEp127F);
  return kInfinity - 1;
}

// Index of the first value that may not be, or -1.
std::int64_t first_wrong(const float* x, std::int64_t n, std::uint32_t most) {
  constexpr std::uint32_t kMagnitude = 0x7fffffff;
  std::uint32_t greatest = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    greatest = std::max(greatest, std::bit_cast<std::uint32_t>(x[i]) & kMagnitude);
  }
  if (greatest <= most) return -1;
  for (std::int64_t i = 0;; ++i) {
    if ((std::bit_cast<std::uint32_t>(x[i]) & kMagnitude) > most) return i;
  }
}

Error wrong_value(const Block& b, std::int64_t row, std::int64_t column, float value) {
  const SourceTensor& t = *b.conversion->source;
  const std::string at = "at row " + std::to_string(row) + ", column " + std::to_string(column);
  if (std::isfinite(value)) {
    return make_error(ErrorKind::incompatible, "tensor " + t.name + " does not fit 16-bit floats",
                      at + " it is " + std::to_string(value), "convert with --bits 32 or 8");
  }
  return make_error(ErrorKind::incompatible,
                    "tensor " + t.name + " holds a value that is no number",
                    at + " it is " + (std::isnan(value) ? "NaN" : "infinite"),
                    "download the model again, or report it to its publisher");
}

// Packs blocks on the pool; the scratch of each thread is kept from block to block.
class Packer {
 public:
  explicit Packer(int threads) : scratch_(static_cast<std::size_t>(threads)) {}

  void prepare(Block& b) {
    const TensorInfo& t = b.conversion->target;
    unit_ =
        t.layout == Layout::tiles
            ? kernels::kTileRows
            : std::max<std::int64_t>(1, kPieceWeights / std::max<std::int64_t>(1, b.shape.cols));
    b.out_bytes = kernels::matrix_bytes(t.type, t.layout, b.rows, b.shape.cols);
    b.out.reserve(b.out_bytes);
    wrong_ = INT64_MAX;
  }
  std::int64_t pieces(const Block& b) const { return (b.rows + unit_ - 1) / unit_; }

  void pack_piece(Block& b, std::int64_t piece, int worker) {
    const Conversion& c = *b.conversion;
    const std::int64_t cols = b.shape.cols, row = piece * unit_,
                       rows = std::min(unit_, b.rows - row);
    const std::int64_t n = rows * cols;
    float* x = scratch_[static_cast<std::size_t>(worker)].reserve(n + 1);
    to_floats(c.source->type,
              b.in.data() + row * cols * static_cast<std::int64_t>(element_size(c.source->type)), n,
              x);
    if (const std::int64_t i = first_wrong(x, n, most_bits(c)); i >= 0) {
      std::int64_t seen = wrong_;
      while (row * cols + i < seen && !wrong_.compare_exchange_weak(seen, row * cols + i)) {
      }
      return;
    }
    const std::int64_t unit = c.target.layout == Layout::tiles ? row / kernels::kTileRows : row;
    kernels::pack(
        c.target.type, c.target.layout, x, rows, cols, cols,
        b.out.data() + unit * kernels::stride_bytes(c.target.type, c.target.layout, cols));
  }

  void finish(Block& b) {
    if (wrong_ == INT64_MAX) return;
    const std::int64_t i = wrong_;
    float value = 0;
    const auto size = static_cast<std::int64_t>(element_size(b.conversion->source->type));
    to_floats(b.conversion->source->type, b.in.data() + i * size, 1, &value);
    b.status = wrong_value(b, b.row + i / b.shape.cols, i % b.shape.cols, value);
  }

 private:
  std::vector<kernels::Buffer<float>> scratch_;
  std::int64_t unit_ = 1;
  std::atomic<std::int64_t> wrong_{INT64_MAX};  // least index of a value that may not be
};

}  // namespace

Status stream(const TensorSource& source, std::span<const Conversion> conversions,
              BundleWriter& writer, kernels::Pool& pool, const PipelineHooks& hooks) {
  Cutter cutter(conversions);
  Packer packer(pool.threads());
  Block blocks[3];  // being read, packed, written; they take turns
  Block* reading = &blocks[0];
  Block* packing = &blocks[1];
  Block* writing = &blocks[2];
  std::uint64_t bytes = 0;
  bool more = cutter.next(*reading);
  while (more || packing->conversion != nullptr || writing->conversion != nullptr) {
    if (hooks.cancel != nullptr && *hooks.cancel) {
      return make_error(ErrorKind::cancelled, "the conversion was cancelled", "",
                        "run the same command again to go on where it stopped");
    }
    std::int64_t pieces = 0;
    if (packing->conversion != nullptr) {
      packer.prepare(*packing);
      pieces = packer.pieces(*packing);
    }
    pool.run(pieces + 2, 1, [&](std::int64_t begin, std::int64_t end, int worker) {
      for (std::int64_t i = begin; i < end; ++i) {
        if (i == 0 && more) read_block(source, *reading);
        if (i == 1 && writing->conversion != nullptr) write_block(writer, hooks, *writing);
        if (i >= 2) packer.pack_piece(*packing, i - 2, worker);
      }
    });
    if (packing->conversion != nullptr) packer.finish(*packing);
    // The oldest first: an error of a later tensor must not hide it.
    for (Block* b : {writing, packing, reading}) {
      if (b->conversion != nullptr && !b->status) return b->status;
    }
    if (packing->conversion != nullptr) {
      bytes += packing->source_bytes;
      if (hooks.on_block) hooks.on_block(bytes, packing->conversion->source->name);
    }
    Block* const free = writing;
    writing = packing;
    packing = reading;
    reading = free;
    more = cutter.next(*reading);
  }
  return ok_status();
}

}  // namespace cactus
