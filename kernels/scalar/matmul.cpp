// The specification of the products: every other instruction set is tested against this file.
#include <cmath>
#include <cstring>

#include "kernels/pack.h"
#include "kernels/scalar/scalar.h"

namespace cactus::kernels::scalar {
namespace {

// Operand form: 16 float scales, then the group's weights as int8 [16 rows][32 columns].
struct Operand {
  float scale[kTileRows];
  std::int8_t w[kTileRows][kGroup];
};
static_assert(sizeof(Operand) == kOperandBytes);

std::int8_t q4_weight(const std::uint8_t* group, std::int64_t r, std::int64_t col) {
  const std::int64_t v = col / 8;
  const std::uint8_t byte = group[64 * v + 4 * r + col % 4];
  return kCodebook[col % 8 < 4 ? byte & 15 : byte >> 4];
}

std::int8_t q8_weight(const std::int8_t* group, std::int64_t r, std::int64_t col) {
  return group[64 * (col / 4) + 4 * r + col % 4];
}

template <class T>
void expand(const std::uint16_t* scales, const T* codes, std::int64_t group_bytes,
            std::int64_t groups, std::int8_t (*weight)(const T*, std::int64_t, std::int64_t),
            std::byte* operand) {
  for (std::int64_t g = 0; g < groups; ++g) {
    Operand out;
    for (std::int64_t r = 0; r < kTileRows; ++r) {
      out.scale[r] = bf16_to_f32(scales[g * kTileRows + r]);
      for (std::int64_t c = 0; c < kGroup; ++c) out.w[r][c] = weight(codes + g * group_bytes, r, c);
    }
    std::memcpy(operand + g * kOperandBytes, &out, sizeof out);
  }
}

void expand_q4(const std::uint16_t* scales, const std::uint8_t* codes, std::int64_t groups,
               std::byte* operand) {
  expand(scales, codes, kQ4GroupBytes, groups, q4_weight, operand);
}

void expand_q8(const std::uint16_t* scales, const std::int8_t* values, std::int64_t groups,
               std::byte* operand) {
  expand(scales, values, kQ8GroupBytes, groups, q8_weight, operand);
}

void gemm_tile(const std::byte* operand, std::int64_t groups, const QuantRows& x, float* y,
               std::int64_t ldy, bool accumulate) {
  const auto* op = reinterpret_cast<const Operand*>(operand);
  for (std::int64_t t = 0; t < x.count; ++t) {
    for (std::int64_t r = 0; r < kTileRows; ++r) {
      float acc = accumulate ? y[t * ldy + r] : 0.0F;
      for (std::int64_t g = 0; g < groups; ++g) {
        const std::int8_t* q = x.q + t * x.ldq + g * kGroup;
        std::int32_t dot = 0;
        for (std::int64_t c = 0; c < kGroup; ++c) dot += op[g].w[r][c] * q[c];
        acc = std::fma(static_cast<float>(dot), op[g].scale[r] * x.scale[t * x.ldg + g], acc);
      }
      y[t * ldy + r] = acc;
    }
  }
}

void gemm(const std::byte* operand, std::int64_t operand_stride, std::int64_t tiles,
          std::int64_t groups, const QuantRows& x, float* y, std::int64_t ldy, bool accumulate) {
  for (std::int64_t i = 0; i < tiles; ++i)
    gemm_tile(operand + i * operand_stride, groups, x, y + i * kTileRows, ldy, accumulate);
}

template <class T, class Expand>
void gemv(const std::uint16_t* scales, const T* codes, std::int64_t group_bytes,
          std::int64_t groups, const QuantRows& x, float* y, std::int64_t ldy, Expand expand_one) {
  for (std::int64_t g = 0; g < groups; ++g) {
    alignas(kAlignment) std::byte operand[kOperandBytes];
    expand_one(scales + g * kTileRows, codes + g * group_bytes, 1, operand);
    const QuantRows at = {x.q + g * kGroup, x.scale + g, x.bias + g, x.ldq, x.ldg, x.count};
    gemm_tile(operand, 1, at, y, ldy, g > 0);
  }
}

void gemv_q4(const std::uint16_t* scales, const std::uint8_t* codes, std::int64_t groups,
             const QuantRows& x, float* y, std::int64_t ldy) {
  gemv(scales, codes, kQ4GroupBytes, groups, x, y, ldy, expand_q4);
}

void gemv_q8(const std::uint16_t* scales, const std::int8_t* values, std::int64_t groups,
             const QuantRows& x, float* y, std::int64_t ldy) {
  gemv(scales, values, kQ8GroupBytes, groups, x, y, ldy, expand_q8);
}

template <class T, class Gemv>
void gemv4(const FourRuns& runs, std::int64_t group_bytes, std::int64_t groups, const QuantRows& x,
           Gemv gemv_one) {
  for (int i = 0; i < 4; ++i) {
    for (std::int64_t t = 0; t < runs.count; ++t) {
      const std::byte* tile = runs.tiles[i] + t * runs.stride;
      const std::byte* codes = tile + runs.stride - groups * group_bytes;
      gemv_one(reinterpret_cast<const std::uint16_t*>(tile), reinterpret_cast<const T*>(codes),
               groups, x, runs.y[i] + t * kTileRows, kTileRows);
    }
  }
}

void gemv4_q4(const FourRuns& runs, std::int64_t groups, const QuantRows& x) {
  gemv4<std::uint8_t>(runs, kQ4GroupBytes, groups, x, gemv_q4);
}

void gemv4_q8(const FourRuns& runs, std::int64_t groups, const QuantRows& x) {
  gemv4<std::int8_t>(runs, kQ8GroupBytes, groups, x, gemv_q8);
}

float as_float(float v) {
  return v;
}
struct F16 {
  float operator()(std::uint16_t v) const { return f16_to_f32(v); }
};
struct Bf16 {
  float operator()(std::uint16_t v) const { return bf16_to_f32(v); }
};

// Sixteen partial sums, as a vector unit would keep: as exact as the others, and less serial.
template <class T, class Load>
void matmul(const T* w, std::int64_t ldw, std::int64_t rows, std::int64_t cols, const float* x,
            std::int64_t ldx, std::int64_t count, float* y, std::int64_t ldy, Load load) {
  constexpr std::int64_t lanes = 16;
  for (std::int64_t t = 0; t < count; ++t) {
    const float* xt = x + t * ldx;
    for (std::int64_t r = 0; r < rows; ++r) {
      const T* wr = w + r * ldw;
      float part[lanes] = {};
      std::int64_t c = 0;
      for (; c + lanes <= cols; c += lanes)
        for (std::int64_t l = 0; l < lanes; ++l) part[l] += load(wr[c + l]) * xt[c + l];
      for (; c < cols; ++c) part[c % lanes] += load(wr[c]) * xt[c];
      for (std::int64_t half = lanes / 2; half > 0; half /= 2)
        for (std::int64_t l = 0; l < half; ++l) part[l] += part[l + half];
      y[t * ldy + r] = part[0];
    }
  }
}

void matmul_f32(const float* w, std::int64_t ldw, std::int64_t rows, std::int64_t cols,
                const float* x, std::int64_t ldx, std::int64_t count, float* y, std::int64_t ldy) {
  matmul(w, ldw, rows, cols, x, ldx, count, y, ldy, as_float);
}

void matmul_f16(const std::uint16_t* w, std::int64_t ldw, std::int64_t rows, std::int64_t cols,
                const float* x, std::int64_t ldx, std::int64_t count, float* y, std::int64_t ldy) {
  matmul(w, ldw, rows, cols, x, ldx, count, y, ldy, F16{});
}

void matmul_bf16(const std::uint16_t* w, std::int64_t ldw, std::int64_t rows, std::int64_t cols,
                 const float* x, std::int64_t ldx, std::int64_t count, float* y, std::int64_t ldy) {
  matmul(w, ldw, rows, cols, x, ldx, count, y, ldy, Bf16{});
}

std::int64_t peak_int8(std::int64_t n, std::int32_t* sink) {
  std::int32_t acc[4] = {};
  volatile std::int32_t a = 3;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int32_t& s : acc) s += a * static_cast<std::int32_t>(i & 127);
  for (const std::int32_t s : acc) *sink += s;
  return n * 4;
}

std::uint64_t peak_read(const std::byte* p, std::int64_t bytes) {
  std::uint64_t sum[4] = {};
  for (std::int64_t i = 0; i < bytes; i += 32) {
    std::uint64_t v[4];
    std::memcpy(v, p + i, sizeof v);
    for (int l = 0; l < 4; ++l) sum[l] += v[l];
  }
  return sum[0] ^ sum[1] ^ sum[2] ^ sum[3];
}

}  // namespace

void fill_matmul(Table& t) {
  t.expand_q4 = expand_q4;
  t.expand_q8 = expand_q8;
  t.gemm = gemm;
  t.gemv_tokens = 4;
  t.gemv_streams = 1;
  t.gemv4_q4 = gemv4_q4;
  t.gemv4_q8 = gemv4_q8;
  t.gemv_q4 = gemv_q4;
  t.gemv_q8 = gemv_q8;
  t.matmul_f32 = matmul_f32;
  t.matmul_f16 = matmul_f16;
  t.matmul_bf16 = matmul_bf16;
  t.peak_int8 = peak_int8;
  t.peak_read = peak_read;
}

}  // namespace cactus::kernels::scalar

namespace cactus::kernels {

void fill_scalar(Table& t) {
  t.name = "scalar";
  scalar::fill_matmul(t);
  scalar::fill_rows(t);
  scalar::fill_attention(t);
}

}  // namespace cactus::kernels
