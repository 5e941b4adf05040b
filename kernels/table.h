// The primitives of one instruction set: what a folder such as kernels/avx512vnni provides. The
// choice is made once (dispatch.h) and handed down; the algorithms over them (tiling, threads,
// epilogues) stand once in ops_*.cpp. docs/kernels.md says how to add one.
//
// Rules for every entry
// - kernels/scalar is the specification: integer parts agree bit for bit, and so do all results of
//   the int8 products, because every instruction set does the same float operations in the same
//   order (see "int8 products"). Other floats agree within the tolerances of tests/kernels.
// - Sizes are in elements, strides (ld…) in elements of the array they belong to. Pointers into
//   packed weights, operands and activations are 64-byte aligned; other float pointers are not.
// - Never reads past n elements unless the entry says so; any n ≥ 0 works.
// - A table starts as a copy of the next lesser one, so a partly filled folder already works. The
//   operand that `expand_*` writes is private to an instruction set: who overrides one of
//   expand_q4, expand_q8, gemm overrides all three.
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/layout.h"

namespace cactus::kernels {

// --- int8 products -----------------------------------------------------------------------------
// For row r and token t: acc = 0; for g = 0 … G-1 in this order
//   acc = fma(float(dot32(w[r][g], q[t][g])), weight_scale[g][r] * scale[t][g], acc)
// with dot32 an exact int32. Since nothing else touches acc, a result has the same bits whatever
// the instruction set, the number of tokens in the call and the number of threads.

// Rows of quantised activations, see Activations in types.h.
struct QuantRows {
  const std::int8_t* q;  // [count, ≥ 32·groups], rows ldq apart (64-byte aligned group pairs)
  const float* scale;    // [count, ≥ groups], rows ldg apart
  const std::int32_t* bias;  // [count, ≥ groups], rows ldg apart: -128 × sum of the group's q
  std::int64_t ldq;
  std::int64_t ldg;
  std::int64_t count;
};

// Four runs of consecutive packed tiles, of one matrix or of several with the same stride, and
// where their results go: 16 floats for each tile, one tile's behind the other's.
struct FourRuns {
  const std::byte* tiles[4];
  float* y[4];
  std::int64_t count;   // tiles of each run
  std::int64_t stride;  // bytes from one tile to the next; a tile's codes end there
};

// Bytes of one group of one tile in operand form: 16 float scales, then 512 bytes of weights.
inline constexpr std::int64_t kOperandBytes = 64 + 512;

// The most tiles gemm takes.
inline constexpr std::int64_t kMaxGemmTiles = 2;

// --- attention ---------------------------------------------------------------------------------
// Keys or values of one KV head at n consecutive slots.
struct KvRows {
  const void* data;    // [n, dim] of int8, f16 or f32, rows `stride` elements apart
  const float* scale;  // int8 only: [n], `scale_stride` apart
  std::int64_t n;
  std::int64_t dim;
  std::int64_t stride;
  std::int64_t scale_stride;
};

inline constexpr std::int64_t kMaxKeys = 128;

struct Table {
  const char* name;  // "scalar", "avx2", …: static storage

  // -- int8 products
  // Writes `groups` groups of one tile, group i at operand + i·kOperandBytes. `scales` [groups, 16]
  // bf16 and `codes` point at the first of these groups inside the packed tile.
  void (*expand_q4)(const std::uint16_t* scales, const std::uint8_t* codes, std::int64_t groups,
                    std::byte* operand);
  void (*expand_q8)(const std::uint16_t* scales, const std::int8_t* values, std::int64_t groups,
                    std::byte* operand);
  // y[t][16·i + r] = (accumulate ? itself : 0) + the sum above over `groups` groups, for `tiles`
  // (1 or 2) operands `operand_stride` bytes apart and x.count tokens; rows of y `ldy` apart, all
  // 16·tiles columns are written.
  void (*gemm)(const std::byte* operand, std::int64_t operand_stride, std::int64_t tiles,
               std::int64_t groups, const QuantRows& x, float* y, std::int64_t ldy,
               bool accumulate);
  // The same for one packed tile, 1 … gemv_tokens tokens: y[t][r], 16 columns. May prefetch (never
  // read) memory behind the tile, where the next one lies.
  std::int64_t gemv_tokens;
  void (*gemv_q4)(const std::uint16_t* scales, const std::uint8_t* codes, std::int64_t groups,
                  const QuantRows& x, float* y, std::int64_t ldy);
  void (*gemv_q8)(const std::uint16_t* scales, const std::int8_t* values, std::int64_t groups,
                  const QuantRows& x, float* y, std::int64_t ldy);
  // The same for four runs of tiles and one token. Where gemv_streams is 4 they are read side by
  // side, which is faster than one after the other; where it is 1 nobody calls these. May prefetch
  // (never read) memory behind each run.
  std::int64_t gemv_streams;
  void (*gemv4_q4)(const FourRuns& runs, std::int64_t groups, const QuantRows& x);
  void (*gemv4_q8)(const FourRuns& runs, std::int64_t groups, const QuantRows& x);

  // -- float products: y[t][r] = w[r]·x[t], w [rows, cols] rows `ldw` elements apart, x [count,
  // cols] rows ldx apart, y rows ldy apart. A result does not depend on rows and count.
  void (*matmul_f32)(const float* w, std::int64_t ldw, std::int64_t rows, std::int64_t cols,
                     const float* x, std::int64_t ldx, std::int64_t count, float* y,
                     std::int64_t ldy);
  void (*matmul_f16)(const std::uint16_t* w, std::int64_t ldw, std::int64_t rows, std::int64_t cols,
                     const float* x, std::int64_t ldx, std::int64_t count, float* y,
                     std::int64_t ldy);
  void (*matmul_bf16)(const std::uint16_t* w, std::int64_t ldw, std::int64_t rows,
                      std::int64_t cols, const float* x, std::int64_t ldx, std::int64_t count,
                      float* y, std::int64_t ldy);

