// bench_attention [ISA] [THREADS] [q8]: attention of Gemma 4 E2B (8 query heads on 1 KV head),
// prefill and decode, on each type of cache, in giga multiply-adds a second and beside the peak of
// the instruction set's int8 multiply-add. One thread is measured in processor time, several in
// wall time (then the machine must be quiet).
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "kernels/dispatch.h"
#include "kernels/ops.h"

using namespace cactus::kernels;
using Clock = std::chrono::steady_clock;

namespace {

bool wall_time = false;

double now() {
  if (!wall_time) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

template <class Fn>
double best_of(int rounds, Fn fn) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const double start = now();
    fn();
    best = std::min(best, now() - start);
  }
  return best;
}

struct Layer {
  Layer(Exec& e, Type cache_type, std::int64_t head_dim, std::int64_t slots)
      : type(cache_type), dim(head_dim) {
    const std::int64_t size = type == Type::q8 ? 1 : type == Type::f16 ? 2 : 4;
    view = {k.reserve(slots * dim * size),
            v.reserve(slots * dim * size),
            ks.reserve(slots),
            vs.reserve(slots),
            type,
            slots,
            1,
            dim};
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> row(std::size_t(dim) * 2);
    for (std::int64_t p = 0; p < slots; ++p) {
      for (float& x : row) x = normal(random) * 0.25F;
      kv_store(e, view, row.data(), row.data() + dim, p, 1, dim);
    }
  }
  Type type;
  std::int64_t dim;
  Buffer<std::byte> k, v;
  Buffer<float> ks, vs;
  KvView view;
};

// Multiply-adds of the scores that are needed, QK and PV.
double macs(std::int64_t heads, std::int64_t dim, std::int64_t start, std::int64_t count,
            std::int64_t window) {
  double keys = 0;
  for (std::int64_t p = start; p < start + count; ++p)
    keys += double(window > 0 ? std::min(window, p + 1) : p + 1);
  return keys * double(heads * dim * 2);
}

}  // namespace

int main(int argc, char** argv) {
  const Selection isa = select_table(argc > 1 ? argv[1] : "");
  if (isa.table == nullptr) {
    std::printf("%s\n", isa.error.c_str());
    return 1;
  }
  Exec e(*isa.table, argc > 2 ? std::atoi(argv[2]) : 1);
  wall_time = e.pool.threads() > 1;
  std::int32_t sink = 0;
  double peak = 0;
  for (int i = 0; i < 5; ++i) {
    double done = 0;
    const double t = best_of(1, [&] { done = double(isa.table->peak_int8(2000000, &sink)); });
    peak = std::max(peak, done / t * e.pool.threads());
  }
  std::printf("%s, %d threads, int8 peak %.0f GMAC/s\n", isa.table->name, e.pool.threads(),
              peak * 1e-9);
  constexpr std::int64_t kHeads = 8;
  double q8_time[3] = {};  // of one token: prefill 512, prefill 4096, decode at 4096
  const char* names[] = {"f32", "f16", "q8"};
  const Type types[] = {Type::f32, Type::f16, Type::q8};
  const int last_type = argc > 3 ? 2 : 0;  // a third argument: the int8 cache only
  for (int type = 2; type >= last_type; --type) {
    for (const std::int64_t dim : {256, 512}) {
      const std::int64_t window = dim == 256 ? 512 : 0;
      Layer layer(e, types[type], dim, 4096);
      const std::int64_t most = 512;
      std::mt19937 random(2);
      std::normal_distribution<float> normal;
      std::vector<float> q(std::size_t(most * kHeads * dim)), out(q.size());
      for (float& x : q) x = normal(random) * 0.25F;
      const AttentionShape shape = {kHeads, 1.0F, window, 0.0F};
      const auto measure = [&](std::int64_t start, std::int64_t count, int rounds) {
        const double t = best_of(rounds, [&] {
          attention(e, layer.view, shape, q.data(), kHeads * dim, start, count, out.data(),
                    kHeads * dim);
        });
        const double m = macs(kHeads, dim, start, count, window);
        std::printf("  %-3s dim %3d, %4d queries from %4d: %9.1f us, %6.1f GMAC/s, %4.1f%%\n",
                    names[type], int(dim), int(count), int(start), t * 1e6, m / t * 1e-9,
                    100 * m / t / peak);
        return t;
      };
      // E2B prefills layers 0 to 13: 12 sliding and 2 full; decodes 28 and 7.
      const double prefill = window > 0 ? 12 : 2;
      const double at_512 = measure(0, 512, 5) / 512;
      double at_4096 = 0;
      for (const std::int64_t start : {512, 2048, 3584})
        at_4096 += measure(start, 512, 3) / 512 / 3;
      measure(511, 1, 30);
      const double decode = measure(4095, 1, 30);
      if (types[type] == Type::q8) {
        q8_time[0] += prefill * at_512;
        q8_time[1] += prefill * at_4096;
        q8_time[2] += (window > 0 ? 28 : 7) * decode;
      }
    }
  }
  const double weights = 528e6 / (0.6 * peak);
  std::printf(
      "E2B, int8 cache, of the prefill of a token (weights at 60%% of the peak):\n"
      "  512 tokens: %.1f%%, 4096 tokens: %.1f%%; decode at 4096: %.0f us a token\n",
      100 * q8_time[0] / (q8_time[0] + weights), 100 * q8_time[1] / (q8_time[1] + weights),
      q8_time[2] * 1e6);
  return 0;
}
