// Matrix products for training on processors with AMX or dot products of bfloat16 (AVX-512): factors rounded to
// bfloat16, sums in float32, one thread. products.py compiles and wraps this. Sizes are free; matrices are row-major, and edges read as zeros.

#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "tiles.h"

namespace {

constexpr int kSide = 16;             // rows of a tile; columns of a tile of sums
constexpr int kDeep = 32;             // terms of a product that one instruction adds
constexpr int kTile = kSide * kDeep;  // bfloat16 in a tile
constexpr int kBlock = 2 * kSide;     // rows and columns of sums that the eight tiles work on together
constexpr int64_t kTerms = 512;       // terms read in one go, at least
constexpr int64_t kCached = 1 << 19;  // bfloat16 of a factor that stay in the second cache

using Bits = __m512i;  // 16 pairs of bfloat16

struct Free {
    void operator()(void* p) const { std::free(p); }
};
using Packed = std::unique_ptr<uint16_t, Free>;

Packed packed(size_t tiles) {
    return Packed(static_cast<uint16_t*>(std::aligned_alloc(64, tiles * kTile * sizeof(uint16_t))));
}

/// A factor: `terms` of each of `count` rows or columns of sums. It lies [count, terms], or across: [terms, count].
struct Factor {
    const float* data;
    int64_t count, terms, step;
    bool across;
};

inline __mmask16 within(int64_t count) {
    return static_cast<__mmask16>((1u << std::clamp<int64_t>(count, 0, 16)) - 1);
}

/// 16 x 16 pairs, transposed.
inline void transpose(Bits x[16]) {
    Bits y[16];
    for (int i = 0; i < 16; i += 4) {
        const Bits a = _mm512_unpacklo_epi32(x[i], x[i + 1]), b = _mm512_unpackhi_epi32(x[i], x[i + 1]);
        const Bits c = _mm512_unpacklo_epi32(x[i + 2], x[i + 3]), d = _mm512_unpackhi_epi32(x[i + 2], x[i + 3]);
        y[i] = _mm512_unpacklo_epi64(a, c), y[i + 1] = _mm512_unpackhi_epi64(a, c);
        y[i + 2] = _mm512_unpacklo_epi64(b, d), y[i + 3] = _mm512_unpackhi_epi64(b, d);
    }
    for (int i = 0; i < 4; ++i) {
        const Bits a = _mm512_shuffle_i32x4(y[i], y[i + 4], 0x88), b = _mm512_shuffle_i32x4(y[i], y[i + 4], 0xdd);
        const Bits c = _mm512_shuffle_i32x4(y[i + 8], y[i + 12], 0x88);
        const Bits d = _mm512_shuffle_i32x4(y[i + 8], y[i + 12], 0xdd);
        x[i] = _mm512_shuffle_i32x4(a, c, 0x88), x[i + 8] = _mm512_shuffle_i32x4(a, c, 0xdd);
        x[i + 4] = _mm512_shuffle_i32x4(b, d, 0x88), x[i + 12] = _mm512_shuffle_i32x4(b, d, 0xdd);
    }
}

/// Terms [k, k + 32) of rows [r, r + 16), a row of the result for each: sixteen pairs of terms.
inline void read_along(const Factor& f, int64_t r, int64_t k, Bits out[16]) {
    const __mmask16 low = within(f.terms - k), high = within(f.terms - k - 16);
    for (int i = 0; i < 16; ++i) {
        if (r + i >= f.count) {
            out[i] = _mm512_setzero_si512();
            continue;
        }
        const float* from = f.data + (r + i) * f.step + k;
        const __m512 a = _mm512_maskz_loadu_ps(low, from), b = _mm512_maskz_loadu_ps(high, from + 16);
        out[i] = Bits(_mm512_cvtne2ps_pbh(b, a));
    }
}

/// The same of a factor that lies across, a row of the result for each pair of terms.
inline void read_across(const Factor& f, int64_t r, int64_t k, Bits out[16]) {
    alignas(64) static constexpr uint16_t kZip[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    const Bits zip = _mm512_load_si512(kZip);
    const __mmask16 mask = within(f.count - r);
    for (int i = 0; i < 16; ++i) {
        const int64_t term = k + 2 * i;
        const float* from = f.data + term * f.step + r;
        const __m512 a = _mm512_maskz_loadu_ps(term < f.terms ? mask : 0, from);
        const __m512 b = _mm512_maskz_loadu_ps(term + 1 < f.terms ? mask : 0, from + f.step);
        out[i] = _mm512_permutexvar_epi16(zip, Bits(_mm512_cvtne2ps_pbh(b, a)));
    }
}

/// A tile as the left factor wants it (a row for each row of sums) or as the right one does (for each pair).
inline void pack(const Factor& f, int64_t r, int64_t k, bool right, uint16_t* to) {
    Bits x[16];
    if (f.across)
        read_across(f, r, k, x);
    else
        read_along(f, r, k, x);
    if (f.across != right) transpose(x);
    for (int i = 0; i < 16; ++i) _mm512_store_si512(to + i * kDeep, x[i]);
}

/// Tiles of rows [begin, end) and `deep` times 32 terms: those of 16 rows one after the other by terms.
void pack_rows(const Factor& f, int64_t begin, int64_t end, int64_t k, int64_t deep, bool right, uint16_t* to) {
    const int64_t tiles = (end - begin) / kSide;
    const auto at = [&](int64_t t, int64_t i) {
        pack(f, begin + t * kSide, k + i * kDeep, right, to + (t * deep + i) * kTile);
    };
    if (f.across)  // memory is read line by line
        for (int64_t i = 0; i < deep; ++i)
            for (int64_t t = 0; t < tiles; ++t) at(t, i);
    else
        for (int64_t t = 0; t < tiles; ++t)
            for (int64_t i = 0; i < deep; ++i) at(t, i);
}

/// Rows [r, r + 32) and `deep` times 32 terms of a left factor that lies along, as they lie: `line` bfloat16
/// from row to row.
void round_rows(const Factor& f, int64_t r, int64_t k, int64_t deep, uint16_t* to, int64_t line) {
    for (int64_t i = 0; i < kBlock; ++i, to += line) {
        const int64_t terms = r + i < f.count ? f.terms - k : 0;
        const float* from = f.data + (r + i) * f.step + k;
        for (int64_t x = 0; x < deep * kDeep; x += kDeep) {
            const __m512 a = _mm512_maskz_loadu_ps(within(terms - x), from + x);
            const __m512 b = _mm512_maskz_loadu_ps(within(terms - x - 16), from + x + 16);
            _mm512_store_si512(to + x, Bits(_mm512_cvtne2ps_pbh(b, a)));
        }
    }
}

/// Sums [32, 32] of which `height` rows and `width` columns go to `out`, past the caches if asked.
void place(const float* sums, int64_t height, int64_t width, float* out, int64_t step, bool more, bool past) {
    for (int64_t y = 0; y < height; ++y, sums += kBlock, out += step) {
        if (past) {
            _mm512_stream_ps(out, _mm512_load_ps(sums));
            _mm512_stream_ps(out + 16, _mm512_load_ps(sums + 16));
            continue;
        }
        for (int64_t x = 0; x < width; ++x) out[x] = sums[x] + (more ? out[x] : 0);
    }
}

int64_t rounded(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

}  // namespace

extern "C" {

/// Whether this thread may use AMX's tiles, where it would; the kernel is asked.
int32_t products_ready() {
    return tiles_allowed();
}

/// out [rows, columns] = a times b, of `terms` terms each. a is [rows, terms], or with a_across [terms, rows];
/// b is [terms, columns], or with b_along [columns, terms]; a_step and b_step are floats from row to row.
void product(const float* a, int64_t a_step, int32_t a_across, const float* b, int64_t b_step, int32_t b_along,
             int64_t rows, int64_t columns, int64_t terms, float* out) {
    const Tiles tiles;
    const Factor left{a, rows, terms, a_step, a_across != 0}, right{b, columns, terms, b_step, b_along == 0};
    const int64_t wide = rounded(columns, kBlock);
    const int64_t fit = left.across ? kTerms : std::max<int64_t>(kTerms, kCached / wide / kDeep * kDeep);
    const int64_t pass = std::min(fit, rounded(terms, kDeep)), most = pass / kDeep;
    const int64_t band = left.across ? std::min(rounded(rows, kBlock), kCached / pass / kBlock * kBlock) : kBlock;
    const int64_t line = pass + (left.across ? 0 : kDeep);  // lines of equal place in a page would share few sets
    const Packed b_tiles = packed(wide / kSide * most), a_tiles = packed(band * line / kTile + 1);
    const bool past = terms <= pass && columns % kSide == 0 && rows * columns > kCached && reinterpret_cast<uintptr_t>(out) % 64 == 0;
    alignas(64) float edge[kBlock * kBlock];
    for (int64_t k = 0; k < terms; k += pass) {
        const int64_t deep = rounded(std::min(terms - k, pass), kDeep) / kDeep;
        pack_rows(right, 0, wide, k, deep, true, b_tiles.get());
        for (int64_t r = 0; r < rows; r += kBlock) {
            const int64_t begin = r / band * band;
            if (!left.across)
                round_rows(left, r, k, deep, a_tiles.get(), line);
            else if (r == begin)
                pack_rows(left, r, std::min(r + band, rounded(rows, kBlock)), k, deep, false, a_tiles.get());
            const uint16_t* at = a_tiles.get() + (r - begin) * deep * kDeep;
            const TilePath x = left.across ? TilePath{at, 64, kTile, deep * kTile} : TilePath{at, 2 * line, kDeep, kSide * line};
            for (int64_t c = 0; c < columns; c += kBlock) {
                const TilePath y{b_tiles.get() + c * deep * kDeep, 64, kTile, deep * kTile};
                float* sums = out + r * columns + c;
                const int64_t height = std::min<int64_t>(kBlock, rows - r);
                const int64_t width = std::min<int64_t>(kBlock, columns - c);
                const bool whole = height == kBlock && width == kBlock;
                if (whole && !past) {
                    add_tiles(x, y, deep, sums, columns, k > 0);
                    continue;
                }
                add_tiles(x, y, deep, edge, kBlock, false);
                place(edge, height, width, sums, columns, k > 0, past && width == kBlock);
            }
        }
    }
    if (past) _mm_sfence();
}
}