  // -- quantisers
  // x [32·groups] to int8 with a scale for each group of 32: scale = amax/127, q = x · (127/amax)
  // rounded to nearest even; a group with amax < 1e-30 becomes zeros. bias = -128 · Σ q.
  void (*quantize_groups)(const float* x, std::int64_t groups, std::int8_t* q, float* scale,
                          std::int32_t* bias);
  // x [n] to int8 with one scale, which is returned; *sum = Σ q. Same rounding.
  float (*quantize_head)(const float* x, std::int64_t n, std::int8_t* q, std::int32_t* sum);
  void (*f32_to_f16)(const float* x, std::int64_t n, std::uint16_t* y);

  // -- rows of n floats
  float (*sum_squares)(const float* x, std::int64_t n);
  // y = x · s ∘ w (w null: ones); y may be x.
  void (*scale_mul)(const float* x, float s, const float* w, std::int64_t n, float* y);
  // x = (x + a · s ∘ w) · scale.
  void (*add_scale_mul)(float* x, const float* a, float s, const float* w, float scale,
                        std::int64_t n);
  // x = gelu_tanh(x) ∘ y and x = silu(x) ∘ y.
  void (*gelu_mul)(float* x, const float* y, std::int64_t n);
  void (*silu_mul)(float* x, const float* y, std::int64_t n);
  void (*soft_cap)(float* x, std::int64_t n, float cap);  // cap · tanh(x / cap)
  // x[j], x[half+j] = x[j]·cos[j] - x[half+j]·sin[j], x[half+j]·cos[j] + x[j]·sin[j].
  void (*rope)(float* x, std::int64_t half, const float* cos, const float* sin);

  float (*max)(const float* x, std::int64_t n);            // -inf when n = 0; NaN never wins
  std::int64_t (*argmax)(const float* x, std::int64_t n);  // first of equals; NaN never wins
  double (*sum_exp)(const float* x, std::int64_t n, float shift);

  // -- attention
  // One call takes a block of at most kMaxKeys keys or values and all query rows that share them
  // (some 128 in prefill, one per head of the group in decode), so that an instruction set may
  // rearrange the block first. A row's result does not depend on nq, nor on keys with prob 0.
  // s[i][p] = q[i] · k[p] for nq queries [nq, dim] and k.n keys; rows of s `lds` apart. q8: queries
  // are int8 (±127, as the keys) with their own scale (the attention scale is in it) and Σ q.
  void (*qk_q8)(const KvRows& k, const std::int8_t* q, const float* q_scale,
                const std::int32_t* q_sum, std::int64_t nq, float* s, std::int64_t lds);
  void (*qk_f16)(const KvRows& k, const float* q, std::int64_t nq, float* s, std::int64_t lds);
  void (*qk_f32)(const KvRows& k, const float* q, std::int64_t nq, float* s, std::int64_t lds);
  // One step of an online softmax: row i of s [rows, n], rows `lds` apart, sees the columns
  // low[i] … high[i]-1 (0 ≤ low ≤ high ≤ n). With b = the greatest of what it sees and m =
  // max(max[i], b): s = exp(s - b) where visible and 0 elsewhere, shrink[i] = exp(max[i] - m),
  // gain[i] = exp(b - m), sum[i] = sum[i] · shrink[i] + (Σ s) · gain[i] (rounded after each step),
  // max[i] = m. A row that sees nothing keeps its max and sum and has shrink 1, gain 0. At the
  // start, max[i] = -inf and sum[i] = 0.
  void (*softmax)(float* s, std::int64_t lds, std::int64_t rows, std::int64_t n,
                  const std::int32_t* low, const std::int32_t* high, float* max, float* sum,
                  float* shrink, float* gain);
  // o[i] = fma(Σ_p prob[i][p] · v[p], gain[i], shrink[i] · o[i]) for nq rows; rows of prob `ldp`,
  // of o `ldo` apart. q8: prob · scale may be rounded to 15 bits of the row's largest. So a block
  // of keys adds the same bits to a row whether its sum is taken right away, or first on its own
  // (shrink 0, gain 1) and merged later.
  void (*pv_q8)(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq,
                const float* shrink, const float* gain, float* o, std::int64_t ldo);
  void (*pv_f16)(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq,
                 const float* shrink, const float* gain, float* o, std::int64_t ldo);
  void (*pv_f32)(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq,
                 const float* shrink, const float* gain, float* o, std::int64_t ldo);

  // o = fma(part, gain, shrink · o) over n elements: a block's sum of pv, merged later.
  void (*merge)(const float* part, float gain, float shrink, std::int64_t n, float* o);

  // -- the machine's limits (limits.h)
  // Runs `n` rounds of the widest int8 multiply-add this instruction set has, in registers, and
  // returns the multiply-adds done; *sink keeps the work from being optimised away.
  std::int64_t (*peak_int8)(std::int64_t n, std::int32_t* sink);
  // Reads all of [p, p + bytes), bytes a multiple of 1024, with the widest loads.
  std::uint64_t (*peak_read)(const std::byte* p, std::int64_t bytes);
};

// Each folder's entries, over what `t` already holds. Which of them exist depends on the target.
void fill_scalar(Table& t);
void fill_avx2(Table& t);
void fill_avxvnni(Table& t);
void fill_avx512vnni(Table& t);
void fill_neon(Table& t);
void fill_dotprod(Table& t);
void fill_i8mm(Table& t);

}  // namespace cactus::kernels
