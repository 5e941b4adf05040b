// Row primitives: scalar against plain double formulas, every instruction set against scalar.
#include <limits>

#include "tests/kernels/support.h"

namespace cactus::kernels::test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

double gelu(double x) {
  return 0.5 * x *
         (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
}

// Values that activation functions must survive, then normal ones.
std::vector<float> hard_floats(std::int64_t n) {
  std::vector<float> v = Random(3).floats(n, 3);
  const float special[] = {0.0F, -0.0F, 1e-30F, -1e-6F, 20.0F, -20.0F, 88.5F, -88.5F, 1e4F, -1e4F};
  for (std::size_t i = 0; i < v.size() && i < std::size(special); ++i)
    v[v.size() - 1 - i] = special[i];
  return v;
}

}  // namespace

TEST_CASE("quantize_groups: bits agree, error is at most half a step", "[kernels]") {
  for (const std::int64_t groups : {0, 1, 2, 3, 7, 48}) {
    std::vector<float> x = Random(5).floats(groups * kGroup, 2);
    if (groups > 1) std::fill(x.begin() + kGroup, x.begin() + 2 * kGroup, 0.0F);
    if (groups > 2) x[2 * kGroup + 5] = 1e6F;
    Guarded<std::int8_t> q0(groups * kGroup);
    Guarded<float> s0(groups);
    Guarded<std::int32_t> b0(groups);
    table_of("scalar").quantize_groups(x.data(), groups, q0.data(), s0.data(), b0.data());
    for (std::int64_t i = 0; i < groups * kGroup; ++i) {
      const float s = s0[i / kGroup];
      REQUIRE(std::fabs(s * q0[i] - x[static_cast<std::size_t>(i)]) <= 0.5F * s * 1.0001F);
    }
    for (std::int64_t g = 0; g < groups; ++g) {
      int sum = 0;
      for (std::int64_t i = 0; i < kGroup; ++i) sum += q0[g * kGroup + i];
      REQUIRE(b0[g] == -128 * sum);
    }
    for_each_isa([&](const Table&, const Table& t) {
      Guarded<std::int8_t> q(groups * kGroup);
      Guarded<float> s(groups);
      Guarded<std::int32_t> b(groups);
      t.quantize_groups(x.data(), groups, q.data(), s.data(), b.data());
      for (std::int64_t i = 0; i < groups * kGroup; ++i) REQUIRE(q[i] == q0[i]);
      for (std::int64_t g = 0; g < groups; ++g) {
        REQUIRE(s[g] == s0[g]);
        REQUIRE(b[g] == b0[g]);
      }
      REQUIRE(q.guard_intact());
      REQUIRE(s.guard_intact());
      REQUIRE(b.guard_intact());
    });
  }
}

TEST_CASE("quantize_head and f32_to_f16 agree bit for bit", "[kernels]") {
  for (const std::int64_t n : sizes()) {
    const std::vector<float> x = hard_floats(n);
    for_each_isa([&](const Table& ref, const Table& t) {
      Guarded<std::int8_t> q0(n), q(n);
      std::int32_t sum0 = 0, sum = 0;
      REQUIRE(t.quantize_head(x.data(), n, q.data(), &sum) ==
              ref.quantize_head(x.data(), n, q0.data(), &sum0));
      REQUIRE(sum == sum0);
      for (std::int64_t i = 0; i < n; ++i) REQUIRE(q[i] == q0[i]);
      REQUIRE(q.guard_intact());
      Guarded<std::uint16_t> h0(n), h(n);
      ref.f32_to_f16(x.data(), n, h0.data());
      t.f32_to_f16(x.data(), n, h.data());
      for (std::int64_t i = 0; i < n; ++i) REQUIRE(h[i] == h0[i]);
      REQUIRE(h.guard_intact());
    });
  }
}

TEST_CASE("quantisers survive NaN and infinities", "[kernels]") {
  std::vector<float> x = Random(6).floats(2 * kGroup);
  x[3] = kNan;
  x[40] = kInf;
  for_each_isa(
      [&](const Table&, const Table& t) {
        Guarded<std::int8_t> q(2 * kGroup);
        Guarded<float> s(2);
        Guarded<std::int32_t> b(2);
        t.quantize_groups(x.data(), 2, q.data(), s.data(), b.data());
        std::int32_t sum = 0;
        t.quantize_head(x.data(), 2 * kGroup, q.data(), &sum);
        REQUIRE(q.guard_intact());
      },
      true);
}

TEST_CASE("sum_squares, scale_mul, add_scale_mul", "[kernels]") {
  for (const std::int64_t n : sizes()) {
    const std::vector<float> x = Random(7).floats(n), a = Random(8).floats(n),
                             w = Random(9).floats(n);
    double want = 0;
    for (const float v : x) want += static_cast<double>(v) * static_cast<double>(v);
    for_each_isa(
        [&](const Table&, const Table& t) {
          REQUIRE(close(t.sum_squares(x.data(), n), want, 1e-5));
          for (const float* weights : {w.data(), static_cast<const float*>(nullptr)}) {
            Guarded<float> y(n), z(n);
            t.scale_mul(x.data(), 0.37F, weights, n, y.data());
            std::copy(x.begin(), x.end(), z.data());
            t.add_scale_mul(z.data(), a.data(), 0.37F, weights, 1.25F, n);
            for (std::int64_t i = 0; i < n; ++i) {
              const auto at = static_cast<std::size_t>(i);
              const double wi = weights != nullptr ? static_cast<double>(w[at]) : 1.0;
              const double xi = static_cast<double>(x[at]), ai = static_cast<double>(a[at]);
              REQUIRE(close(y[i], xi * 0.37 * wi, 1e-6, 1e-7));
              REQUIRE(close(z[i], (xi + ai * 0.37 * wi) * 1.25, 1e-5, 1e-6));
            }
            REQUIRE(y.guard_intact());
            REQUIRE(z.guard_intact());
          }
        },
        true);
  }
}

