#include "kernels/pack.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/quantise.h"

namespace cactus::kernels {
namespace {

constexpr auto kGroupSize = static_cast<std::size_t>(kGroup);

// Bytes of the scales of one tile: G × 16 bf16, padded to a line.
std::int64_t tile_scales(std::int64_t groups) {
  const auto align = static_cast<std::int64_t>(kAlignment);
  return (groups * kTileRows * 2 + align - 1) / align * align;
}

void store16(std::byte* at, std::uint16_t bits) {
  std::memcpy(at, &bits, sizeof bits);
}
std::uint16_t load16(const std::byte* at) {
  std::uint16_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}

// Columns 32g … 32g+31 of a row, zero beyond the last one.
const float* group_of(const float* row, std::int64_t g, std::int64_t cols, float* spare) {
  const std::int64_t have = cols - g * kGroup;
  if (have >= kGroup) return row + g * kGroup;
  std::fill(spare, spare + kGroup, 0.0F);
  std::copy(row + g * kGroup, row + cols, spare);
  return spare;
}

void pack_row_q4(const float* row, std::int64_t cols, std::byte* out) {
  const std::int64_t groups = groups_of(cols);
  std::byte* blocks = out + groups * 2;
  float spare[kGroupSize];
  std::uint8_t code[kGroupSize];
  for (std::int64_t g = 0; g < groups; ++g) {
    store16(out + g * 2, quantise_q4(group_of(row, g, cols, spare), code));
    for (std::size_t j = 0; j < 16; ++j) {
      blocks[static_cast<std::size_t>(g) * 16 + j] =
          static_cast<std::byte>(code[j] | code[16 + j] << 4);
    }
  }
}

void pack_row_q8(const float* row, std::int64_t cols, std::byte* out) {
  const std::int64_t groups = groups_of(cols);
  float spare[kGroupSize];
  std::int8_t value[kGroupSize];
  for (std::int64_t g = 0; g < groups; ++g) {
    store16(out + g * 2, quantise_q8(group_of(row, g, cols, spare), value));
    std::memcpy(out + groups * 2 + g * kGroup, value, kGroupSize);
  }
}

// One row of a tile. The tile is zero before, so that missing rows have scale 0.
void pack_tile_row_q4(const float* row, std::int64_t r, std::int64_t cols, std::byte* tile) {
  const std::int64_t groups = groups_of(cols);
  float spare[kGroupSize];
  std::uint8_t code[kGroupSize];
  for (std::int64_t g = 0; g < groups; ++g) {
    store16(tile + (g * kTileRows + r) * 2, quantise_q4(group_of(row, g, cols, spare), code));
    std::byte* block = tile + tile_scales(groups) + g * 256 + 4 * r;
    for (std::size_t v = 0; v < 4; ++v) {
      for (std::size_t j = 0; j < 4; ++j) {
        block[64 * v + j] = static_cast<std::byte>(code[8 * v + j] | code[8 * v + 4 + j] << 4);
      }
    }
  }
}

void pack_tile_row_q8(const float* row, std::int64_t r, std::int64_t cols, std::byte* tile) {
  const std::int64_t groups = groups_of(cols);
  float spare[kGroupSize];
  std::int8_t value[kGroupSize];
  for (std::int64_t g = 0; g < groups; ++g) {
    store16(tile + (g * kTileRows + r) * 2, quantise_q8(group_of(row, g, cols, spare), value));
    std::byte* block = tile + tile_scales(groups) + g * 512 + 4 * r;
    for (std::size_t v = 0; v < 8; ++v) std::memcpy(block + 64 * v, value + 4 * v, 4);
  }
}

void pack_row(Type type, const float* row, std::int64_t cols, std::byte* out) {
  switch (type) {
    case Type::f32:
      std::memcpy(out, row, static_cast<std::size_t>(cols) * 4);
      return;
    case Type::f16:
      for (std::int64_t i = 0; i < cols; ++i) store16(out + 2 * i, f32_to_f16(row[i]));
      return;
    case Type::bf16:
      for (std::int64_t i = 0; i < cols; ++i) store16(out + 2 * i, f32_to_bf16(row[i]));
      return;
    case Type::q8:
      pack_row_q8(row, cols, out);
      return;
    case Type::q4:
      pack_row_q4(row, cols, out);
      return;
  }
}

// Scale and value of one weight of a quantised row or tile; `base` is the row or the tile.
float unpack_one(Type type, Layout layout, const std::byte* base, std::int64_t r, std::int64_t cols,
                 std::int64_t column) {
  const std::int64_t groups = groups_of(cols), g = column / kGroup, c = column % kGroup;
  if (layout == Layout::rows) {
    const float scale = bf16_to_f32(load16(base + g * 2));
    const std::byte* blocks = base + groups * 2;
    if (type == Type::q8) {
      return scale * static_cast<float>(static_cast<std::int8_t>(blocks[column]));
    }
    const auto pair = static_cast<unsigned>(blocks[g * 16 + c % 16]);
    return scale * static_cast<float>(kCodebook[c < 16 ? pair & 15 : pair >> 4]);
  }
  const float scale = bf16_to_f32(load16(base + (g * kTileRows + r) * 2));
  const std::byte* blocks = base + tile_scales(groups);
  if (type == Type::q8) {
    const std::byte value = blocks[g * 512 + 64 * (c / 4) + 4 * r + c % 4];
    return scale * static_cast<float>(static_cast<std::int8_t>(value));
  }
  const auto pair = static_cast<unsigned>(blocks[g * 256 + 64 * (c / 8) + 4 * r + c % 4]);
  return scale * static_cast<float>(kCodebook[c % 8 < 4 ? pair & 15 : pair >> 4]);
}

}  // namespace

float bf16_to_f32(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

std::uint16_t f32_to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>(bits >> 16 | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
}

float f16_to_f32(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t rest = half & 0x7fffU;
  if (rest >= 0x7c00U) return std::bit_cast<float>(sign | 0x7f800000U | (rest & 0x3ffU) << 13);
  if (rest < 0x400U) {  // zero and subnormals: multiples of 2⁻²⁴
    const float magnitude = static_cast<float>(rest) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
  }
  return std::bit_cast<float>(sign | ((rest << 13) + ((127U - 15U) << 23)));
}

std::uint16_t f32_to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
  const std::uint32_t rest = bits & 0x7fffffffU;
  if (rest > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U | (rest >> 13 & 0x3ffU));
  if (rest >= 0x477ff000U) return static_cast<std::uint16_t>(sign | 0x7c00U);  // ≥ 65520
  if (rest < 0x38800000U) {  // below 2⁻¹⁴: adding 0.5 leaves multiples of 2⁻²⁴, rounded to even
    const float shifted = std::bit_cast<float>(rest) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) & 0x7ffU));
  }
  const std::uint32_t rounded = rest + 0xfffU + (rest >> 13 & 1U);
  return static_cast<std::uint16_t>(sign | ((rounded >> 13) - ((127U - 15U) << 10)));
}

