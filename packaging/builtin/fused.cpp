// The parts of a training step that PyTorch 1.13 does slowly on processors: attention over groups, RMS norm,
// SwiGLU and cross entropy, each forward and backward, for one thread and AVX-512. fused.py compiles and
// wraps them. All matrices are row-major float32; every size but a number of rows is a multiple of 16.

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

using Lane = __m512;  // 16 floats
constexpr int kLane = 16;

inline Lane load(const float* from) { return _mm512_loadu_ps(from); }
inline void store(float* to, Lane x) { _mm512_storeu_ps(to, x); }
inline Lane all(float x) { return _mm512_set1_ps(x); }
inline float sum(Lane x) { return _mm512_reduce_add_ps(x); }

/// e^x: x = n ln 2 + r with |r| <= ln 2 / 2, then the series of e^r to the sixth power (1.3e-7 relative).
inline Lane exponential(Lane x) {
    const Lane n = _mm512_roundscale_ps(x * all(1.44269504f), _MM_FROUND_TO_NEAREST_INT);
    Lane r = _mm512_fnmadd_ps(n, all(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, all(-2.12194440e-4f), r);
    Lane y = all(1.0f / 720);
    y = _mm512_fmadd_ps(y, r, all(1.0f / 120));
    y = _mm512_fmadd_ps(y, r, all(1.0f / 24));
    y = _mm512_fmadd_ps(y, r, all(1.0f / 6));
    y = _mm512_fmadd_ps(y, r, all(0.5f));
    y = _mm512_fmadd_ps(y, r, all(1.0f));
    y = _mm512_fmadd_ps(y, r, all(1.0f));
    return _mm512_scalef_ps(y, n);
}

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

/// The lanes of columns [column, column + 16) that lie before `end`.
inline __mmask16 before(int end, int column) {
    const int count = std::clamp(end - column, 0, kLane);
    return static_cast<__mmask16>((1u << count) - 1);
}

inline int rounded(int n, int to) { return (n + to - 1) / to * to; }

/// Zeroed floats at an address that is a multiple of a cache line.
class Buffer {
public:
    explicit Buffer(size_t count) {
        const size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
        data_.reset(static_cast<float*>(std::aligned_alloc(64, bytes)));
        std::memset(data_.get(), 0, bytes);
    }
    operator float*() const { return data_.get(); }

private:
    struct Free {
        void operator()(float* p) const { std::free(p); }
    };
    std::unique_ptr<float, Free> data_;
};

}  // namespace

extern "C" {

/// What attention works on; fused.py has the same structure. Of a backward pass all is set, of a forward
/// pass nothing behind `weight`.
struct Attention {
    int32_t spans, heads, kv_heads, head_dim;
    int64_t q_step, kv_step;     // floats from row to row of q (and d_q), of k and v (and d_k, d_v)
    const float *q, *k, *v;      // [queries, heads * head_dim], [tokens, kv_heads * head_dim] twice
    const float *cosine, *sine;  // [tokens, head_dim / 2]
    const int32_t* span;         // [spans, 3]: first token, tokens, owner; a list's owner is -1
    const int32_t* first;        // [spans + 1]: a span's first query
    const int32_t* row;          // [queries]: the token that asks, rising
    float* out;                  // [queries, heads * head_dim]
    float* weight;               // [queries, heads]: logarithm of the sum of the exponentials of scores
    const float* d_out;
    float *d_q, *d_k, *d_v;
};
}

