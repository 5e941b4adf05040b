#include "kernels/pack.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "kernels/quantise.h"
#include "tests/support/catch.h"

using namespace cactus::kernels;

namespace {

std::vector<float> gaussian(std::size_t n, unsigned seed, float sigma = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0, sigma);
  std::vector<float> w(n);
  for (float& x : w) x = normal(engine);
  return w;
}

// A whole matrix, packed tile by tile or in one call, in memory of its own.
struct Packed {
  Buffer<std::byte> memory;
  Matrix matrix;
  Packed(Type type, Layout layout, const std::vector<float>& w, std::int64_t rows,
         std::int64_t cols) {
    const std::int64_t bytes = matrix_bytes(type, layout, rows, cols);
    std::byte* out = memory.reserve(bytes + 64);
    std::memset(out, 0xA5, static_cast<std::size_t>(bytes + 64));
    if (layout == Layout::rows) {
      pack(type, layout, w.data(), rows, cols, cols, out);
    } else {
      for (std::int64_t r = 0; r < rows; r += kTileRows) {
        pack(type, layout, w.data() + r * cols, std::min(kTileRows, rows - r), cols, cols,
             out + r / kTileRows * stride_bytes(type, layout, cols));
      }
    }
    for (int i = 0; i < 64; ++i) REQUIRE(out[bytes + i] == std::byte{0xA5});  // nothing beyond
    matrix = {out, type, layout, rows, cols};
  }
  std::vector<float> unpack() const {
    std::vector<float> w(static_cast<std::size_t>(matrix.rows * matrix.cols));
    for (std::int64_t r = 0; r < matrix.rows; ++r)
      unpack_row(matrix, r, &w[static_cast<std::size_t>(r * matrix.cols)]);
    return w;
  }
};

double relative_rms(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0, energy = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::pow(double{a[i]} - b[i], 2);
    energy += std::pow(double{a[i]}, 2);
  }
  return std::sqrt(error / energy);
}

}  // namespace

TEST_CASE("bf16 and f16 round trips and rounding", "[kernels]") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto b = static_cast<std::uint16_t>(bits);
    if ((b & 0x7f80) != 0x7f80 || (b & 0x7f) == 0) CHECK_FALSE(f32_to_bf16(bf16_to_f32(b)) != b);
    if ((b & 0x7c00) != 0x7c00 || (b & 0x3ff) == 0) CHECK_FALSE(f32_to_f16(f16_to_f32(b)) != b);
  }
  CHECK(f16_to_f32(0x3c00) == 1.0F);
  CHECK(f16_to_f32(0xc000) == -2.0F);
  CHECK(f16_to_f32(0x0001) == std::ldexp(1.0F, -24));
  CHECK(f16_to_f32(0x7bff) == 65504.0F);
  CHECK(f32_to_f16(65519.0F) == 0x7bff);
  CHECK(f32_to_f16(65520.0F) == 0x7c00);
  CHECK(f32_to_f16(1.0F + std::ldexp(1.0F, -11)) == 0x3c00);      // tie to even
  CHECK(f32_to_f16(1.0F + 3 * std::ldexp(1.0F, -11)) == 0x3c02);  // tie to even, up
  CHECK(f32_to_f16(std::ldexp(1.0F, -25)) == 0);                  // tie to even
  CHECK(f32_to_f16(std::ldexp(1.5F, -25)) == 1);
  CHECK(f32_to_f16(0x1.ff8p-15F) == 0x03ff);
  CHECK(f32_to_f16(0x1.ffcp-15F) == 0x0400);
  CHECK(f32_to_bf16(1.0F + std::ldexp(1.0F, -8)) == 0x3f80);
  CHECK(f32_to_bf16(1.0F + 3 * std::ldexp(1.0F, -8)) == 0x3f82);
  CHECK(std::isnan(bf16_to_f32(f32_to_bf16(std::numeric_limits<float>::quiet_NaN()))));
  CHECK(std::isnan(f16_to_f32(f32_to_f16(std::numeric_limits<float>::quiet_NaN()))));
  CHECK(std::isinf(f16_to_f32(f32_to_f16(std::numeric_limits<float>::infinity()))));
}

