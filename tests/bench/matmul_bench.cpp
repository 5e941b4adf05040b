// Speed of the products beside the machine's limits, measured in the same run:
//   bench_matmul [isa [threads [seconds]]]
// Prefill shapes print GMAC/s and the share of the int8 limit, decode shapes GB/s of weights and
// the share of the read limit. Each line is the best of several runs.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>

#include "kernels/dispatch.h"
#include "kernels/limits.h"
#include "kernels/pack.h"

namespace {

using namespace cactus::kernels;
using Clock = std::chrono::steady_clock;

// With one thread, its processor time: other processes on the same cores do not count.
double now(int threads) {
  return threads == 1 ? static_cast<double>(std::clock()) / CLOCKS_PER_SEC
                      : std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

double seconds_of(int threads, double limit, auto fn) {
  double best = 1e9;
  const Clock::time_point start = Clock::now();
  do {
    const double begin = now(threads);
    fn();
    best = std::min(best, now(threads) - begin);
  } while (std::chrono::duration<double>(Clock::now() - start).count() < limit);
  return best;
}

struct Weights {
  Weights(Type type, std::int64_t rows, std::int64_t cols) {
    const bool quantised = type == Type::q4 || type == Type::q8;
    const Layout layout = quantised ? Layout::tiles : Layout::rows;
    const std::int64_t bytes = matrix_bytes(type, layout, rows, cols);
    const std::int64_t stride = stride_bytes(type, layout, cols);
    std::byte* p = data.reserve(bytes);
    std::uint64_t state = 1;
    for (std::int64_t i = 0; i < bytes; i += 8) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      __builtin_memcpy(p + i, &state, 8);
    }
    for (std::int64_t t = 0; quantised && t < rows / kTileRows; ++t) {
      auto* s = reinterpret_cast<std::uint16_t*>(p + t * stride);
      for (std::int64_t i = 0; i < groups_of(cols) * kTileRows; ++i)
        s[i] = f32_to_bf16(0.01F + 1e-5F * static_cast<float>(i % 97));
    }
    matrix = {p, type, layout, rows, cols};
  }
  Buffer<std::byte> data;
  Matrix matrix;
};

struct Bench {
  Exec& e;
  double seconds;
  double int8;
  double read;

  void fill(Activations& x, std::int64_t count, std::int64_t cols) {
    std::mt19937 engine(7);
    std::normal_distribution<float> normal;
    Buffer<float> f;
    float* p = f.reserve(count * cols);
    for (std::int64_t i = 0; i < count * cols; ++i) p[i] = normal(engine);
    set_rows(e, x, p, count, cols, cols);
  }

  void report(const char* name, double macs, double bytes, double time) const {
    std::printf(
        "%-34s %9.3f ms %8.1f GMAC/s %5.1f%% of int8 limit %7.1f GB/s %5.1f%% of read limit\n",
        name, 1e3 * time, 1e-9 * macs / time, 100 * macs / time / int8, 1e-9 * bytes / time,
        100 * bytes / time / read);
    std::fflush(stdout);
  }

  void product(const char* name, Type type, std::int64_t rows, std::int64_t cols,
               std::int64_t count) {
    const Weights w(type, rows, cols);
    Activations x;
    x.want_q8 = w.matrix.layout == Layout::tiles;
    x.want_f32 = !x.want_q8;
    fill(x, count, cols);
    Buffer<float> y;
    const Product p = {&w.matrix, y.reserve(count * rows), rows};
    const double t = seconds_of(e.pool.threads(), seconds, [&] { matmul(e, {&p, 1}, x); });
    report(name, static_cast<double>(rows * cols * count),
           static_cast<double>(matrix_bytes(type, w.matrix.layout, rows, cols)), t);
  }

  void gated(const char* name, Type type, std::int64_t rows, std::int64_t cols,
             std::int64_t count) {
    const Weights gate(type, rows, cols), up(type, rows, cols);
    Activations x, out;
    fill(x, count, cols);
    const double t = seconds_of(e.pool.threads(), seconds, [&] {
      set_gated(e, out, gate.matrix, up.matrix, x, Gate::gelu_tanh);
    });
    report(name, static_cast<double>(2 * rows * cols * count),
           static_cast<double>(2 * matrix_bytes(type, Layout::tiles, rows, cols)), t);
  }
};

}  // namespace

int main(int argc, char** argv) {
  const Selection s = select_table(argc > 1 ? argv[1] : "");
  if (s.table == nullptr) {
    std::fprintf(stderr, "bench_matmul: error: %s\n", s.error.c_str());
    return 1;
  }
  Exec e(*s.table, argc > 2 ? std::atoi(argv[2]) : default_threads());
  const double seconds = argc > 3 ? std::atof(argv[3]) : 0.3;
  Buffer<std::byte> big;
  const std::int64_t bytes = std::int64_t{384} << 20;
  std::byte* p = big.reserve(bytes);
  Bench b = {e, seconds, int8_limit(e, 0.1, 3), read_limit(e, p, bytes, 5)};
  std::printf("%s, %d threads: int8 limit %.1f GMAC/s, read limit %.1f GB/s\n", s.table->name,
              e.pool.threads(), 1e-9 * b.int8, 1e-9 * b.read);
  b.product("prefill q4 6144 x 1536, 512 tokens", Type::q4, 6144, 1536, 512);
  b.product("prefill q4 1536 x 6144, 512 tokens", Type::q4, 1536, 6144, 512);
  b.product("prefill q4 2048 x 1536, 512 tokens", Type::q4, 2048, 1536, 512);
  b.product("prefill q8 6144 x 1536, 512 tokens", Type::q8, 6144, 1536, 512);
  b.gated("gate+up q4 6144 x 1536, 512 tokens", Type::q4, 6144, 1536, 512);
  for (const std::int64_t count : {1, 2, 4, 5, 8}) {
    char name[64];
    std::snprintf(name, sizeof name, "head q4 262144 x 1536, %d tokens", static_cast<int>(count));
    b.product(name, Type::q4, 262144, 1536, count);
  }
  b.product("head q8 131072 x 1536, 1 token", Type::q8, 131072, 1536, 1);
  b.gated("gate+up q4 98304 x 1536, 1 token", Type::q4, 98304, 1536, 1);
  b.product("down q4 24576 x 6144, 1 token", Type::q4, 24576, 6144, 1);
  b.product("f16 65536 x 1536, 1 token", Type::f16, 65536, 1536, 1);
  b.product("bf16 65536 x 1536, 1 token", Type::bf16, 65536, 1536, 1);
  b.product("f32 32768 x 1536, 1 token", Type::f32, 32768, 1536, 1);
  b.product("f16 2048 x 1536, 64 tokens", Type::f16, 2048, 1536, 64);
  b.product("f32 2048 x 1536, 64 tokens", Type::f32, 2048, 1536, 64);
  b.product("q4 2048 x 1536 in cache, 1 token", Type::q4, 2048, 1536, 1);
  std::printf("again: int8 limit %.1f GMAC/s, read limit %.1f GB/s\n", 1e-9 * int8_limit(e, 0.1, 3),
              1e-9 * read_limit(e, p, bytes, 5));
  return 0;
}
