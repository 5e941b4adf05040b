// Row operations, positions and logits as models call them, against plain double formulas.
#include "kernels/ops.h"
#include "tests/kernels/support.h"

namespace cactus::kernels::test {
namespace {

double at(const std::vector<float>& v, std::int64_t i) {
  return static_cast<double>(v[static_cast<std::size_t>(i)]);
}

double inverse_rms(const std::vector<float>& x, std::int64_t begin, std::int64_t n, double eps) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += at(x, begin + i) * at(x, begin + i);
  return 1 / std::sqrt(sum / static_cast<double>(n) + eps);
}

}  // namespace

TEST_CASE("rms_norm, add_rms_norm, set_rms_norm", "[kernels]") {
  Random random(51);
  for (const std::int64_t cols : {1, 7, 64, 100, 1536}) {
    const std::int64_t count = 40, ld = cols + 5;
    const std::vector<float> a = random.floats(count * ld), x = random.floats(count * cols),
                             w = random.floats(cols);
    for_each_isa(
        [&](const Table&, const Table& t) {
          Exec e(t, 2);
          Guarded<float> y(count * cols), z(count * cols), ones(count * cols);
          std::copy(x.begin(), x.end(), z.data());
          rms_norm(e, a.data(), count, cols, ld, w.data(), 1e-6F, y.data(), cols);
          rms_norm(e, a.data(), count, cols, ld, nullptr, 1e-6F, ones.data(), cols);
          add_rms_norm(e, z.data(), a.data(), count, cols, ld, w.data(), 1e-6F, 0.5F);
          Activations set;
          set.want_f32 = true;
          set_rms_norm(e, set, a.data(), count, cols, ld, w.data(), 1e-6F);
          for (std::int64_t i = 0; i < count; ++i) {
            const double s = inverse_rms(a, i * ld, cols, 1e-6);
            for (std::int64_t c = 0; c < cols; ++c) {
              const double plain = at(a, i * ld + c) * s, want = plain * at(w, c);
              REQUIRE(close(static_cast<double>(ones[i * cols + c]), plain, 3e-6));
              REQUIRE(close(static_cast<double>(y[i * cols + c]), want, 3e-6));
              REQUIRE(close(static_cast<double>(z[i * cols + c]),
                            (at(x, i * cols + c) + want) * 0.5, 1e-5, 1e-6));
              REQUIRE(set.f.data()[i * set.padded() + c] == y[i * cols + c]);
            }
          }
          REQUIRE(y.guard_intact());
          REQUIRE(z.guard_intact());
        },
        true);
  }
}

TEST_CASE("rope_table and rope", "[kernels]") {
  Random random(52);
  const std::int64_t count = 9, heads = 3, dim = 24, half = dim / 2, ld = heads * dim + 8;
  std::vector<float> inv_freq(static_cast<std::size_t>(half));
  for (std::int64_t j = 0; j < half; ++j)
    inv_freq[static_cast<std::size_t>(j)] =
        j < 9 ? std::pow(10000.0F, -static_cast<float>(j) / 12) : 0;
  const std::vector<float> x = random.floats(count * ld);
  for_each_isa(
      [&](const Table&, const Table& t) {
        Exec e(t, 2);
        Guarded<float> cos(count * half), sin(count * half), y(count * ld);
        rope_table(e, inv_freq.data(), half, 1000, count, cos.data(), sin.data());
        std::copy(x.begin(), x.end(), y.data());
        rope(e, y.data(), count, heads, dim, ld, cos.data(), sin.data());
        for (std::int64_t i = 0; i < count; ++i) {
          for (std::int64_t j = 0; j < half; ++j) {
            const double angle = static_cast<double>(static_cast<float>(1000 + i) *
                                                     inv_freq[static_cast<std::size_t>(j)]);
            const double c = std::cos(angle), s = std::sin(angle);
            REQUIRE(close(static_cast<double>(cos[i * half + j]), c, 0, 1e-6));
            REQUIRE(close(static_cast<double>(sin[i * half + j]), s, 0, 1e-6));
            for (std::int64_t h = 0; h < heads; ++h) {
              const std::int64_t k = i * ld + h * dim + j;
              REQUIRE(
                  close(static_cast<double>(y[k]), at(x, k) * c - at(x, k + half) * s, 0, 1e-5));
              REQUIRE(close(static_cast<double>(y[k + half]), at(x, k + half) * c + at(x, k) * s, 0,
                            1e-5));
            }
          }
          for (std::int64_t c = heads * dim; c < ld; ++c)
            REQUIRE(y[i * ld + c] == x[static_cast<std::size_t>(i * ld + c)]);
        }
      },
      true);
}

TEST_CASE("logits: soft_cap, argmax, max_of, sum_exp over a vocabulary", "[kernels]") {
  const std::int64_t n = 100'003;
  std::vector<float> x = Random(53).floats(n, 10);
  x[77'777] = 60;
  double sum = 0;
  for (const float v : x) sum += std::exp(static_cast<double>(v) - 60);
  for_each_isa(
      [&](const Table&, const Table& t) {
        Exec e(t, 2);
        REQUIRE(argmax(e, x.data(), n) == 77'777);
        REQUIRE(max_of(e, x.data(), n) == 60.0F);
        std::vector<float> equal(x);
        equal[99'999] = equal[50'000] = 60;
        equal[0] = equal[49'999] = std::nanf("");
        REQUIRE(argmax(e, equal.data(), n) == 50'000);
        REQUIRE(max_of(e, equal.data(), n) == 60.0F);
        std::fill(equal.begin(), equal.end(), std::nanf(""));
        REQUIRE(argmax(e, equal.data(), n) == 0);
        REQUIRE(close(sum_exp(e, x.data(), n, 60), sum, 1e-5));
        Guarded<float> y(n);
        std::copy(x.begin(), x.end(), y.data());
        soft_cap(e, y.data(), n, 30);
        for (std::int64_t i = 0; i < n; ++i)
          REQUIRE(close(static_cast<double>(y[i]), 30 * std::tanh(at(x, i) / 30), 3e-6, 1e-6));
        REQUIRE(y.guard_intact());
      },
      true);
}

}  // namespace cactus::kernels::test
