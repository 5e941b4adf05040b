// Attention primitives against plain double sums on every instruction set.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "kernels/pack.h"
#include "tests/kernels/support.h"

namespace cactus::kernels::test {
namespace {

struct Case {
  std::int64_t n, dim, nq, heads;
};
const Case kCases[] = {{1, 8, 1, 1},    {3, 16, 2, 2},    {5, 24, 3, 1},
                       {7, 64, 8, 3},   {16, 80, 5, 1},   {33, 96, 9, 2},
                       {64, 128, 4, 1}, {64, 256, 16, 1}, {61, 512, 8, 1}};

}  // namespace

TEST_CASE("qk and pv on int8 rows", "[kernels]") {
  Random random(31);
  for (const Case& c : kCases) {
    const std::int64_t stride = c.heads * c.dim, lds = c.n + 2, ldo = c.dim + 16;
    Buffer<std::int8_t> keys, q;
    auto* k = keys.reserve(c.n * stride);
    auto* qs = q.reserve(c.nq * c.dim);
    for (std::int64_t i = 0; i < c.n * stride; ++i)
      k[i] = static_cast<std::int8_t>(random.below(255) - 127);
    std::vector<std::int32_t> sum(static_cast<std::size_t>(c.nq));
    for (std::int64_t i = 0; i < c.nq * c.dim; ++i) {
      qs[i] = static_cast<std::int8_t>(i < c.dim ? 127 : random.below(255) - 127);
      sum[static_cast<std::size_t>(i / c.dim)] += qs[i];
    }
    const std::vector<float> k_scale = random.floats(c.n * c.heads, 0.01F),
                             q_scale = random.floats(c.nq, 0.01F), prob = random.floats(c.nq * lds);
    const KvRows rows = {k, k_scale.data(), c.n, c.dim, stride, c.heads};
    for_each_isa(
        [&](const Table&, const Table& t) {
          INFO("positions " << c.n << ", dim " << c.dim << ", queries " << c.nq);
          Guarded<float> s(c.nq * lds), o(c.nq * ldo);
          t.qk_q8(rows, qs, q_scale.data(), sum.data(), c.nq, s.data(), lds);
          std::fill(o.data(), o.data() + o.size(), 0.5F);
          const std::vector<float> shrink(static_cast<std::size_t>(c.nq), 0.5F),
              gain(shrink.size(), 1.0F);
          t.pv_q8(rows, prob.data(), lds, c.nq, shrink.data(), gain.data(), o.data(), ldo);
          for (std::int64_t i = 0; i < c.nq; ++i) {
            for (std::int64_t p = 0; p < c.n; ++p) {
              std::int32_t dot = 0;
              for (std::int64_t d = 0; d < c.dim; ++d) dot += qs[i * c.dim + d] * k[p * stride + d];
              const double want =
                  static_cast<double>(q_scale[static_cast<std::size_t>(i)]) *
                  static_cast<double>(k_scale[static_cast<std::size_t>(p * c.heads)]) * dot;
              REQUIRE(close(s[i * lds + p], want, 1e-6));
            }
            for (std::int64_t d = 0; d < c.dim; ++d) {
              double want = 0.25, size = 0.25, largest = 0, values = 0;
              for (std::int64_t p = 0; p < c.n; ++p) {
                const double weight =
                    static_cast<double>(prob[static_cast<std::size_t>(i * lds + p)]) *
                    static_cast<double>(k_scale[static_cast<std::size_t>(p * c.heads)]);
                want += weight * k[p * stride + d];
                size += std::fabs(weight * k[p * stride + d]);
                largest = std::max(largest, std::fabs(weight));
                values += std::abs(k[p * stride + d]);
              }
              const double rounding = 0.501 * largest / 32767 * values;
              REQUIRE(close(o[i * ldo + d], want, 0, 2e-6 * size + rounding));
            }
          }
          REQUIRE(s.guard_intact());
          REQUIRE(o.guard_intact());
        },
        true);
  }
}

TEST_CASE("qk and pv on f16 and f32 rows", "[kernels]") {
  Random random(32);
  for (const Case& c : kCases) {
    const std::int64_t stride = c.heads * c.dim, lds = c.n + 2, ldo = c.dim + 16;
    const std::vector<float> full = random.floats(c.n * stride), q = random.floats(c.nq * c.dim),
                             prob = random.floats(c.nq * lds);
    std::vector<std::uint16_t> half(full.size());
    for (std::size_t i = 0; i < full.size(); ++i) half[i] = f32_to_f16(full[i]);
    for_each_isa(
        [&](const Table&, const Table& t) {
          INFO("positions " << c.n << ", dim " << c.dim << ", queries " << c.nq);
          const auto check = [&](const void* data, auto qk, auto pv, auto value) {
            const KvRows rows = {data, nullptr, c.n, c.dim, stride, 0};
            Guarded<float> s(c.nq * lds), o(c.nq * ldo);
            qk(rows, q.data(), c.nq, s.data(), lds);
            std::fill(o.data(), o.data() + o.size(), 0.5F);
            const std::vector<float> shrink(static_cast<std::size_t>(c.nq), 0.5F),
                gain(shrink.size(), 1.0F);
            pv(rows, prob.data(), lds, c.nq, shrink.data(), gain.data(), o.data(), ldo);
            for (std::int64_t i = 0; i < c.nq; ++i) {
              for (std::int64_t p = 0; p < c.n; ++p) {
                double want = 0, size = 0;
                for (std::int64_t d = 0; d < c.dim; ++d) {
                  const double v = static_cast<double>(q[static_cast<std::size_t>(i * c.dim + d)]) *
                                   static_cast<double>(value(p * stride + d));
                  want += v;
                  size += std::fabs(v);
                }
                REQUIRE(close(s[i * lds + p], want, 0, 2e-6 * size));
              }
              for (std::int64_t d = 0; d < c.dim; ++d) {
                double want = 0.25, size = 0.25;
                for (std::int64_t p = 0; p < c.n; ++p) {
                  const double v =
                      static_cast<double>(prob[static_cast<std::size_t>(i * lds + p)]) *
                      static_cast<double>(value(p * stride + d));
                  want += v;
                  size += std::fabs(v);
                }
                REQUIRE(close(o[i * ldo + d], want, 0, 2e-6 * size));
              }
            }
            REQUIRE(s.guard_intact());
            REQUIRE(o.guard_intact());
          };
          check(full.data(), t.qk_f32, t.pv_f32,
                [&](std::int64_t i) { return full[static_cast<std::size_t>(i)]; });
          check(half.data(), t.qk_f16, t.pv_f16,
                [&](std::int64_t i) { return f16_to_f32(half[static_cast<std::size_t>(i)]); });
        },
        true);
  }
}

TEST_CASE("merge adds what pv adds, bit for bit", "[kernels]") {
  Random random(34);
  for (const std::int64_t n : sizes()) {
    const std::vector<float> part = random.floats(n), before = random.floats(n);
    for_each_isa(
        [&](const Table&, const Table& t) {
          INFO(t.name << ", columns " << n);
          const float one = 1, shrink = 0.3F, gain = 0.7F;
          Guarded<float> o(n), want(n);
          std::copy(before.begin(), before.end(), o.data());
          std::copy(before.begin(), before.end(), want.data());
          t.merge(part.data(), gain, shrink, n, o.data());
          t.pv_f32({part.data(), nullptr, 1, n, n, 1}, &one, 1, 1, &shrink, &gain, want.data(), n);
          for (std::int64_t i = 0; i < n; ++i) REQUIRE(o[i] == want[i]);
          REQUIRE(o.guard_intact());
        },
        true);
  }
}

TEST_CASE("softmax goes on from block to block", "[kernels]") {
  Random random(33);
  const auto f64 = [](float x) { return static_cast<double>(x); };
  for (const std::int64_t n : {1, 2, 7, 16, 33, 100, 128}) {
    const std::int64_t rows = 21, lds = n + 3, blocks = 3;
    const std::vector<float> x = random.floats(blocks * rows * lds, 6);
    std::vector<std::int32_t> lows, highs;
    for (std::int64_t i = 0; i < blocks * rows; ++i) {
      const std::int64_t low = i % 4 == 0 ? 0 : random.below(n + 1);
      const std::int64_t high = i % 3 == 0 ? n : low + random.below(n + 1 - low);
      lows.push_back(static_cast<std::int32_t>(low));
      highs.push_back(static_cast<std::int32_t>(high));
    }
    for_each_isa(
        [&](const Table&, const Table& t) {
          INFO(t.name << ", columns " << n);
          std::vector<float> max(rows, -std::numeric_limits<float>::infinity()), sum(rows, 0.0F),
              shrink(rows), gain(rows);
          for (std::int64_t b = 0; b < blocks; ++b) {
            Guarded<float> s(rows * lds);
            const float* scores = x.data() + b * rows * lds;
            std::copy_n(scores, rows * lds, s.data());
            const std::vector<float> max_before = max, sum_before = sum;
            const std::int32_t* low = lows.data() + b * rows;
            const std::int32_t* high = highs.data() + b * rows;
            t.softmax(s.data(), lds, rows, n, low, high, max.data(), sum.data(), shrink.data(),
                      gain.data());
            REQUIRE(s.guard_intact());
            for (std::int64_t i = 0; i < rows; ++i) {
              const auto at = static_cast<std::size_t>(i);
              float best = -std::numeric_limits<float>::infinity();
              for (std::int64_t p = low[i]; p < high[i]; ++p)
                best = std::max(best, scores[i * lds + p]);
              const bool blind = low[i] == high[i];
              REQUIRE(max[at] == std::max(max_before[at], best));
              const double keep = blind ? 1 : std::exp(f64(max_before[at]) - f64(max[at]));
              const double add = blind ? 0 : std::exp(f64(best) - f64(max[at]));
              REQUIRE(close(shrink[at], keep, 1e-6));
              REQUIRE(close(gain[at], add, 1e-6));
              double total = 0;
              for (std::int64_t p = 0; p < n; ++p) {
                const bool visible = p >= low[i] && p < high[i];
                const double e = visible ? std::exp(f64(scores[i * lds + p]) - f64(best)) : 0;
                REQUIRE(close(s[i * lds + p], e, 2e-6, 1e-37));
                total += e;
              }
              REQUIRE(close(sum[at], f64(sum_before[at]) * keep + total * add, 3e-6));
              REQUIRE(s[i * lds + n] == scores[i * lds + n]);
            }
          }
        },
        true);
  }
}

}  // namespace cactus::kernels::test
