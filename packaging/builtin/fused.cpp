// The parts of a training step that PyTorch 1.13 does slowly on processors: RMS norm, SwiGLU and cross entropy,
// each forward and backward, for one thread and AVX-512 (attention: attention.cpp). fused.py compiles and wraps
// them. All matrices are row-major float32; every size but a number of rows is a multiple of 16.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "lanes.h"

namespace {

// docs/quantisation.md
constexpr float kCodebook[16] = {-123, -97, -77, -60, -46, -33, -21, -9, 3, 15, 27, 40, 54, 70, 90, 118};

inline Lane nearest(Lane x) {
    __m512i code = _mm512_setzero_si512();
    for (int k = 1; k < 16; ++k) {
        const Lane threshold = all((kCodebook[k - 1] + kCodebook[k]) / 2);
        const __mmask16 above = _mm512_cmp_ps_mask(x, threshold, _CMP_GT_OQ);
        code = _mm512_mask_add_epi32(code, above, code, _mm512_set1_epi32(1));
    }
    return _mm512_permutexvar_ps(code, load(kCodebook));
}

/// The scale of a group that leaves least error, among those tried.
struct Fit {
    float gain, scale;
    bool better(const Lane w[2], float tried) {
        const Lane v[2] = {nearest(w[0] / all(tried)), nearest(w[1] / all(tried))};
        const float wv = sum(w[0] * v[0] + w[1] * v[1]), vv = sum(v[0] * v[0] + v[1] * v[1]);
        if (!(wv * wv / vv > gain)) return false;
        *this = {wv * wv / vv, wv / vv};
        return true;
    }
};

}  // namespace

extern "C" {

/// total = x + y (y may be null: then total is not written); normed = total / rms * weight; scale [rows]
/// is what each row of total was multiplied by.
void norm(const float* x, const float* y, const float* weight, float eps, int64_t rows, int64_t size,
          float* total, float* normed, float* scale) {
    for (int64_t r = 0; r < rows; ++r, x += size, normed += size) {
        Lane squares = all(0);
        const float* from = x;
        if (y) {
            for (int64_t i = 0; i < size; i += kLane) {
                const Lane v = load(x + i) + load(y + i);
                store(total + i, v);
                squares = _mm512_fmadd_ps(v, v, squares);
            }
            from = total;
            y += size, total += size;
        } else {
            for (int64_t i = 0; i < size; i += kLane)
                squares = _mm512_fmadd_ps(load(x + i), load(x + i), squares);
        }
        scale[r] = 1.0f / std::sqrt(sum(squares) / size + eps);
        for (int64_t i = 0; i < size; i += kLane)
            store(normed + i, load(from + i) * all(scale[r]) * load(weight + i));
    }
}

/// d_x = d_total (may be null) + what comes through the norm; d_weight [size] is added to.
void norm_backward(const float* x, const float* weight, const float* scale, const float* d_total,
                   const float* d_normed, int64_t rows, int64_t size, float* d_x, float* d_weight) {
    for (int64_t r = 0; r < rows; ++r, x += size, d_normed += size, d_x += size) {
        const Lane s = all(scale[r]);
        Lane product = all(0);
        for (int64_t i = 0; i < size; i += kLane) {
            const Lane d = load(d_normed + i), turned = load(x + i) * s;
            product = _mm512_fmadd_ps(d * load(weight + i), turned, product);
            store(d_weight + i, _mm512_fmadd_ps(d, turned, load(d_weight + i)));
        }
        const Lane mean = all(sum(product) / size);
        for (int64_t i = 0; i < size; i += kLane) {
            Lane d = s * (load(d_normed + i) * load(weight + i) - load(x + i) * s * mean);
            if (d_total) d += load(d_total + r * size + i);
            store(d_x + i, d);
        }
    }
}

/// x [rows, 2 size], gate beside up, to out [rows, size] = silu(gate) * up.
void swiglu(const float* x, int64_t rows, int64_t size, float* out) {
    for (int64_t r = 0; r < rows; ++r, x += 2 * size, out += size)
        for (int64_t i = 0; i < size; i += kLane) {
            const Lane gate = load(x + i);
            store(out + i, gate * load(x + size + i) / (all(1) + exponential(-gate)));
        }
}

void swiglu_backward(const float* x, const float* d_out, int64_t rows, int64_t size, float* d_x) {
    for (int64_t r = 0; r < rows; ++r, x += 2 * size, d_x += 2 * size, d_out += size)
        for (int64_t i = 0; i < size; i += kLane) {
            const Lane gate = load(x + i), d = load(d_out + i);
            const Lane open = all(1) / (all(1) + exponential(-gate));
            store(d_x + i, d * load(x + size + i) * open * (all(1) + gate * (all(1) - open)));
            store(d_x + size + i, d * gate * open);
        }
}

/// The mean loss; logits [rows, size] become its gradient. What is near one is never subtracted from one, so
/// that rows already well learnt keep exact gradients.
double cross_entropy(float* logits, const int64_t* targets, int64_t rows, int64_t size) {
    double loss = 0;
    for (int64_t r = 0; r < rows; ++r, logits += size) {
        Lane most = load(logits);
        for (int64_t i = kLane; i < size; i += kLane) most = _mm512_max_ps(most, load(logits + i));
        const float highest = _mm512_reduce_max_ps(most), right = logits[targets[r]];
        logits[targets[r]] = highest - 200;  // its exponential is zero
        Lane wrong = all(0);
        for (int64_t i = 0; i < size; i += kLane) {
            const Lane e = exponential(load(logits + i) - all(highest));
            wrong += e;
            store(logits + i, e);
        }
        const double others = sum(wrong), own = std::exp(double(right) - highest);
        loss += right == highest ? std::log1p(others) : std::log(others + own) + highest - right;
        const double share = 1 / ((others + own) * rows);
        for (int64_t i = 0; i < size; i += kLane) store(logits + i, load(logits + i) * all(float(share)));
        logits[targets[r]] = float(-others * share);
    }
    return loss / rows;
}

/// What 4 bits a weight leave: groups of 32, the search of kernels/quantise.cpp. size is a multiple of 32.
void round_to_int4(const float* from, int64_t size, float* to) {
    for (int64_t i = 0; i < size; i += 2 * kLane, from += 2 * kLane, to += 2 * kLane) {
        const Lane x[2] = {load(from), load(from + kLane)};
        const float high = _mm512_reduce_max_ps(_mm512_max_ps(x[0], x[1]));
        const float low = _mm512_reduce_min_ps(_mm512_min_ps(x[0], x[1]));
        const float top = -low > high ? low : high;
        if (!(std::fabs(top) >= 1e-34f)) {
            store(to, all(0)), store(to + kLane, all(0));
            continue;
        }
        const Lane w[2] = {x[0] / all(top), x[1] / all(top)};
        Fit best{-1, 0};
        for (const float reach : {0.90f, 0.97f, 1.05f, 1.14f, 1.24f, 1.36f})
            for (const int end : {15, 0}) best.better(w, 1 / (kCodebook[end] * reach));
        for (int again = 0; again < 2 && best.better(w, best.scale); ++again) {}
        float scale = best.scale * top;
        uint32_t bits;
        std::memcpy(&bits, &scale, 4);
        bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;  // bf16
        std::memcpy(&scale, &bits, 4);
        store(to, nearest(x[0] / all(scale)) * all(scale));
        store(to + kLane, nearest(x[1] / all(scale)) * all(scale));
    }
}
}
