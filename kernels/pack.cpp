#include "kernels/pack.h"

#include <bit>

namespace cactus::kernels {

float bf16_to_f32(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

std::int64_t stride_bytes(Type type, Layout layout, std::int64_t cols) {
  const std::int64_t groups = groups_of(cols);
  const auto align = static_cast<std::int64_t>(kAlignment);
  switch (type) {
    case Type::f32: return cols * 4;
    case Type::f16:
    case Type::bf16: return cols * 2;
    case Type::q8:
    case Type::q4: {
      const std::int64_t block = type == Type::q4 ? kGroup / 2 : kGroup;
      if (layout == Layout::rows) return groups * (2 + block);
      const std::int64_t scales = (groups * kTileRows * 2 + align - 1) / align * align;
      return scales + groups * kTileRows * block;
    }
  }
  return 0;
}

std::int64_t matrix_bytes(Type type, Layout layout, std::int64_t rows, std::int64_t cols) {
  const std::int64_t units = layout == Layout::tiles ? (rows + kTileRows - 1) / kTileRows : rows;
  return units * stride_bytes(type, layout, cols);
}

}  // namespace cactus::kernels
