// The operations a model is written in. Each stands once, over the primitives of the kernel table
// and the thread pool; shapes are row-major, sizes in elements. Nothing here allocates per call
// once buffers have grown, fails, or knows a model.
#pragma once
#include <span>

#include "kernels/pool.h"
#include "kernels/table.h"
#include "kernels/types.h"

namespace cactus::kernels {

// What operations run on: the instruction set's primitives, the threads, and scratch memory. One
// for each session; handed down, never global.
struct Exec {
  Exec(const Table& t, int threads);
  ~Exec();
  const Table& table;
  Pool pool;
  struct Scratch;
  std::unique_ptr<Scratch> scratch;
};

enum class Gate { gelu_tanh, silu };

// --- activations ---------------------------------------------------------------------------
// Each fills `out` with `count` rows of `cols` in the forms out.want_* asks for.

// out = x, x [count, cols] with rows `ldx` floats apart.
void set_rows(Exec& e, Activations& out, const float* x, std::int64_t count, std::int64_t cols,
              std::int64_t ldx);

// out = RMS(x) · w; w [cols] or null (weightless). RMS(x) = x / sqrt(mean(x²) + eps).
void set_rms_norm(Exec& e, Activations& out, const float* x, std::int64_t count, std::int64_t cols,
                  std::int64_t ldx, const float* w, float eps);

// out = act(gate·x) ∘ (up·x): the first half of a gated MLP, without the float intermediate where
// the weights are quantised. gate and up have the same shape and type.
void set_gated(Exec& e, Activations& out, const Matrix& gate, const Matrix& up,
               const Activations& x, Gate act);

// --- matrix products -------------------------------------------------------------------------
struct Product {
  const Matrix* w;  // [rows, cols]
  float* y;         // [count, rows], rows `ldy` floats apart
  std::int64_t ldy;
};
// y = x · wᵀ for each product, in one parallel region. x.cols == w->cols. q4 and q8 matrices use
// x.q when x.want_q8, else x.f on dequantised weights (exact path, slow); float matrices use x.f.
void matmul(Exec& e, std::span<const Product> products, const Activations& x);

// out [cols] = row `row` of w as floats, times `scale`.
void load_row(const Exec& e, const Matrix& w, std::int64_t row, float scale, float* out);

// --- rows ------------------------------------------------------------------------------------
// y = RMS(x) · w, rows of `cols`; x and y may be the same.
void rms_norm(Exec& e, const float* x, std::int64_t count, std::int64_t cols, std::int64_t ldx,
              const float* w, float eps, float* y, std::int64_t ldy);

// x = (x + RMS(a) · w) · scale, x [count, cols] contiguous, a rows `lda` apart: a residual step.
void add_rms_norm(Exec& e, float* x, const float* a, std::int64_t count, std::int64_t cols,
                  std::int64_t lda, const float* w, float eps, float scale);

// x += a, elementwise over n.
void add(Exec& e, float* x, const float* a, std::int64_t n);

// x = act(x) ∘ y, elementwise over n.
void gate_mul(Exec& e, float* x, const float* y, std::int64_t n, Gate act);

// x = cap · tanh(x / cap).
void soft_cap(Exec& e, float* x, std::int64_t n, float cap);

// --- positions -------------------------------------------------------------------------------
// cos and sin [count, dim/2] of (start + i) · inv_freq[j].
void rope_table(Exec& e, const float* inv_freq, std::int64_t half, std::int64_t start,
                std::int64_t count, float* cos, float* sin);

// Rotates pairs (j, j + dim/2) of every head, in place: x [count, heads, dim], rows `ldx` apart.
// half = dim/2 entries of cos and sin per position (unrotated pairs have cos 1, sin 0).
void rope(Exec& e, float* x, std::int64_t count, std::int64_t heads, std::int64_t dim,
          std::int64_t ldx, const float* cos, const float* sin);

// --- attention -------------------------------------------------------------------------------
// Writes rows of keys and values at positions start … start+count-1 into the cache's own type.
// k, v: [count, kv_heads, head_dim], rows `ld` apart.
void kv_store(Exec& e, const KvView& cache, const float* k, const float* v, std::int64_t start,
              std::int64_t count, std::int64_t ld);

struct AttentionShape {
  std::int64_t heads;   // query heads; a multiple of the cache's kv_heads
  float scale;          // of q·k before the softmax
  std::int64_t window;  // keys visible including the query's own position; 0: all before it
  float logit_cap = 0;  // > 0: cap·tanh(s/cap) on the scores
};
// Causal attention of `count` queries at positions start … over the cache, which already holds
// their own keys. Query at p sees positions max(0, p-window+1) … p. q and out [count, heads,
// head_dim], rows `ldq` and `ldo` apart. Softmax in float.
void attention(Exec& e, const KvView& cache, const AttentionShape& shape, const float* q,
               std::int64_t ldq, std::int64_t start, std::int64_t count, float* out,
               std::int64_t ldo);

// --- logits ----------------------------------------------------------------------------------
std::int64_t argmax(Exec& e, const float* x, std::int64_t n);  // first of equals; NaN never wins
float max_of(Exec& e, const float* x, std::int64_t n);
// Sum of exp(x - shift).
double sum_exp(Exec& e, const float* x, std::int64_t n, float shift);

}  // namespace cactus::kernels
