// Attention over groups (batches.py) for training, forward and backward, for one thread and AVX-512: factors of
// products rounded to bfloat16, sums and exponentials in float32; tiles.h multiplies.
// fused.py compiles and wraps this. Matrices are row-major.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "lanes.h"
#include "tiles.h"

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

using Half = uint16_t;  // a bfloat16
using Pair = uint32_t;  // two of them that are terms of one sum, the first in the lower half

constexpr int kTile = 16;     // rows of a tile, and columns of a tile of sums
constexpr int kDeep = 32;     // terms that a tile of a factor holds
constexpr int kQueries = 64;  // rows of scores at once: heads that share keys, times tokens

inline int rounded(int n, int to) { return (n + to - 1) / to * to; }

/// The lanes of columns [column, column + 16) that lie before `end`.
inline __mmask16 before(int end, int column) {
    const int count = std::clamp(end - column, 0, kLane);
    return static_cast<__mmask16>((1u << count) - 1);
}

/// Sums [32, 32] at `out`: `deep` tiles of terms, and what is there already with `more`.
inline void block(const Half* a, int64_t a_step, const Pair* b, int64_t b_step, int deep, float* out, int64_t step,
                  bool more) {
    const TilePath left{a, a_step * int64_t{sizeof(Half)}, kDeep, kTile * a_step};
    const TilePath right{reinterpret_cast<const Half*>(b), b_step * int64_t{sizeof(Pair)}, kDeep * b_step, 2 * kTile};
    add_tiles(left, right, deep, out, step, more);
}

/// Sixteen numbers rounded to bfloat16, each in the lower half of its lane.
inline __m512i halves(Lane x) {
    const __m512i bits = __m512i(x), odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    return _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
}

inline void store_halves(Half* to, Lane x) {
#if defined(__AVX512BF16__)
    const __m256i rounded = __m256i(_mm512_cvtneps_pbh(x));
#else
    const __m256i rounded = _mm512_cvtepi32_epi16(halves(x));
#endif
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), rounded);
}

inline void store_pairs(Pair* to, Lane first, Lane second) {
    _mm512_storeu_si512(to, _mm512_or_si512(halves(first), _mm512_slli_epi32(halves(second), 16)));
}

/// e^x to 1e-4 of itself, which is less than rounding to bfloat16 takes: 2^n times a cubic
/// near 2^f, |f| <= 1/2, exact at 0.
inline Lane roughly_exponential(Lane x) {
    const Lane y = x * all(1.44269504f), n = _mm512_roundscale_ps(y, _MM_FROUND_TO_NEAREST_INT), f = y - n;
    Lane power = _mm512_fmadd_ps(all(0.0550078f), f, all(0.2422083f));
    power = _mm512_fmadd_ps(power, f, all(0.6932828f));
    return _mm512_scalef_ps(_mm512_fmadd_ps(power, f, all(1.0f)), n);
}

/// A factor with its terms along a row, [rows, step], and one with pairs of terms along a column, [terms / 2, step].
struct Left {
    const Half* data;
    int64_t step;
};
struct Right {
    const Pair* data;
    int64_t step;
};

/// out [rows, columns] = (with `more` +=) a times b. All three sizes are multiples of 32.
void multiply(Left a, Right b, int rows, int columns, int terms, float* out, int64_t step, bool more = false) {
    for (int c = 0; c < columns; c += 2 * kTile)
        for (int r = 0; r < rows; r += 2 * kTile)
            block(a.data + r * a.step, a.step, b.data + c, b.step, terms / kDeep, out + r * step + c, step, more);
}

/// Zeroed numbers at an address that is a multiple of a cache line.
template <typename T>
class Buffer {
public:
    explicit Buffer(size_t count) {
        const size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
        data_.reset(static_cast<T*>(std::aligned_alloc(64, bytes)));
        std::memset(data_.get(), 0, bytes);
    }
    operator T*() const { return data_.get(); }

private:
    struct Free {
        void operator()(T* p) const { std::free(p); }
    };
    std::unique_ptr<T, Free> data_;
};