TEST_CASE("sizes of rows and tiles", "[kernels]") {
  CHECK(stride_bytes(Type::q4, Layout::rows, 64) == 2 * (2 + 16));
  CHECK(stride_bytes(Type::q8, Layout::rows, 33) == 2 * (2 + 32));
  CHECK(stride_bytes(Type::q4, Layout::tiles, 64) == 64 + 2 * 256);
  CHECK(stride_bytes(Type::q4, Layout::tiles, 96) == 128 + 3 * 256);  // 96 bytes of scales, padded
  CHECK(matrix_bytes(Type::q8, Layout::tiles, 17, 32) == 2 * (64 + 512));
  CHECK(matrix_bytes(Type::f16, Layout::rows, 3, 5) == 30);
}

TEST_CASE("the bytes of rows and tiles lie as types.h says", "[kernels]") {
  const std::int64_t rows = 19, cols = 70;
  const auto w = gaussian(static_cast<std::size_t>(rows * cols), 5);
  const Packed q4r(Type::q4, Layout::rows, w, rows, cols),
      q4t(Type::q4, Layout::tiles, w, rows, cols);
  const Packed q8r(Type::q8, Layout::rows, w, rows, cols),
      q8t(Type::q8, Layout::tiles, w, rows, cols);
  const std::int64_t groups = 3, scales = 128;
  const auto at = [](const Packed& p, std::int64_t i) {
    return static_cast<unsigned>(static_cast<const std::byte*>(p.matrix.data)[i]);
  };
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t c = 0; c < cols; ++c) {
      const std::int64_t g = c / 32, k = c % 32, r = row % 16;
      // The code of one weight, found by each of the four formulas.
      const unsigned from_row = at(q4r, row * groups * 18 + groups * 2 + g * 16 + k % 16);
      const std::int64_t tile4 = row / 16 * (scales + groups * 256);
      const unsigned from_tile = at(q4t, tile4 + scales + g * 256 + k / 8 * 64 + 4 * r + k % 4);
      const unsigned a = k < 16 ? from_row & 15 : from_row >> 4;
      const unsigned b = k % 8 < 4 ? from_tile & 15 : from_tile >> 4;
      REQUIRE(a == b);
      for (int i = 0; i < 2; ++i) {
        REQUIRE(at(q4r, row * groups * 18 + g * 2 + i) == at(q4t, tile4 + (g * 16 + r) * 2 + i));
      }
      const std::int64_t tile8 = row / 16 * (scales + groups * 512);
      REQUIRE(at(q8r, row * groups * 34 + groups * 2 + c) ==
              at(q8t, tile8 + scales + g * 512 + k / 4 * 64 + 4 * r + k % 4));
    }
  }
  // Rows 19 … 31 of the second tile do not exist: scale 0.
  for (std::int64_t g = 0; g < groups; ++g) {
    for (std::int64_t r = 3; r < 16; ++r) {
      CHECK(at(q4t, scales + groups * 256 + (g * 16 + r) * 2) == 0);
      CHECK(at(q4t, scales + groups * 256 + (g * 16 + r) * 2 + 1) == 0);
    }
  }
  CHECK(q4r.unpack() == q4t.unpack());
  CHECK(q8r.unpack() == q8t.unpack());
}

TEST_CASE("quantisation error on Gaussian weights, odd sizes included", "[kernels]") {
  for (const auto& [rows, cols] :
       {std::pair<std::int64_t, std::int64_t>{64, 1536}, {33, 100}, {1, 31}, {5, 1}}) {
    const auto w = gaussian(static_cast<std::size_t>(rows * cols), 7, 0.02F);
    for (const Layout layout : {Layout::rows, Layout::tiles}) {
      const double q4 = relative_rms(w, Packed(Type::q4, layout, w, rows, cols).unpack());
      const double q8 = relative_rms(w, Packed(Type::q8, layout, w, rows, cols).unpack());
      CAPTURE(rows, cols, q4, q8);
      // Absmax Q4_0 has 0.0875 here; a plain 16-level Lloyd-Max quantiser 0.0975.
      CHECK(q4 < (rows * cols > 1000 ? 0.0735 : 0.11));
      CHECK(q8 < (rows * cols > 1000 ? 0.0065 : 0.009));
    }
    CHECK(relative_rms(w, Packed(Type::f16, Layout::rows, w, rows, cols).unpack()) < 3e-4);
    CHECK(relative_rms(w, Packed(Type::bf16, Layout::rows, w, rows, cols).unpack()) < 2.5e-3);
    CHECK(Packed(Type::f32, Layout::rows, w, rows, cols).unpack() == w);
  }
}

