// bench_rows [ISA]: nanoseconds of processor time per element of every row primitive, on rows that
// lie in the first-level cache. Best of many, so that other processes do not count.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>
#include <vector>

#include "kernels/dispatch.h"
#include "kernels/types.h"

namespace {

using namespace cactus::kernels;

constexpr std::int64_t kCols = 1536;

template <class Fn>
void report(const char* name, Fn fn) {
  constexpr int kRepeats = 2000;
  double best = 1e9;
  for (int round = 0; round < 15; ++round) {
    const std::clock_t start = std::clock();
    for (int i = 0; i < kRepeats; ++i) fn();
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / kRepeats);
  }
  std::printf("%-18s %8.3f ns/element %9.3f us for %d\n", name, 1e9 * best / kCols, 1e6 * best,
              static_cast<int>(kCols));
}

}  // namespace

int main(int argc, char** argv) {
  const Selection s = select_table(argc > 1 ? argv[1] : "");
  if (s.table == nullptr) {
    std::fprintf(stderr, "bench_rows: error: %s\n", s.error.c_str());
    return 1;
  }
  const Table& t = *s.table;
  std::printf("%s\n", t.name);
  std::mt19937 engine(1);
  std::normal_distribution<float> normal;
  std::vector<float> x(kCols), y(kCols), z(kCols);
  for (float& v : x) v = normal(engine);
  for (float& v : y) v = normal(engine);
  Buffer<std::int8_t> q;
  Buffer<float> scale;
  Buffer<std::int32_t> bias;
  Buffer<std::uint16_t> half;
  q.reserve(kCols);
  scale.reserve(kCols / kGroup);
  bias.reserve(kCols / kGroup);
  half.reserve(kCols);
  std::int32_t sum = 0;
  volatile double sink = 0;
  // In-place operations work on a fresh copy each time, or their values run away.
  const auto fresh = [&] { std::copy(x.begin(), x.end(), z.begin()); };
  report("(copy)", fresh);
  report("quantize_groups",
         [&] { t.quantize_groups(x.data(), kCols / kGroup, q.data(), scale.data(), bias.data()); });
  report("quantize_head", [&] { sink = t.quantize_head(x.data(), kCols, q.data(), &sum); });
  report("f32_to_f16", [&] { t.f32_to_f16(x.data(), kCols, half.data()); });
  report("sum_squares", [&] { sink = t.sum_squares(x.data(), kCols); });
  report("scale_mul", [&] { t.scale_mul(x.data(), 0.5F, y.data(), kCols, z.data()); });
  report("add_scale_mul + copy", [&] {
    fresh();
    t.add_scale_mul(z.data(), x.data(), 0.5F, y.data(), 1.0F, kCols);
  });
  report("gelu_mul + copy", [&] {
    fresh();
    t.gelu_mul(z.data(), y.data(), kCols);
  });
  report("silu_mul + copy", [&] {
    fresh();
    t.silu_mul(z.data(), y.data(), kCols);
  });
  report("soft_cap + copy", [&] {
    fresh();
    t.soft_cap(z.data(), kCols, 30);
  });
  report("rope + copy", [&] {
    fresh();
    t.rope(z.data(), kCols / 2, x.data(), y.data());
  });
  report("max", [&] { sink = t.max(x.data(), kCols); });
  report("argmax", [&] { sink = static_cast<double>(t.argmax(x.data(), kCols)); });
  const std::int32_t low = 0, high = kCols;
  float max = 0, total = 0, shrink = 0, gain = 0;
  report("softmax + copy", [&] {
    fresh();
    max = -10;
    t.softmax(z.data(), kCols, 1, kCols, &low, &high, &max, &total, &shrink, &gain);
  });
  report("sum_exp", [&] { sink = t.sum_exp(x.data(), kCols, 3); });
  return 0;
}
