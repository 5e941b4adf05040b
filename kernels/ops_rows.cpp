// Row operations, positions and reductions over the primitives and the pool.
#include <algorithm>
#include <cmath>

#include "kernels/pack.h"
#include "kernels/scratch.h"

namespace cactus::kernels {
namespace {

// Elements per piece of work: small enough to split, large enough to be worth a hand-over.
constexpr std::int64_t kGrainElements = 16384;

std::int64_t row_grain(std::int64_t cols) {
  return std::max<std::int64_t>(1, kGrainElements / std::max<std::int64_t>(1, cols));
}

float inverse_rms(const Table& t, const float* x, std::int64_t n, float eps) {
  return 1.0F / std::sqrt(t.sum_squares(x, n) / static_cast<float>(n) + eps);
}

}  // namespace

Exec::Exec(const Table& t, int threads)
    : table(t), pool(threads), scratch(std::make_unique<Scratch>(pool.threads())) {}
Exec::~Exec() = default;

void rms_norm(Exec& e, const float* x, std::int64_t count, std::int64_t cols, std::int64_t ldx,
              const float* w, float eps, float* y, std::int64_t ldy) {
  e.pool.run(count, row_grain(cols), [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t t = begin; t < end; ++t) {
      const float s = inverse_rms(e.table, x + t * ldx, cols, eps);
      e.table.scale_mul(x + t * ldx, s, w, cols, y + t * ldy);
    }
  });
}

void add_rms_norm(Exec& e, float* x, const float* a, std::int64_t count, std::int64_t cols,
                  std::int64_t lda, const float* w, float eps, float scale) {
  e.pool.run(count, row_grain(cols), [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t t = begin; t < end; ++t) {
      const float s = inverse_rms(e.table, a + t * lda, cols, eps);
      e.table.add_scale_mul(x + t * cols, a + t * lda, s, w, scale, cols);
    }
  });
}

void add(Exec& e, float* x, const float* a, std::int64_t n) {
  e.pool.run(n, kGrainElements, [&](std::int64_t begin, std::int64_t end, int) {
    e.table.add_scale_mul(x + begin, a + begin, 1, nullptr, 1, end - begin);
  });
}

void gate_mul(Exec& e, float* x, const float* y, std::int64_t n, Gate act) {
  const auto f = act == Gate::gelu_tanh ? e.table.gelu_mul : e.table.silu_mul;
  e.pool.run(n, kGrainElements, [&](std::int64_t begin, std::int64_t end, int) {
    f(x + begin, y + begin, end - begin);
  });
}

void soft_cap(Exec& e, float* x, std::int64_t n, float cap) {
  e.pool.run(n, kGrainElements, [&](std::int64_t begin, std::int64_t end, int) {
    e.table.soft_cap(x + begin, end - begin, cap);
  });
}

void rope_table(Exec& e, const float* inv_freq, std::int64_t half, std::int64_t start,
                std::int64_t count, float* cos, float* sin) {
  e.pool.run(count, row_grain(half * 8), [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t i = begin; i < end; ++i) {
      for (std::int64_t j = 0; j < half; ++j) {
        const float angle = static_cast<float>(start + i) * inv_freq[j];
        cos[i * half + j] = std::cos(angle);
        sin[i * half + j] = std::sin(angle);
      }
    }
  });
}

void rope(Exec& e, float* x, std::int64_t count, std::int64_t heads, std::int64_t dim,
          std::int64_t ldx, const float* cos, const float* sin) {
  const std::int64_t half = dim / 2;
  e.pool.run(count, row_grain(heads * dim), [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t t = begin; t < end; ++t)
      for (std::int64_t h = 0; h < heads; ++h)
        e.table.rope(x + t * ldx + h * dim, half, cos + t * half, sin + t * half);
  });
}

// Reductions over a vocabulary go over fixed pieces of kReduce elements, whose results are put
// together in order: the same bits for any number of threads.
constexpr std::int64_t kReduce = 16384;

std::int64_t argmax(Exec& e, const float* x, std::int64_t n) {
  if (n <= kReduce) return e.table.argmax(x, n);
  const std::int64_t pieces = (n + kReduce - 1) / kReduce;
  std::int64_t* best = e.scratch->places.reserve(pieces);
  e.pool.run(n, kReduce, [&](std::int64_t begin, std::int64_t end, int) {
    best[begin / kReduce] = begin + e.table.argmax(x + begin, end - begin);
  });
  std::int64_t at = best[0];
  for (std::int64_t i = 1; i < pieces; ++i)
    if (x[best[i]] > x[at] || std::isnan(x[at])) at = best[i];
  return std::isnan(x[at]) ? 0 : at;
}

float max_of(Exec& e, const float* x, std::int64_t n) {
  if (n <= kReduce) return e.table.max(x, n);
  const std::int64_t pieces = (n + kReduce - 1) / kReduce;
  float* best = e.scratch->maxima.reserve(pieces);
  e.pool.run(n, kReduce, [&](std::int64_t begin, std::int64_t end, int) {
    best[begin / kReduce] = e.table.max(x + begin, end - begin);
  });
  return e.table.max(best, pieces);
}

double sum_exp(Exec& e, const float* x, std::int64_t n, float shift) {
  if (n <= kReduce) return e.table.sum_exp(x, n, shift);
  const std::int64_t pieces = (n + kReduce - 1) / kReduce;
  double* part = e.scratch->sums.reserve(pieces);
  e.pool.run(n, kReduce, [&](std::int64_t begin, std::int64_t end, int) {
    part[begin / kReduce] = e.table.sum_exp(x + begin, end - begin, shift);
  });
  double sum = 0;
  for (std::int64_t i = 0; i < pieces; ++i) sum += part[i];
  return sum;
}

void load_row(const Exec&, const Matrix& w, std::int64_t row, float scale, float* out) {
  unpack_row(w, row, out);
  for (std::int64_t c = 0; c < w.cols; ++c) out[c] *= scale;
}

}  // namespace cactus::kernels
