// What kernels compute on: weight matrices in the bundle's own layout, rows of activations, views
// of a KV cache. Plain data; nothing here owns memory unless it says so.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/layout.h"

namespace cactus::kernels {

enum class Type : std::uint8_t { f32 = 0, f16 = 1, bf16 = 2, q8 = 3, q4 = 4 };

inline constexpr std::int64_t groups_of(std::int64_t cols) {
  return (cols + kGroup - 1) / kGroup;
}

// How a matrix [rows, cols] lies in memory. Little-endian, everything 64-byte aligned.
//
// `rows`: row after row.
//   f32, f16, bf16: `cols` elements.
//   q4: G = groups_of(cols) scales (bf16), then G blocks of 16 bytes; byte j of block g holds the
//       code of column 32g+j in its low half and of column 32g+16+j in its high half.
//   q8: G scales (bf16), then G blocks of 32 signed bytes.
//   For tables that are read a row at a time (embeddings that no matmul reads).
//
// `tiles` (q4 and q8 only): tile t holds rows 16t … 16t+15 (missing rows have scale 0):
//   scales  G × 16 bf16, scale[g][r], padded to a multiple of 64 bytes; then for each group g
//   q4: 256 bytes: for v = 0…3, r = 0…15, j = 0…3: byte 64v+4r+j holds the code of
//       (row 16t+r, column 32g+8v+j) in its low half and of column 32g+8v+4+j in its high half.
//   q8: 512 bytes: for v = 0…7, r, j: byte 64v+4r+j is the value of column 32g+4v+j.
//   A 64-byte line is thus 16 rows × 4 columns: one AVX-512 register, two of AVX2, four of NEON,
//   for a dot-product instruction with four columns of activations broadcast to all lanes.
//
// A weight is scale × value (q4 scales may be negative); the value of a q4 code is
// kCodebook[code], of q8 the byte itself, never -128.
// Columns from `cols` to 32·G have undefined codes and meet activations that are 0.
enum class Layout : std::uint8_t { rows = 0, tiles = 1 };

struct Matrix {
  const void* data = nullptr;  // aligned to kAlignment
  Type type = Type::f32;
  Layout layout = Layout::rows;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
};

// Bytes of one stored row (`rows`) or of one tile of 16 rows (`tiles`), and of the whole matrix.
std::int64_t stride_bytes(Type type, Layout layout, std::int64_t cols);
std::int64_t matrix_bytes(Type type, Layout layout, std::int64_t rows, std::int64_t cols);

// Memory aligned to kAlignment that grows and never shrinks; contents are lost when it grows.
template <class T>
class Buffer {
 public:
  T* reserve(std::int64_t n) {
    if (n > capacity_) {
      raw_.assign(static_cast<std::size_t>(n) * sizeof(T) + kAlignment, std::byte{0});
      const auto address = reinterpret_cast<std::uintptr_t>(raw_.data());
      data_ = reinterpret_cast<T*>((address + kAlignment - 1) / kAlignment * kAlignment);
      capacity_ = n;
    }
    return data_;
  }
  T* data() { return data_; }
  const T* data() const { return data_; }
  Buffer() = default;
  Buffer(Buffer&&) = default;
  Buffer& operator=(Buffer&&) = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

 private:
  std::vector<std::byte> raw_;
  T* data_ = nullptr;
  std::int64_t capacity_ = 0;
};

// The right-hand side of matmuls: `count` rows of `cols` features, as int8 with a scale for each
// group of 32 (for q4 and q8 weights), as float (for float weights and for the exact path), or as
// both. Filled by ops.h; reused from call to call without allocation.
struct Activations {
  bool want_q8 = true;  // set by the owner before filling
  bool want_f32 = false;
  std::int64_t count = 0;
  std::int64_t cols = 0;
  Buffer<std::int8_t> q;      // [count, 32·G], zero beyond cols
  Buffer<float> scale;        // [count, G]: value = scale × q
  Buffer<std::int32_t> bias;  // [count, G]: -128 × the sum of the group's q, where kernels whose
                              // weights are offset by 128 (to be unsigned) start counting
  Buffer<float> f;            // [count, 32·G] row-major, zero beyond cols
  std::int64_t groups() const { return groups_of(cols); }
  std::int64_t padded() const { return groups() * kGroup; }
};

// Keys and values of one layer as attention reads them. A position p lives in slot p % slots.
// k and v are [slots, kv_heads, head_dim] of `type` (f32, f16 or q8); q8 has one float scale for
// each slot and head: [slots, kv_heads].
struct KvView {
  void* k = nullptr;
  void* v = nullptr;
  float* k_scale = nullptr;
  float* v_scale = nullptr;
  Type type = Type::q8;
  std::int64_t slots = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
};

}  // namespace cactus::kernels
