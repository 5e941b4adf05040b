// Sums of 32 x 32 over tiles of bfloat16, for products.cpp and attention.cpp: by AMX, else by AVX-512 (its dot
// products of bfloat16 where there are any).

#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

/// Where the tiles of a factor lie: bytes from row to row of one, bfloat16 to the tile of the next 32 terms and
/// to the one beside it, of the next 16 rows or columns of sums. In a right factor a row is 16 pairs of terms.
struct TilePath {
    const uint16_t* at;
    int64_t row, next, beside;
};

#if defined(__AMX_BF16__)

#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Whether the kernel lets this process use tiles.
inline bool tiles_allowed() {
    constexpr long kAsk = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, asm/prctl.h of newer kernels
    return syscall(SYS_arch_prctl, kAsk, kTileData) == 0;
}

/// The tiles of this thread, while it exists.
class Tiles {
public:
    Tiles() {
        const Config config;
        _tile_loadconfig(&config);
    }
    ~Tiles() { _tile_release(); }

private:
    struct alignas(64) Config {
        uint8_t palette = 1, start = 0, reserved[14] = {};
        uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
        uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    };
};

/// Sums [32, 32] at `out`, `step` floats from row to row: `deep` tiles of terms, and what is there with `more`.
inline void add_tiles(const TilePath& a, const TilePath& b, int64_t deep, float* out, int64_t step, bool more) {
    const int64_t bytes = step * sizeof(float);
    float* below = out + 16 * step;
    if (more) {
        _tile_loadd(0, out, bytes);
        _tile_loadd(1, out + 16, bytes);
        _tile_loadd(2, below, bytes);
        _tile_loadd(3, below + 16, bytes);
    } else {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    }
    const uint16_t *x = a.at, *y = b.at;
    for (int64_t k = 0; k < deep; ++k, x += a.next, y += b.next) {
        _tile_loadd(4, x, a.row);
        _tile_loadd(6, y, b.row);
        _tile_loadd(5, x + a.beside, a.row);
        _tile_loadd(7, y + b.beside, b.row);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, out, bytes);
    _tile_stored(1, out + 16, bytes);
    _tile_stored(2, below, bytes);
    _tile_stored(3, below + 16, bytes);
}

#else

inline bool tiles_allowed() { return true; }

struct Tiles {
    Tiles() {}
};

/// Sixteen sums and one more product of two terms in each.
inline __m512 add_pairs(__m512 sums, __m512i a, __m512i b) {
#if defined(__AVX512BF16__)
    return _mm512_dpbf16_ps(sums, __m512bh(a), __m512bh(b));
#else
    const __m512i high = _mm512_set1_epi32(int(0xffff0000));
    sums = _mm512_fmadd_ps(__m512(_mm512_slli_epi32(a, 16)), __m512(_mm512_slli_epi32(b, 16)), sums);
    return _mm512_fmadd_ps(__m512(_mm512_and_si512(a, high)), __m512(_mm512_and_si512(b, high)), sums);
#endif
}

/// Eight rows of add_tiles.
inline void add_rows(const char* a, int64_t a_next, int64_t a_row, const TilePath& b, int64_t deep, float* out,
                     int64_t step, bool more) {
    constexpr int kRows = 8, kPairs = 16;
    __m512 sums[kRows][2];
    for (int i = 0; i < kRows; ++i)
        for (int c = 0; c < 2; ++c) sums[i][c] = more ? _mm512_loadu_ps(out + i * step + 16 * c) : _mm512_setzero_ps();
    const uint16_t* tile = b.at;
    for (int64_t k = 0; k < deep; ++k, a += a_next, tile += b.next) {
        for (int pair = 0; pair < kPairs; ++pair) {
            const char* at = reinterpret_cast<const char*>(tile) + pair * b.row;
            const __m512i left = _mm512_loadu_si512(at), right = _mm512_loadu_si512(at + 2 * b.beside);
            for (int i = 0; i < kRows; ++i) {
                int32_t terms;
                std::memcpy(&terms, a + i * a_row + 4 * pair, sizeof terms);
                const __m512i both = _mm512_set1_epi32(terms);
                sums[i][0] = add_pairs(sums[i][0], both, left), sums[i][1] = add_pairs(sums[i][1], both, right);
            }
        }
    }
    for (int i = 0; i < kRows; ++i)
        for (int c = 0; c < 2; ++c) _mm512_storeu_ps(out + i * step + 16 * c, sums[i][c]);
}

/// As above.
inline void add_tiles(const TilePath& a, const TilePath& b, int64_t deep, float* out, int64_t step, bool more) {
    for (int r = 0; r < 32; r += 8) {
        const uint16_t* rows = a.at + r / 16 * a.beside;
        add_rows(reinterpret_cast<const char*>(rows) + r % 16 * a.row, 2 * a.next, a.row, b, deep, out + r * step, step,
                 more);
    }
}

#endif
