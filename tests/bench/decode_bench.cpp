// The products of one decoded token of the Gemma 4 E2B shape, streamed from memory:
//   bench_decode [isa [threads [rounds]]]
// Tokens a second and GB/s of weights (1,282 MB a token) beside the read limit, medians of rounds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "kernels/dispatch.h"
#include "kernels/limits.h"
#include "kernels/ops.h"
#include "kernels/pack.h"

namespace {

using namespace cactus::kernels;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kHidden = 1536, kVocabulary = 262144;

// Calls product(kind, rows, cols) for each in the order of a token: 'm' one matrix, 'g' gate and
// up, 'q' queries, keys and values of one head (8 heads of queries).
void for_each_product(auto product) {
  product('m', 35 * 256, kHidden);
  for (int layer = 0; layer < 35; ++layer) {
    const std::int64_t head = layer % 5 == 4 ? 512 : 256;
    const bool owns = layer < 15;
    const std::int64_t mlp = owns ? 6144 : 12288;
    product(owns ? 'q' : 'm', owns ? head : 8 * head, kHidden);
    product('m', kHidden, 8 * head);
    product('g', mlp, kHidden);
    product('m', kHidden, mlp);
    product('m', 256, kHidden);
    product('m', kHidden, 256);
  }
  product('m', kVocabulary, kHidden);
}

std::int64_t matrices_of(char kind) {
  return kind == 'g' ? 2 : kind == 'q' ? 10 : 1;
}

std::int64_t token_bytes() {
  std::int64_t bytes = 0;
  for_each_product([&](char kind, std::int64_t rows, std::int64_t cols) {
    bytes += matrices_of(kind) * matrix_bytes(Type::q4, Layout::tiles, rows, cols);
  });
  return bytes;
}

void fill(std::byte* p) {
  std::uint64_t state = 1;
  for_each_product([&](char kind, std::int64_t rows, std::int64_t cols) {
    const std::int64_t stride = stride_bytes(Type::q4, Layout::tiles, cols);
    for (std::int64_t t = matrices_of(kind) * rows / kTileRows; t > 0; --t, p += stride) {
      for (std::int64_t i = 0; i < stride; i += 8) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        __builtin_memcpy(p + i, &state, 8);
      }
      auto* scales = reinterpret_cast<std::uint16_t*>(p);
      for (std::int64_t i = 0; i < groups_of(cols) * kTileRows; ++i)
        scales[i] = f32_to_bf16(0.01F + 1e-5F * static_cast<float>(i % 97));
    }
  });
}

struct Token {
  explicit Token(Exec& exec) : e(exec), y(out.reserve(kVocabulary)) {
    std::mt19937 engine(7);
    std::normal_distribution<float> normal;
    for (const std::int64_t cols : {256, 1536, 2048, 4096, 6144, 12288}) {
      std::vector<float> f(static_cast<std::size_t>(cols));
      for (float& v : f) v = normal(engine);
      set_rows(e, x[cols], f.data(), 1, cols, cols);
    }
  }
  void decode(const std::byte* p) {
    for_each_product([&](char kind, std::int64_t rows, std::int64_t cols) {
      const auto next = [&](std::int64_t r) {
        const Matrix m = {p, Type::q4, Layout::tiles, r, cols};
        p += matrix_bytes(Type::q4, Layout::tiles, r, cols);
        return m;
      };
      if (kind == 'g') {
        const Matrix gate = next(rows), up = next(rows);
        set_gated(e, gated, gate, up, x[cols], Gate::gelu_tanh);
      } else if (kind == 'q') {
        const Matrix q = next(8 * rows), k = next(rows), v = next(rows);
        const Product products[] = {
            {&q, y, 8 * rows}, {&k, y + 8 * rows, rows}, {&v, y + 9 * rows, rows}};
        matmul(e, products, x[cols]);
      } else {
        const Matrix w = next(rows);
        const Product product = {&w, y, rows};
        matmul(e, {&product, 1}, x[cols]);
      }
    });
  }
  Exec& e;
  std::map<std::int64_t, Activations> x;
  Activations gated;
  Buffer<float> out;
  float* y;
};

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const Selection s = select_table(argc > 1 ? argv[1] : "");
  if (s.table == nullptr) {
    std::fprintf(stderr, "bench_decode: error: %s\n", s.error.c_str());
    return 1;
  }
  Exec e(*s.table, argc > 2 ? std::atoi(argv[2]) : default_threads());
  const int rounds = std::max(1, argc > 3 ? std::atoi(argv[3]) : 9);
  const std::int64_t bytes = token_bytes();
  Buffer<std::byte> weights;
  std::byte* p = weights.reserve(bytes);
  fill(p);
  Token token(e);
  std::vector<double> read, tokens;
  for (int i = 0; i < rounds; ++i) {
    read.push_back(read_limit(e, p, bytes, 1));
    token.decode(p);
    const Clock::time_point start = Clock::now();
    for (int k = 0; k < 3; ++k) token.decode(p);
    tokens.push_back(3 / std::chrono::duration<double>(Clock::now() - start).count());
  }
  const double rate = median(tokens);
  std::printf("%s, %d threads: %.2f tokens/s, %.1f GB/s of %.1f GB/s read\n", s.table->name,
              e.pool.threads(), rate, 1e-9 * rate * static_cast<double>(bytes),
              1e-9 * median(read));
  return 0;
}
