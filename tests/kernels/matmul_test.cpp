// Product primitives: scalar against plain sums over unpacked weights, every instruction set
// against scalar; the int8 products bit for bit.
#include <cstring>

#include "kernels/pack.h"
#include "tests/kernels/support.h"

namespace cactus::kernels::test {
namespace {

// One packed tile with random codes and scales (all 16 codes, all int8 values but -128).
struct Tile {
  Tile(Type type_, std::int64_t groups_, Random& random) : type(type_), groups(groups_) {
    const std::int64_t cols = groups * kGroup;
    bytes = stride_bytes(type, Layout::tiles, cols);
    auto* p = data.reserve(bytes);
    for (std::int64_t i = 0; i < bytes; ++i) {
      std::int64_t v = random.below(256);
      if (type == Type::q8 && v == 128) v = 127;
      p[i] = static_cast<std::byte>(v);
    }
    auto* s = reinterpret_cast<std::uint16_t*>(p);
    for (std::int64_t i = 0; i < groups * kTileRows; ++i)
      s[i] = f32_to_bf16(0.01F * random.normal());
    matrix = {p, type, Layout::tiles, kTileRows, cols};
  }
  const std::uint16_t* scales() const {
    return reinterpret_cast<const std::uint16_t*>(data.data());
  }
  const std::byte* codes() const {
    return data.data() + bytes - groups * (type == Type::q4 ? kQ4GroupBytes : kQ8GroupBytes);
  }
  void expand(const Table& t, std::byte* operand) const {
    if (type == Type::q4) {
      t.expand_q4(scales(), reinterpret_cast<const std::uint8_t*>(codes()), groups, operand);
    } else {
      t.expand_q8(scales(), reinterpret_cast<const std::int8_t*>(codes()), groups, operand);
    }
  }
  void gemv(const Table& t, const QuantRows& x, float* y, std::int64_t ldy) const {
    if (type == Type::q4) {
      t.gemv_q4(scales(), reinterpret_cast<const std::uint8_t*>(codes()), groups, x, y, ldy);
    } else {
      t.gemv_q8(scales(), reinterpret_cast<const std::int8_t*>(codes()), groups, x, y, ldy);
    }
  }

