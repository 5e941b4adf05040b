// Float products: the exact path and models whose weights stay float. Each result is the sum of 16
// partial sums, column c in partial c % 16, whatever block it was computed in.
#include "kernels/neon/fill.h"
#include "kernels/neon/neon.h"

namespace cactus::kernels::neon {
namespace {

// 16 weights or activations as floats.
struct Sixteen {
  float32x4_t v[4];
};

struct F32 {
  using Stored = float;
  CACTUS_INLINE Sixteen load(const float* p) {
    return {{vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}};
  }
};

struct F16 {
  using Stored = std::uint16_t;
  CACTUS_INLINE Sixteen load(const std::uint16_t* p) {
    const float16x8_t a = vreinterpretq_f16_u16(vld1q_u16(p));
    const float16x8_t b = vreinterpretq_f16_u16(vld1q_u16(p + 8));
    return {{vcvt_f32_f16(vget_low_f16(a)), vcvt_high_f32_f16(a), vcvt_f32_f16(vget_low_f16(b)),
             vcvt_high_f32_f16(b)}};
  }
};

struct Bf16 {
  using Stored = std::uint16_t;
  CACTUS_INLINE Sixteen load(const std::uint16_t* p) {
    const uint16x8_t a = vld1q_u16(p);
    const uint16x8_t b = vld1q_u16(p + 8);
    return {{arm::bf16_low(a), arm::bf16_high(a), arm::bf16_low(b), arm::bf16_high(b)}};
  }
};

// The first n < 16, then zeros.
template <class Type>
CACTUS_INLINE Sixteen load_some(const typename Type::Stored* p, std::int64_t n) {
  typename Type::Stored whole[16] = {};
  for (std::int64_t i = 0; i < n; ++i) whole[i] = p[i];
  return Type::load(whole);
}

template <int R, int T>
CACTUS_INLINE void add_products(const Sixteen (&w)[R], const Sixteen (&x)[T],
                                Sixteen (&acc)[R][T]) {
  CACTUS_UNROLL
  for (int r = 0; r < R; ++r) {
    CACTUS_UNROLL
    for (int t = 0; t < T; ++t) {
      CACTUS_UNROLL
      for (int i = 0; i < 4; ++i) acc[r][t].v[i] = vfmaq_f32(acc[r][t].v[i], w[r].v[i], x[t].v[i]);
    }
  }
}

// R rows × T tokens.
template <class Type, int R, int T>
CACTUS_INLINE void block(const typename Type::Stored* w, std::int64_t ldw, std::int64_t cols,
                         const float* x, std::int64_t ldx, float* y, std::int64_t ldy) {
  Sixteen acc[R][T];
  CACTUS_UNROLL
  for (int r = 0; r < R; ++r) {
    CACTUS_UNROLL
    for (int t = 0; t < T; ++t) {
      CACTUS_UNROLL
      for (int i = 0; i < 4; ++i) acc[r][t].v[i] = vdupq_n_f32(0);
    }
  }
  Sixteen wv[R];
  Sixteen xv[T];
  std::int64_t c = 0;
  for (; c + 16 <= cols; c += 16) {
    CACTUS_UNROLL
    for (int r = 0; r < R; ++r) wv[r] = Type::load(w + r * ldw + c);
    CACTUS_UNROLL
    for (int t = 0; t < T; ++t) xv[t] = F32::load(x + t * ldx + c);
    add_products(wv, xv, acc);
  }
  if (c < cols) {
    CACTUS_UNROLL
    for (int r = 0; r < R; ++r) wv[r] = load_some<Type>(w + r * ldw + c, cols - c);
    CACTUS_UNROLL
    for (int t = 0; t < T; ++t) xv[t] = load_some<F32>(x + t * ldx + c, cols - c);
    add_products(wv, xv, acc);
  }
  CACTUS_UNROLL
  for (int r = 0; r < R; ++r) {
    CACTUS_UNROLL
    for (int t = 0; t < T; ++t) {
      const Sixteen& a = acc[r][t];
      y[t * ldy + r] = vaddvq_f32(vaddq_f32(vaddq_f32(a.v[0], a.v[2]), vaddq_f32(a.v[1], a.v[3])));
    }
  }
}

template <class Type>
void matmul(const typename Type::Stored* w, std::int64_t ldw, std::int64_t rows, std::int64_t cols,
            const float* x, std::int64_t ldx, std::int64_t count, float* y, std::int64_t ldy) {
  for (std::int64_t r = 0; r < rows; r += 2) {
    const typename Type::Stored* wr = w + r * ldw;
    float* yr = y + r;
    std::int64_t t = 0;
    if (r + 1 < rows) {
      for (; t + 1 < count; t += 2)
        block<Type, 2, 2>(wr, ldw, cols, x + t * ldx, ldx, yr + t * ldy, ldy);
      if (t < count) block<Type, 2, 1>(wr, ldw, cols, x + t * ldx, ldx, yr + t * ldy, ldy);
    } else {
      for (; t < count; ++t) block<Type, 1, 1>(wr, ldw, cols, x + t * ldx, ldx, yr + t * ldy, ldy);
    }
  }
}

// Scores are products too: keys are the weights.
template <class Type>
void qk(const KvRows& k, const float* q, std::int64_t nq, float* s, std::int64_t lds) {
  matmul<Type>(static_cast<const typename Type::Stored*>(k.data), k.stride, k.n, k.dim, q, k.dim,
               nq, s, lds);
}

}  // namespace

void fill_matmul_float(Table& t) {
  t.matmul_f32 = matmul<F32>;
  t.matmul_f16 = matmul<F16>;
  t.matmul_bf16 = matmul<Bf16>;
  t.qk_f32 = qk<F32>;
  t.qk_f16 = qk<F16>;
}

}  // namespace cactus::kernels::neon
