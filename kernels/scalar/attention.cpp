// The specification of the attention primitives.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/pack.h"
#include "kernels/scalar/scalar.h"

namespace cactus::kernels::scalar {
namespace {

void qk_q8(const KvRows& k, const std::int8_t* q, const float* q_scale, const std::int32_t* q_sum,
           std::int64_t nq, float* s, std::int64_t lds) {
  static_cast<void>(q_sum);
  const auto* keys = static_cast<const std::int8_t*>(k.data);
  for (std::int64_t i = 0; i < nq; ++i) {
    for (std::int64_t p = 0; p < k.n; ++p) {
      std::int32_t dot = 0;
      for (std::int64_t d = 0; d < k.dim; ++d) dot += q[i * k.dim + d] * keys[p * k.stride + d];
      s[i * lds + p] = static_cast<float>(dot) * (q_scale[i] * k.scale[p * k.scale_stride]);
    }
  }
}

template <class T, class Load>
void qk(const KvRows& k, const float* q, std::int64_t nq, float* s, std::int64_t lds, Load load) {
  const auto* keys = static_cast<const T*>(k.data);
  for (std::int64_t i = 0; i < nq; ++i) {
    for (std::int64_t p = 0; p < k.n; ++p) {
      float dot = 0;
      for (std::int64_t d = 0; d < k.dim; ++d)
        dot += q[i * k.dim + d] * load(keys[p * k.stride + d]);
      s[i * lds + p] = dot;
    }
  }
}

void qk_f16(const KvRows& k, const float* q, std::int64_t nq, float* s, std::int64_t lds) {
  qk<std::uint16_t>(k, q, nq, s, lds, f16_to_f32);
}

void qk_f32(const KvRows& k, const float* q, std::int64_t nq, float* s, std::int64_t lds) {
  qk<float>(k, q, nq, s, lds, [](float v) { return v; });
}

void softmax(float* s, std::int64_t lds, std::int64_t rows, std::int64_t n, const std::int32_t* low,
             const std::int32_t* high, float* max, float* sum, float* shrink, float* gain) {
  for (std::int64_t i = 0; i < rows; ++i) {
    float* row = s + i * lds;
    std::fill(row, row + low[i], 0.0F);
    std::fill(row + high[i], row + n, 0.0F);
    shrink[i] = 1;
    gain[i] = 0;
    if (low[i] == high[i]) continue;
    float best = -std::numeric_limits<float>::infinity();
    for (std::int64_t p = low[i]; p < high[i]; ++p) best = row[p] > best ? row[p] : best;
    const float m = std::max(max[i], best);
    float total = 0;
    for (std::int64_t p = low[i]; p < high[i]; ++p) {
      row[p] = std::exp(row[p] - best);
      total += row[p];
    }
    shrink[i] = std::exp(max[i] - m);
    gain[i] = std::exp(best - m);
    sum[i] = sum[i] * shrink[i] + total * gain[i];
    max[i] = m;
  }
}

template <class T, class Load>
void pv(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq, const float* shrink,
        const float* gain, float* o, std::int64_t ldo, Load load) {
  const auto* values = static_cast<const T*>(v.data);
  for (std::int64_t i = 0; i < nq; ++i) {
    for (std::int64_t d = 0; d < v.dim; ++d) {
      float total = 0;
      for (std::int64_t p = 0; p < v.n; ++p) {
        const float scale = v.scale != nullptr ? v.scale[p * v.scale_stride] : 1.0F;
        total += prob[i * ldp + p] * scale * load(values[p * v.stride + d]);
      }
      o[i * ldo + d] = std::fma(total, gain[i], shrink[i] * o[i * ldo + d]);
    }
  }
}

void pv_q8(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq,
           const float* shrink, const float* gain, float* o, std::int64_t ldo) {
  pv<std::int8_t>(v, prob, ldp, nq, shrink, gain, o, ldo,
                  [](std::int8_t x) { return static_cast<float>(x); });
}

void pv_f16(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq,
            const float* shrink, const float* gain, float* o, std::int64_t ldo) {
  pv<std::uint16_t>(v, prob, ldp, nq, shrink, gain, o, ldo, f16_to_f32);
}

void pv_f32(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq,
            const float* shrink, const float* gain, float* o, std::int64_t ldo) {
  pv<float>(v, prob, ldp, nq, shrink, gain, o, ldo, [](float x) { return x; });
}

void merge(const float* part, float gain, float shrink, std::int64_t n, float* o) {
  for (std::int64_t i = 0; i < n; ++i) o[i] = std::fma(part[i], gain, shrink * o[i]);
}

}  // namespace

void fill_attention(Table& t) {
  t.qk_q8 = qk_q8;
  t.qk_f16 = qk_f16;
  t.qk_f32 = qk_f32;
  t.softmax = softmax;
  t.pv_q8 = pv_q8;
  t.pv_f16 = pv_f16;
  t.merge = merge;
  t.pv_f32 = pv_f32;
}

}  // namespace cactus::kernels::scalar