std::int64_t stride_bytes(Type type, Layout layout, std::int64_t cols) {
  const std::int64_t groups = groups_of(cols);
  switch (type) {
    case Type::f32:
      return cols * 4;
    case Type::f16:
    case Type::bf16:
      return cols * 2;
    case Type::q8:
    case Type::q4: {
      const std::int64_t block = type == Type::q4 ? kGroup / 2 : kGroup;
      if (layout == Layout::rows) return groups * (2 + block);
      return tile_scales(groups) + groups * kTileRows * block;
    }
  }
  return 0;
}

std::int64_t matrix_bytes(Type type, Layout layout, std::int64_t rows, std::int64_t cols) {
  const std::int64_t units = layout == Layout::tiles ? (rows + kTileRows - 1) / kTileRows : rows;
  return units * stride_bytes(type, layout, cols);
}

void pack(Type type, Layout layout, const float* w, std::int64_t rows, std::int64_t cols,
          std::int64_t ldw, void* out) {
  auto* bytes = static_cast<std::byte*>(out);
  const std::int64_t stride = stride_bytes(type, layout, cols);
  if (layout == Layout::rows) {
    for (std::int64_t r = 0; r < rows; ++r) pack_row(type, w + r * ldw, cols, bytes + r * stride);
    return;
  }
  std::memset(out, 0, static_cast<std::size_t>(stride));
  for (std::int64_t r = 0; r < rows; ++r) {
    if (type == Type::q4) pack_tile_row_q4(w + r * ldw, r, cols, bytes);
    if (type == Type::q8) pack_tile_row_q8(w + r * ldw, r, cols, bytes);
  }
}

void unpack_row(const Matrix& w, std::int64_t row, float* out) {
  const std::int64_t stride = stride_bytes(w.type, w.layout, w.cols);
  const bool tiled = w.layout == Layout::tiles;
  const auto* base =
      static_cast<const std::byte*>(w.data) + (tiled ? row / kTileRows : row) * stride;
  switch (w.type) {
    case Type::f32:
      std::memcpy(out, base, static_cast<std::size_t>(w.cols) * 4);
      return;
    case Type::f16:
      for (std::int64_t i = 0; i < w.cols; ++i) out[i] = f16_to_f32(load16(base + 2 * i));
      return;
    case Type::bf16:
      for (std::int64_t i = 0; i < w.cols; ++i) out[i] = bf16_to_f32(load16(base + 2 * i));
      return;
    case Type::q8:
    case Type::q4:
      for (std::int64_t i = 0; i < w.cols; ++i) {
        out[i] = unpack_one(w.type, w.layout, base, row % kTileRows, w.cols, i);
      }
      return;
  }
}

}  // namespace cactus::kernels