/// Attention of one list and its requests after the other, for one key head at a time. A panel holds the
/// keys and values of the list, and behind them those of the request whose turn it is.
template <int D>
class Groups {
public:
    explicit Groups(const Attention& a)
        : a_(a),
          shared_(a.heads / a.kv_heads),
          step_(panel_size(a)),
          keys_(size_t(step_) / 2 * D),
          values_(size_t(step_) / 2 * D),
          keys_across_(size_t(step_) * D / 2),
          values_across_(size_t(step_) * D / 2),
          d_keys_(size_t(step_) * D),
          d_values_(size_t(step_) * D),
          scores_(size_t(step_) * kQueries),
          d_scores_(size_t(step_) * kQueries),
          rows_(size_t(step_) * kQueries),
          pairs_(size_t(step_) * kQueries / 2),
          d_pairs_(size_t(step_) * kQueries / 2),
          queries_(kQueries * D),
          queries_across_(kQueries * D),
          d_out_(kQueries * D),
          d_out_across_(kQueries * D),
          out_(kQueries * D) {}

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
        return rounded(list + request, kDeep) + kDeep;
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
            const float* value = a_.v + token * a_.kv_step + head_ * D;
            alignas(64) float key[D];
            alignas(64) Half rounded_key[D], rounded_value[D];
            turn(a_.k + token * a_.kv_step + head_ * D, token, 1.0f, key);
            for (int d = 0; d < D; d += kLane) {
                const Lane k = load(key + d), v = load(value + d);
                place_half(keys_ + size_t(at / 2) * D + d, k, at % 2);
                place_half(values_ + size_t(at / 2) * D + d, v, at % 2);
                store_halves(rounded_key + d, k), store_halves(rounded_value + d, v);
            }
            place_across(rounded_key, keys_across_ + at);
            if (backward) place_across(rounded_value, values_across_ + at);
        }
        if (!backward) return;
        // Up to the end of the last tile: those behind the span get sums of zeros.
        const size_t bytes = size_t(rounded(base + length(span), kDeep) - base) * sizeof(float);
        for (int d = 0; d < D; ++d) {
            std::memset(d_keys_ + size_t(d) * step_ + base, 0, bytes);
            std::memset(d_values_ + size_t(d) * step_ + base, 0, bytes);
        }
    }

    /// Sixteen numbers into the first or the second of sixteen pairs.
    static void place_half(Pair* to, Lane x, int second) {
        const __m512i lower = halves(x), other = _mm512_set1_epi32(second ? 0xffff : int(0xffff0000));
        const __m512i kept = _mm512_and_si512(_mm512_loadu_si512(to), other);
        _mm512_storeu_si512(to, _mm512_or_si512(kept, second ? _mm512_slli_epi32(lower, 16) : lower));
    }

    void place_across(const Half* from, Pair* to) const {
        for (int d = 0; d < D / 2; ++d) std::memcpy(to + size_t(d) * step_, from + 2 * d, sizeof(Pair));
    }

    /// Rotary position: halves of x rotated by the token's angles, times `scale`.
    void turn(const float* x, int token, float scale, float* out) const {
        const float *cosine = a_.cosine + size_t(token) * (D / 2), *sine = a_.sine + size_t(token) * (D / 2);
        for (int d = 0; d < D / 2; d += kLane) {
            const Lane c = load(cosine + d), s = load(sine + d), low = load(x + d), high = load(x + d + D / 2);
            store(out + d, (low * c - high * s) * all(scale));
            store(out + d + D / 2, (high * c + low * s) * all(scale));
        }
    }

    /// The gradient before turn(), from the one behind it.
    void turn_back(const float* x, int token, float scale, float* out) const {
        const float *cosine = a_.cosine + size_t(token) * (D / 2), *sine = a_.sine + size_t(token) * (D / 2);
        for (int d = 0; d < D / 2; d += kLane) {
            const Lane c = load(cosine + d), s = load(sine + d), low = load(x + d), high = load(x + d + D / 2);
            store(out + d, (low * c + high * s) * all(scale));
            store(out + d + D / 2, (high * c - low * s) * all(scale));
        }
    }

    void take_gradients(int span, int base) {
        for (int i = 0; i < length(span); ++i) {
            const int token = start(span) + i;
            const int64_t to = token * a_.kv_step + head_ * D;
            alignas(64) float key[D];
            for (int d = 0; d < D; ++d) {
                key[d] = d_keys_[size_t(d) * step_ + base + i];
                a_.d_v[to + d] = d_values_[size_t(d) * step_ + base + i];
            }
            turn_back(key, token, 1.0f, a_.d_k + to);
        }
    }

    float scale() const { return 1.0f / std::sqrt(float(D)); }
    /// Where row r of a block of queries from q on lies in [queries, heads].
    int64_t query(int q, int r) const { return q + r / shared_; }
    int head(int r) const { return head_ * shared_ + r % shared_; }
    int64_t place_of(int q, int r) const { return (query(q, r) * a_.heads + head(r)) * D; }
    /// How many keys row r sees; none in rows behind the block's.
    int end(int q, int r, int rows, int shift) const { return r < rows ? a_.row[query(q, r)] + shift + 1 : 0; }

    /// Row r of a factor, and the same as column r.
    static void take_row(const float* from, int r, Half* rows, Half* across) {
        for (int d = 0; d < D; d += kLane) store_halves(rows + size_t(r) * D + d, load(from + d));
        if (across)
            for (int d = 0; d < D; ++d) across[size_t(d) * kQueries + r] = rows[size_t(r) * D + d];
    }

    /// Queries and their scores; how many keys are wanted, in whole tiles.
    int ask(int q, int count, int shift, bool backward) {
        const int rows = count * shared_, padded = rounded(rows, kDeep);
        const int columns = rounded(a_.row[q + count - 1] + shift + 1, kDeep);
        alignas(64) float turned[D] = {};
        for (int r = 0; r < padded; ++r) {
            if (r < rows)
                turn(a_.q + query(q, r) * a_.q_step + head(r) * D, a_.row[query(q, r)], scale(), turned);
            else
                std::memset(turned, 0, sizeof turned);
            take_row(turned, r, queries_, backward ? static_cast<Half*>(queries_across_) : nullptr);
        }
        multiply({queries_, D}, {keys_across_, step_}, padded, columns, D, scores_, step_);
        return columns;
    }

    /// A token t of the span sees the first t + shift + 1 keys of the panel.
    void block_forward(int q, int count, int shift) {
        const int rows = count * shared_, columns = ask(q, count, shift, false);
        float factors[kQueries];
        for (int r = 0; r < rows; ++r) {
            const int seen = end(q, r, rows, shift);
            const float* scores = scores_ + size_t(r) * step_;
            Half* to = rows_ + size_t(r) * step_;
            Lane most = all(-1e30f);
            for (int c = 0; c < seen; c += kLane)
                most = _mm512_mask_max_ps(most, before(seen, c), most, load(scores + c));
            const float highest = _mm512_reduce_max_ps(most);
            Lane total = all(0);
            int c = 0;
            for (; c < seen; c += kLane) {
                const Lane e = roughly_exponential(load(scores + c) - all(highest));
                const Lane kept = _mm512_maskz_mov_ps(before(seen, c), e);
                total += kept;
                store_halves(to + c, kept);
            }
            if (c < columns) std::memset(to + c, 0, (columns - c) * sizeof(Half));
            factors[r] = 1.0f / sum(total);
            a_.weight[query(q, r) * a_.heads + head(r)] = highest + std::log(sum(total));
        }
        multiply({rows_, step_}, {values_, D}, rounded(rows, kDeep), D, columns, out_, D);
        for (int r = 0; r < rows; ++r)
            for (int d = 0; d < D; ++d) a_.out[place_of(q, r) + d] = out_[r * D + d] * factors[r];
    }

    /// What one row of a block adds to the gradients, sixteen keys at a time.
    struct Row {
        const float *scores, *d_scores;
        Half* to;
        int end;
        Lane weight, mean;

        void at(int c, Lane& p, Lane& d) const {
            const __mmask16 mask = before(end, c);
            p = _mm512_maskz_mov_ps(mask, roughly_exponential(load(scores + c) - weight));
            d = _mm512_maskz_mov_ps(mask, p * (load(d_scores + c) - mean));
            store_halves(to + c, d);
        }
    };

    Row row(int q, int r, int rows, int shift) const {
        Row out{scores_ + size_t(r) * step_, d_scores_ + size_t(r) * step_, rows_ + size_t(r) * step_,
                end(q, r, rows, shift), all(0), all(0)};
        if (r >= rows) return out;
        out.weight = all(a_.weight[query(q, r) * a_.heads + head(r)]);
        out.mean = all(along(a_.out + place_of(q, r), a_.d_out + place_of(q, r)));
        return out;
    }

    void block_backward(int q, int count, int shift) {
        const int rows = count * shared_, padded = rounded(rows, kDeep), columns = ask(q, count, shift, true);
        alignas(64) static constexpr float kNothing[D] = {};
        for (int r = 0; r < padded; ++r)
            take_row(r < rows ? a_.d_out + place_of(q, r) : kNothing, r, d_out_, d_out_across_);
        multiply({d_out_, D}, {values_across_, step_}, padded, columns, D, d_scores_, step_);
        for (int r = 0; r < padded; r += 2) {
            const Row one = row(q, r, rows, shift), other = row(q, r + 1, rows, shift);
            Pair *pairs = pairs_ + size_t(r / 2) * step_, *d_pairs = d_pairs_ + size_t(r / 2) * step_;
            for (int c = 0; c < columns; c += kLane) {
                Lane p, p2, d, d2;
                one.at(c, p, d), other.at(c, p2, d2);
                store_pairs(pairs + c, p, p2), store_pairs(d_pairs + c, d, d2);
            }
        }
        multiply({d_out_across_, kQueries}, {pairs_, step_}, D, columns, padded, d_values_, step_, true);
        multiply({queries_across_, kQueries}, {d_pairs_, step_}, D, columns, padded, d_keys_, step_, true);
        multiply({rows_, step_}, {keys_, D}, padded, D, columns, out_, D);
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
    const int shared_, step_;  // query heads of a key head; keys from row to row of what has a column for each
    int head_ = 0;
    Buffer<Pair> keys_, values_, keys_across_, values_across_;
    Buffer<float> d_keys_, d_values_, scores_, d_scores_;  // gradients [D, step], scores [queries, step]
    Buffer<Half> rows_;                                    // of the last factor with a row for each query
    Buffer<Pair> pairs_, d_pairs_;
    Buffer<Half> queries_, queries_across_, d_out_, d_out_across_;
    Buffer<float> out_;
};

void attend(const Attention& a, bool backward) {
    const Tiles tiles;
    if (a.head_dim == 32)
        Groups<32>(a).run(backward);
    else
        Groups<64>(a).run(backward);
}

}  // namespace

extern "C" {

int32_t attention_ready() { return tiles_allowed(); }

void attention(const Attention* a) { attend(*a, false); }

void attention_backward(const Attention* a) { attend(*a, true); }
}
