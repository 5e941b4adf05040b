// AMX: sums of 32 x 32 over tiles of bfloat16, for products.cpp and attention.cpp. Where the compiler may not
// use it, this is empty.

#pragma once

#if defined(__AMX_BF16__)

#include <asm/prctl.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

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

/// Where the tiles of a factor lie: bytes from row to row of one, bfloat16 to the tile of the next 32 terms and
/// to the one beside it, of the next 16 rows or columns of sums. In a right factor a row is 16 pairs of terms.
struct TilePath {
    const uint16_t* at;
    int64_t row, next, beside;
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

#endif