TEST_CASE("the shipped search is near the exhaustive one", "[kernels]") {
  const auto w = gaussian(32 * 300, 11);
  double ours = 0, best = 0;
  for (std::size_t g = 0; g < 300; ++g) {
    const float* x = &w[g * 32];
    std::uint8_t code[32];
    const float scale = bf16_to_f32(quantise_q4(x, code));
    for (int i = 0; i < 32; ++i) ours += std::pow(double{x[i]} - scale * kCodebook[code[i]], 2);
    double least = 1e9;
    for (int k = 0; k < 800; ++k) {  // every scale from far too small to far too large, both signs
      const double s = 0.0005 * (k % 400 + 1) * (k < 400 ? 0.15 : -0.15);
      double error = 0;
      for (int i = 0; i < 32; ++i) {
        double nearest = 1e9;
        for (int c = 0; c < 16; ++c)
          nearest = std::min(nearest, std::pow(double{x[i]} - s * kCodebook[c], 2));
        error += nearest;
      }
      least = std::min(least, error);
    }
    best += least;
  }
  CAPTURE(ours, best);
  CHECK(ours < best * 1.02);
}

TEST_CASE("codes are chosen again after the scale is rounded to bf16", "[kernels]") {
  const auto w = gaussian(32 * 500, 13);
  for (std::size_t g = 0; g < 500; ++g) {
    const float* x = &w[g * 32];
    std::uint8_t code[32];
    const float scale = bf16_to_f32(quantise_q4(x, code));
    for (int i = 0; i < 32; ++i) {
      const float error = std::fabs(x[i] - scale * kCodebook[code[i]]);
      for (int c = 0; c < 16; ++c)
        REQUIRE(error <= std::fabs(x[i] - scale * kCodebook[c]) * 1.0001F + 1e-6F);
    }
  }
}

TEST_CASE("extreme magnitudes quantise to finite values", "[kernels]") {
  for (const float size : {0.0F, -0.0F, 1e-45F, 1e-38F, 1e-30F, 1e30F, 3e38F}) {
    std::vector<float> w = gaussian(64, 17, 0.2F);
    for (float& x : w) x = std::clamp(x, -1.0F, 1.0F) * size;
    for (const Type type : {Type::q4, Type::q8}) {
      const auto back = Packed(type, Layout::tiles, w, 1, 64).unpack();
      for (std::size_t i = 0; i < 64; ++i) {
        REQUIRE(std::isfinite(back[i]));
        REQUIRE(std::fabs(back[i] - w[i]) <= 0.1F * size + 1e-34F);
      }
    }
  }
  // One large weight among small ones, and all equal.
  std::vector<float> spike(32, 0.001F), flat(32, -0.5F);
  spike[9] = -8;
  // No code is zero: beside a spike, small weights cost ~3/123 of it each (√31 of them: 0.13).
  CHECK(relative_rms(spike, Packed(Type::q4, Layout::rows, spike, 1, 32).unpack()) < 0.15);
  CHECK(relative_rms(flat, Packed(Type::q4, Layout::rows, flat, 1, 32).unpack()) < 0.004);
}

TEST_CASE("the same weights give the same bytes on every platform", "[kernels]") {
  // Sums of four uniform integers: exact in float, whatever the library's normal distribution does.
  std::vector<float> w(64 * 480);
  std::uint64_t state = 12345;
  for (float& x : w) {
    std::int64_t sum = 0;
    for (int i = 0; i < 4; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      sum += static_cast<std::int64_t>(state >> 44) - (1 << 19);
    }
    x = static_cast<float>(sum) * 0x1p-24F;
  }
  for (const auto& [type, expected] :
       {std::pair<Type, std::uint64_t>{Type::q4, 0xd1a27357e6305a12U},
        {Type::q8, 0x57a5ab9638871437U}}) {
    const Packed packed(type, Layout::tiles, w, 64, 480);
    std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
    for (std::int64_t i = 0; i < matrix_bytes(type, Layout::tiles, 64, 480); ++i) {
      hash = (hash ^
              static_cast<std::uint64_t>(static_cast<const std::byte*>(packed.matrix.data)[i])) *
             1099511628211ULL;
    }
    CHECK(hash == expected);
  }
}