TEST_CASE("gelu_mul, silu_mul, soft_cap", "[kernels]") {
  for (const std::int64_t n : sizes()) {
    const std::vector<float> x = hard_floats(n), y = Random(10).floats(n);
    for_each_isa(
        [&](const Table&, const Table& t) {
          Guarded<float> g(n), s(n), c(n);
          std::copy(x.begin(), x.end(), g.data());
          std::copy(x.begin(), x.end(), s.data());
          std::copy(x.begin(), x.end(), c.data());
          t.gelu_mul(g.data(), y.data(), n);
          t.silu_mul(s.data(), y.data(), n);
          t.soft_cap(c.data(), n, 30.0F);
          for (std::int64_t i = 0; i < n; ++i) {
            const auto at = static_cast<std::size_t>(i);
            const double xi = static_cast<double>(x[at]), yi = static_cast<double>(y[at]);
            INFO("x = " << xi << ", y = " << yi);
            REQUIRE(close(g[i], gelu(xi) * yi, 3e-6, 1e-6 * std::fabs(yi)));
            REQUIRE(close(s[i], xi / (1 + std::exp(-xi)) * yi, 3e-6, 1e-7));
            REQUIRE(close(c[i], 30 * std::tanh(xi / 30), 3e-6, 1e-6));
          }
          REQUIRE(g.guard_intact());
          REQUIRE(s.guard_intact());
          REQUIRE(c.guard_intact());
        },
        true);
  }
}

TEST_CASE("rope rotates pairs", "[kernels]") {
  for (const std::int64_t half : {1, 3, 4, 8, 15, 16, 32, 64, 128, 256}) {
    const std::vector<float> x = Random(11).floats(2 * half), cs = Random(12).floats(half),
                             sn = Random(13).floats(half);
    for_each_isa(
        [&](const Table&, const Table& t) {
          Guarded<float> y(2 * half);
          std::copy(x.begin(), x.end(), y.data());
          t.rope(y.data(), half, cs.data(), sn.data());
          for (std::int64_t j = 0; j < half; ++j) {
            const double a = static_cast<double>(x[static_cast<std::size_t>(j)]);
            const double b = static_cast<double>(x[static_cast<std::size_t>(half + j)]);
            const double c = static_cast<double>(cs[static_cast<std::size_t>(j)]);
            const double s = static_cast<double>(sn[static_cast<std::size_t>(j)]);
            REQUIRE(close(y[j], a * c - b * s, 1e-6, 1e-6));
            REQUIRE(close(y[half + j], b * c + a * s, 1e-6, 1e-6));
          }
          REQUIRE(y.guard_intact());
        },
        true);
  }
}

TEST_CASE("max and argmax: first of equals, NaN never wins", "[kernels]") {
  for (const std::int64_t n : sizes()) {
    std::vector<float> x = Random(14).floats(n);
    for_each_isa([&](const Table& ref, const Table& t) {
      REQUIRE(t.max(x.data(), n) == ref.max(x.data(), n));
      REQUIRE(t.argmax(x.data(), n) == ref.argmax(x.data(), n));
    });
    if (n < 3) continue;
    std::vector<float> equal(static_cast<std::size_t>(n), -2.0F), nan(equal);
    equal[static_cast<std::size_t>(n / 3)] = equal[static_cast<std::size_t>(n - 1)] = 4.0F;
    nan[0] = nan[static_cast<std::size_t>(n - 1)] = kNan;
    nan[1] = 1.0F;
    for_each_isa(
        [&](const Table&, const Table& t) {
          REQUIRE(t.argmax(equal.data(), n) == n / 3);
          REQUIRE(t.max(equal.data(), n) == 4.0F);
          REQUIRE(t.argmax(nan.data(), n) == 1);
          REQUIRE(t.max(nan.data(), n) == 1.0F);
        },
        true);
  }
  for_each_isa([&](const Table&, const Table& t) { REQUIRE(t.max(nullptr, 0) == -kInf); }, true);
}

TEST_CASE("sum_exp", "[kernels]") {
  for (const std::int64_t n : sizes()) {
    std::vector<float> x = Random(15).floats(n, 4);
    if (n > 4) x[2] = -kInf;
    if (n > 4) x[3] = -200.0F;
    double want = 0;
    for (const float v : x) want += std::exp(static_cast<double>(v) - 3.0);
    for_each_isa([&](const Table&,
                     const Table& t) { REQUIRE(close(t.sum_exp(x.data(), n, 3.0F), want, 2e-6)); },
                 true);
  }
}

}  // namespace cactus::kernels::test