namespace {

constexpr int kQueries = 48;  // rows of scores at once: heads that share keys, times tokens

/// columns [0, 16 WIDTH) of out [ROWS, step] = a [ROWS, D] times b [D, step].
template <int D, int ROWS, int WIDTH>
inline void score_tile(const float* a, const float* b, float* out, int step) {
    Lane sums[ROWS][WIDTH] = {};
    for (int d = 0; d < D; ++d) {
        Lane keys[WIDTH];
#pragma GCC unroll 8
        for (int w = 0; w < WIDTH; ++w) keys[w] = load(b + d * step + w * kLane);
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; ++r) {
            const Lane x = all(a[r * D + d]);
#pragma GCC unroll 8
            for (int w = 0; w < WIDTH; ++w) sums[r][w] = _mm512_fmadd_ps(x, keys[w], sums[r][w]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 8
        for (int w = 0; w < WIDTH; ++w) store(out + r * step + w * kLane, sums[r][w]);
}

template <int D, int WIDTH>
inline void score_columns(const float* a, const float* b, float* out, int rows, int step) {
    int r = 0;
    for (; r + 8 <= rows; r += 8) score_tile<D, 8, WIDTH>(a + r * D, b, out + r * step, step);
    for (; r < rows; r += 4) score_tile<D, 4, WIDTH>(a + r * D, b, out + r * step, step);
}

/// out [rows, step] = a [rows, D] times b [D, step], of which `columns` are wanted. Rows come in fours.
template <int D>
void score(const float* a, const float* b, float* out, int rows, int columns, int step) {
    int c = 0;
    for (; c + 3 * kLane <= columns; c += 3 * kLane) score_columns<D, 3>(a, b + c, out + c, rows, step);
    if (c + 2 * kLane <= columns)
        score_columns<D, 2>(a, b + c, out + c, rows, step);
    else if (c < columns)
        score_columns<D, 1>(a, b + c, out + c, rows, step);
}

/// out [ROWS, D] += w times b [terms, D]; w's rows are `down` floats apart, its columns `along`.
template <int D, int ROWS>
inline __attribute__((always_inline)) void mix_tile(const float* w, int64_t down, int64_t along,
                                                    const float* b, float* out, int terms) {
    constexpr int kWidth = D / kLane;
    Lane sums[ROWS][kWidth];
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 8
        for (int i = 0; i < kWidth; ++i) sums[r][i] = load(out + r * D + i * kLane);
    for (int t = 0; t < terms; ++t) {
        Lane values[kWidth];
#pragma GCC unroll 8
        for (int i = 0; i < kWidth; ++i) values[i] = load(b + t * D + i * kLane);
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; ++r) {
            const Lane x = all(w[r * down + t * along]);
#pragma GCC unroll 8
            for (int i = 0; i < kWidth; ++i) sums[r][i] = _mm512_fmadd_ps(x, values[i], sums[r][i]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 8
        for (int i = 0; i < kWidth; ++i) store(out + r * D + i * kLane, sums[r][i]);
}

template <int D>
constexpr int kTall = D <= 32 ? 8 : 4;  // rows of a tile whose sums fit the registers

/// out [rows, D] += w [rows, step] times b [terms, D]. Rows come in fours.
template <int D>
void mix(const float* w, const float* b, float* out, int rows, int terms, int step) {
    int r = 0;
    for (; r + kTall<D> <= rows; r += kTall<D>)
        mix_tile<D, kTall<D>>(w + r * step, step, 1, b, out + r * D, terms);
    for (; r < rows; r += 4) mix_tile<D, 4>(w + r * step, step, 1, b, out + r * D, terms);
}

/// out [columns, D] += w [terms, step] transposed, times b [terms, D]. Columns come in sixteens.
template <int D>
void mix_across(const float* w, const float* b, float* out, int columns, int terms, int step) {
    for (int c = 0; c < columns; c += kTall<D>)
        mix_tile<D, kTall<D>>(w + c, 1, step, b, out + c * D, terms);
}

/// Attention of one list and its requests after the other, for one key head at a time. A panel holds the
/// keys and values of the list, and behind them those of the request whose turn it is.
template <int D>
class Groups {
public:
    explicit Groups(const Attention& a)
        : a_(a),
          shared_(a.heads / a.kv_heads),
          step_(panel_size(a)),
          keys_(size_t(step_) * D),
          keys_across_(size_t(step_) * D),
          values_(size_t(step_) * D),
          values_across_(size_t(step_) * D),
          d_keys_(size_t(step_) * D),
          d_values_(size_t(step_) * D),
          scores_(size_t(step_) * kQueries),
          d_scores_(size_t(step_) * kQueries),
          queries_(kQueries * D),
          out_(kQueries * D),
          d_out_(kQueries * D) {}

    void run(bool backward) {
        for (int list = 0; list < a_.spans; ++list) {
            if (owner(list) >= 0) continue;
            for (head_ = 0; head_ < a_.kv_heads; ++head_) run_list(list, backward);
        }
    }

private:
    static int panel_size(const Attention& a) {
        int list = 0, request = 0;
        for (int s = 0; s < a.spans; ++s) {
            int& longest = a.span[3 * s + 2] < 0 ? list : request;
            longest = std::max(longest, a.span[3 * s + 1]);
        }
        return rounded(list + request, kLane) + 4 * kLane;
    }

    int start(int span) const { return a_.span[3 * span]; }
    int length(int span) const { return a_.span[3 * span + 1]; }
    int owner(int span) const { return a_.span[3 * span + 2]; }

    void run_list(int list, bool backward) {
        run_span(list, 0, backward);
        for (int s = 0; s < a_.spans; ++s)
            if (owner(s) == list && (backward || a_.first[s] < a_.first[s + 1]))
                run_span(s, length(list), backward);
        if (backward) take_gradients(list, 0);
    }

    /// The panel gets the span's keys behind `base` others, then its queries are answered.
    void run_span(int span, int base, bool backward) {
        place(span, base, backward);
        const int tokens = kQueries / shared_;
        for (int q = a_.first[span]; q < a_.first[span + 1]; q += tokens) {
            const int count = std::min(tokens, a_.first[span + 1] - q);
            if (backward)
                block_backward(q, count, base - start(span));
            else
                block_forward(q, count, base - start(span));
        }
        if (backward && base > 0) take_gradients(span, base);
    }

    void place(int span, int base, bool backward) {
        for (int i = 0; i < length(span); ++i) {
            const int token = start(span) + i, at = base + i;
            float* key = keys_ + size_t(at) * D;
            const float* value = a_.v + token * a_.kv_step + head_ * D;
            turn(a_.k + token * a_.kv_step + head_ * D, token, 1.0f, key);
            std::memcpy(values_ + size_t(at) * D, value, D * sizeof(float));
            for (int d = 0; d < D; ++d) keys_across_[size_t(d) * step_ + at] = key[d];
            if (!backward) continue;
            for (int d = 0; d < D; ++d) values_across_[size_t(d) * step_ + at] = value[d];
        }
        if (!backward) return;
        // Up to the end of the last sixteen: those behind the span get sums of zeros.
        const size_t bytes = size_t(rounded(base + length(span), kLane) - base) * D * sizeof(float);
        std::memset(d_keys_ + size_t(base) * D, 0, bytes);
        std::memset(d_values_ + size_t(base) * D, 0, bytes);
    }

    /// Rotary position: halves of x rotated by the token's angles, times `scale`.
    void turn(const float* x, int token, float scale, float* out) const {
        const float *cosine = a_.cosine + size_t(token) * (D / 2), *sine = a_.sine + size_t(token) * (D / 2);
        for (int d = 0; d < D / 2; ++d) {
            out[d] = (x[d] * cosine[d] - x[d + D / 2] * sine[d]) * scale;
            out[d + D / 2] = (x[d + D / 2] * cosine[d] + x[d] * sine[d]) * scale;
        }
    }

    /// The gradient before turn(), from the one behind it.
    void turn_back(const float* x, int token, float scale, float* out) const {
        const float *cosine = a_.cosine + size_t(token) * (D / 2), *sine = a_.sine + size_t(token) * (D / 2);
        for (int d = 0; d < D / 2; ++d) {
            out[d] = (x[d] * cosine[d] + x[d + D / 2] * sine[d]) * scale;
            out[d + D / 2] = (x[d + D / 2] * cosine[d] - x[d] * sine[d]) * scale;
        }
    }

    void take_gradients(int span, int base) {
        for (int i = 0; i < length(span); ++i) {
            const int token = start(span) + i;
            const int64_t to = token * a_.kv_step + head_ * D;
            turn_back(d_keys_ + size_t(base + i) * D, token, 1.0f, a_.d_k + to);
            std::memcpy(a_.d_v + to, d_values_ + size_t(base + i) * D, D * sizeof(float));
        }
    }

    float scale() const { return 1.0f / std::sqrt(float(D)); }
    /// Where row r of a block of queries from q on lies in [queries, heads].
    int64_t query(int q, int r) const { return q + r / shared_; }
    int head(int r) const { return head_ * shared_ + r % shared_; }
    int64_t place_of(int q, int r) const { return (query(q, r) * a_.heads + head(r)) * D; }

    /// Queries and their scores; how many keys the last of them sees.
    int ask(int q, int count, int shift) {
        const int rows = count * shared_, seen = a_.row[q + count - 1] + shift + 1;
        for (int r = 0; r < rows; ++r)
            turn(a_.q + query(q, r) * a_.q_step + head(r) * D, a_.row[query(q, r)], scale(),
                 queries_ + size_t(r) * D);
        std::memset(queries_ + size_t(rows) * D, 0, (rounded(rows, 4) - rows) * D * sizeof(float));
        score<D>(queries_, keys_across_, scores_, rounded(rows, 4), rounded(seen, kLane),
                 step_);
        return seen;
    }

    /// A token t of the span sees the first t + shift + 1 keys of the panel.
    void block_forward(int q, int count, int shift) {
        const int rows = count * shared_, seen = ask(q, count, shift);
        const int columns = rounded(seen, kLane);
        float factors[kQueries];
        for (int r = 0; r < rows; ++r) {
            const int end = a_.row[query(q, r)] + shift + 1;
            float* scores = scores_ + size_t(r) * step_;
            Lane most = all(-1e30f);
            for (int c = 0; c < columns; c += kLane)
                most = _mm512_mask_max_ps(most, before(end, c), most, load(scores + c));
            const float highest = _mm512_reduce_max_ps(most);
            Lane total = all(0);
            for (int c = 0; c < columns; c += kLane) {
                const Lane e = exponential(load(scores + c) - all(highest));
                const Lane kept = _mm512_maskz_mov_ps(before(end, c), e);
                total += kept;
                store(scores + c, kept);
            }
            factors[r] = 1.0f / sum(total);
            a_.weight[query(q, r) * a_.heads + head(r)] = highest + std::log(sum(total));
        }
        std::memset(out_, 0, kQueries * D * sizeof(float));
        mix<D>(scores_, values_, out_, rounded(rows, 4), seen, step_);
        for (int r = 0; r < rows; ++r)
            for (int d = 0; d < D; ++d) a_.out[place_of(q, r) + d] = out_[r * D + d] * factors[r];
    }

    void block_backward(int q, int count, int shift) {
        const int rows = count * shared_, seen = ask(q, count, shift);
        const int columns = rounded(seen, kLane), padded = rounded(rows, 4);
        for (int r = 0; r < rows; ++r)
            std::memcpy(d_out_ + size_t(r) * D, a_.d_out + place_of(q, r), D * sizeof(float));
        std::memset(d_out_ + size_t(rows) * D, 0, (padded - rows) * D * sizeof(float));
        score<D>(d_out_, values_across_, d_scores_, padded, columns, step_);
        for (int r = 0; r < rows; ++r) {
            const int end = a_.row[query(q, r)] + shift + 1;
            const Lane weight = all(a_.weight[query(q, r) * a_.heads + head(r)]);
            const Lane mean = all(along(a_.out + place_of(q, r), d_out_ + size_t(r) * D));
            float *scores = scores_ + size_t(r) * step_, *d_scores = d_scores_ + size_t(r) * step_;
            for (int c = 0; c < columns; c += kLane) {
                const Lane p = _mm512_maskz_mov_ps(before(end, c), exponential(load(scores + c) - weight));
                store(scores + c, p);
                store(d_scores + c, p * (load(d_scores + c) - mean));
            }
        }
        mix_across<D>(scores_, d_out_, d_values_, columns, rows, step_);
        mix_across<D>(d_scores_, queries_, d_keys_, columns, rows, step_);
        std::memset(out_, 0, kQueries * D * sizeof(float));
        mix<D>(d_scores_, keys_, out_, padded, seen, step_);
        for (int r = 0; r < rows; ++r)
            turn_back(out_ + size_t(r) * D, a_.row[query(q, r)], scale(),
                      a_.d_q + query(q, r) * a_.q_step + head(r) * D);
    }

    static float along(const float* a, const float* b) {
        Lane total = all(0);
        for (int d = 0; d < D; d += kLane) total = _mm512_fmadd_ps(load(a + d), load(b + d), total);
        return sum(total);
    }

    const Attention& a_;
    const int shared_, step_;  // query heads of a key head; floats from row to row of what is transposed
    int head_ = 0;
    Buffer keys_, keys_across_, values_, values_across_, d_keys_, d_values_, scores_, d_scores_;
    Buffer queries_, out_, d_out_;
};

void attend(const Attention& a, bool backward) {
    if (a.head_dim == 32)
        Groups<32>(a).run(backward);
    else
        Groups<64>(a).run(backward);
}

}  // namespace

extern "C" {

void attention(const Attention* a) { attend(*a, false); }

void attention_backward(const Attention* a) { attend(*a, true); }

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