  Type type;
  std::int64_t groups;
  std::int64_t bytes = 0;
  Buffer<std::byte> data;
  Matrix matrix;
};

// Random activations, with extreme values in row 0 so that saturating shortcuts would show.
struct Rows {
  Rows(std::int64_t count, std::int64_t groups, Random& random) {
    const std::int64_t n = count * groups;
    std::int8_t* q = values.reserve(n * kGroup);
    float* s = scale.reserve(n);
    std::int32_t* b = bias.reserve(n);
    for (std::int64_t i = 0; i < n; ++i) {
      std::int32_t sum = 0;
      for (std::int64_t c = 0; c < kGroup; ++c) {
        const std::int64_t v =
            i < groups ? (random.below(2) == 0 ? 127 : -127) : random.below(255) - 127;
        q[i * kGroup + c] = static_cast<std::int8_t>(v);
        sum += static_cast<std::int32_t>(v);
      }
      s[i] = 0.02F * std::fabs(random.normal());
      b[i] = -128 * sum;
    }
    view = {q, s, b, groups * kGroup, groups, count};
  }
  Buffer<std::int8_t> values;
  Buffer<float> scale;
  Buffer<std::int32_t> bias;
  QuantRows view;
};

}  // namespace

TEST_CASE("scalar gemv equals a sum over unpacked weights", "[kernels]") {
  Random random(21);
  for (const Type type : {Type::q4, Type::q8}) {
    for (const std::int64_t groups : {1, 2, 5, 48}) {
      const Tile tile(type, groups, random);
      const Rows x(3, groups, random);
      Guarded<float> y(3 * kTileRows);
      tile.gemv(table_of("scalar"), x.view, y.data(), kTileRows);
      std::vector<float> w(static_cast<std::size_t>(groups * kGroup));
      for (std::int64_t r = 0; r < kTileRows; ++r) {
        unpack_row(tile.matrix, r, w.data());
        for (std::int64_t t = 0; t < 3; ++t) {
          double sum = 0, size = 0;
          for (std::int64_t c = 0; c < groups * kGroup; ++c) {
            const double a = static_cast<double>(w[static_cast<std::size_t>(c)]);
            const double s = static_cast<double>(x.view.scale[t * groups + c / kGroup]);
            sum += a * s * x.view.q[t * x.view.ldq + c];
            size += std::fabs(a * s * x.view.q[t * x.view.ldq + c]);
          }
          REQUIRE(close(y[t * kTileRows + r], sum, 0, 1e-6 * size));
        }
      }
      REQUIRE(y.guard_intact());
    }
  }
}

TEST_CASE("gemv equals scalar bit for bit", "[kernels]") {
  Random random(22);
  for (const Type type : {Type::q4, Type::q8}) {
    for (const std::int64_t groups : {1, 2, 3, 4, 7, 48, 65}) {
      const Tile tile(type, groups, random);
      for (std::int64_t count = 1; count <= 8; ++count) {
        const Rows x(count, groups, random);
        for_each_isa([&](const Table& ref, const Table& t) {
          if (count > t.gemv_tokens) return;
          INFO("groups " << groups << ", tokens " << count);
          const std::int64_t ldy = 21;
          Guarded<float> want((count - 1) * ldy + kTileRows), y((count - 1) * ldy + kTileRows);
          tile.gemv(ref, x.view, want.data(), ldy);
          tile.gemv(t, x.view, y.data(), ldy);
          for (std::int64_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == want[i]);
          REQUIRE(y.guard_intact());
        });
      }
    }
  }
}

TEST_CASE("four runs of tiles side by side equal tile after tile", "[kernels]") {
  Random random(25);
  for (const Type type : {Type::q4, Type::q8}) {
    for (const std::int64_t groups : {1, 2, 3, 48}) {
      const std::int64_t count = groups == 48 ? 1 : 3;
      std::vector<Tile> tiles;
      for (std::int64_t i = 0; i < 4 * count; ++i) tiles.emplace_back(type, groups, random);
      const std::int64_t stride = stride_bytes(type, Layout::tiles, groups * kGroup);
      Buffer<std::byte> packed;
      packed.reserve(4 * count * stride);
      for (std::int64_t i = 0; i < 4 * count; ++i)
        std::memcpy(packed.data() + i * stride, tiles[static_cast<std::size_t>(i)].scales(),
                    static_cast<std::size_t>(stride));
      const Rows x(1, groups, random);
      for_each_isa(
          [&](const Table& ref, const Table& t) {
            std::vector<Guarded<float>> y;
            for (int i = 0; i < 4; ++i) y.emplace_back(count * kTileRows);
            FourRuns runs;
            runs.count = count;
            runs.stride = stride;
            for (int i = 0; i < 4; ++i) {
              runs.tiles[i] = packed.data() + i * count * stride;
              runs.y[i] = y[static_cast<std::size_t>(i)].data();
            }
            (type == Type::q4 ? t.gemv4_q4 : t.gemv4_q8)(runs, groups, x.view);
            for (std::int64_t i = 0; i < 4 * count; ++i) {
              auto& got = y[static_cast<std::size_t>(i / count)];
              Guarded<float> want(kTileRows);
              tiles[static_cast<std::size_t>(i)].gemv(ref, x.view, want.data(), kTileRows);
              for (std::int64_t r = 0; r < kTileRows; ++r)
                REQUIRE(got[i % count * kTileRows + r] == want[r]);
              REQUIRE(got.guard_intact());
            }
          },
          true);
    }
  }
}

TEST_CASE("expand and gemm equal scalar gemv bit for bit", "[kernels]") {
  Random random(23);
  for (const Type type : {Type::q4, Type::q8}) {
    for (const std::int64_t groups : {1, 2, 5, 16}) {
      const Tile first(type, groups, random), second(type, groups, random);
      for (const std::int64_t count : {1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 25}) {
        const Rows x(count, groups, random);
        for_each_isa(
            [&](const Table& ref, const Table& t) {
              for (std::int64_t tiles = 1; tiles <= kMaxGemmTiles; ++tiles) {
                INFO("groups " << groups << ", tokens " << count << ", tiles " << tiles);
                const std::int64_t ldy = 35, n = (count - 1) * ldy + tiles * kTileRows;
                const std::int64_t stride = groups * kOperandBytes + 128;
                Buffer<std::byte> operand;
                operand.reserve(2 * stride);
                first.expand(t, operand.data());
                second.expand(t, operand.data() + stride);
                Guarded<float> want(n), y(n);
                for (std::int64_t i = 0; i < count; ++i) {
                  const QuantRows one = {x.view.q + i * x.view.ldq,
                                         x.view.scale + i * x.view.ldg,
                                         x.view.bias + i * x.view.ldg,
                                         x.view.ldq,
                                         x.view.ldg,
                                         1};
                  first.gemv(ref, one, want.data() + i * ldy, ldy);
                  if (tiles == 2) second.gemv(ref, one, want.data() + i * ldy + kTileRows, ldy);
                }
                t.gemm(operand.data(), stride, tiles, groups, x.view, y.data(), ldy, false);
                for (std::int64_t i = 0; i < n; ++i) REQUIRE(y[i] == want[i]);
                REQUIRE(y.guard_intact());
                if (groups < 2) continue;
                // In two halves, the second on top of the first.
                const std::int64_t half = groups / 2;
                const QuantRows rest = {x.view.q + half * kGroup,
                                        x.view.scale + half,
                                        x.view.bias + half,
                                        x.view.ldq,
                                        x.view.ldg,
                                        count};
                Guarded<float> z(n);
                t.gemm(operand.data(), stride, tiles, half, x.view, z.data(), ldy, false);
                t.gemm(operand.data() + half * kOperandBytes, stride, tiles, groups - half, rest,
                       z.data(), ldy, true);
                for (std::int64_t i = 0; i < n; ++i) REQUIRE(z[i] == want[i]);
              }
            },
            true);
      }
    }
  }
}

TEST_CASE("float products are close to double sums and independent of the block", "[kernels]") {
  Random random(24);
  for (const std::int64_t cols : sizes()) {
    const std::int64_t rows = 7, count = 5, ldw = cols + 3, ldx = cols + 1;
    const std::vector<float> w = random.floats(rows * ldw), x = random.floats(count * ldx);
    std::vector<std::uint16_t> half(w.size()), brain(w.size());
    for (std::size_t i = 0; i < w.size(); ++i) {
      half[i] = f32_to_f16(w[i]);
      brain[i] = f32_to_bf16(w[i]);
    }
    for_each_isa(
        [&](const Table&, const Table& t) {
          const auto check = [&](auto product, auto* weights, auto value) {
            Guarded<float> y(rows * count), one(1);
            product(weights, ldw, rows, cols, x.data(), ldx, count, y.data(), rows);
            for (std::int64_t r = 0; r < rows; ++r) {
              for (std::int64_t i = 0; i < count; ++i) {
                double sum = 0, size = 0;
                for (std::int64_t c = 0; c < cols; ++c) {
                  const double p = static_cast<double>(value(weights[r * ldw + c])) *
                                   static_cast<double>(x[static_cast<std::size_t>(i * ldx + c)]);
                  sum += p;
                  size += std::fabs(p);
                }
                REQUIRE(close(y[i * rows + r], sum, 0, 2e-6 * size));
                product(weights + r * ldw, ldw, 1, cols, x.data() + i * ldx, ldx, 1, one.data(), 1);
                REQUIRE(one[0] == y[i * rows + r]);
              }
            }
            REQUIRE(y.guard_intact());
          };
          check(t.matmul_f32, w.data(), [](float v) { return v; });
          check(t.matmul_f16, half.data(), f16_to_f32);
          check(t.matmul_bf16, brain.data(), bf16_to_f32);
        },
        true);
  }
}

}  // namespace cactus::kernels::test
