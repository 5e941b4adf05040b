// What the kernel tests share: every instruction set this CPU has, random numbers, buffers.
//
// To test a new entry of the table: one TEST_CASE that calls for_each_isa and compares t.entry with
// ref.entry over the sizes that matter (tails!), see rows_test.cpp.
#pragma once
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kernels/dispatch.h"
#include "kernels/types.h"
#include "tests/support/catch.h"

namespace cactus::kernels::test {

inline const Table& table_of(std::string_view name) {
  const Selection s = select_table(name);
  REQUIRE(s.table != nullptr);
  return *s.table;
}

#if defined(CACTUS_TEST_VNNI256)
void fill_vnni256(Table& t);
// avxvnni as avx512vnni CPUs can run it, or null.
inline const Table* vnni256() {
  static Table table = [] {
    Table t = table_of("avx2");
    fill_vnni256(t);
    t.name = "avxvnni (EVEX)";
    return t;
  }();
  return &table;
}
#endif

// fn(reference, table) for each instruction set but scalar itself; `scalar_too` includes it.
template <class Fn>
void for_each_isa(Fn fn, bool scalar_too = false) {
  const Table& reference = table_of("scalar");
  for (const std::string_view name : available_isas()) {
    if (name == "scalar" && !scalar_too) continue;
    INFO("instruction set " << name);
    fn(reference, table_of(name));
#if defined(CACTUS_TEST_VNNI256)
    if (name == "avx512vnni") fn(reference, *vnni256());
#endif
  }
}

class Random {
 public:
  explicit Random(std::uint32_t seed = 1) : engine_(seed) {}
  float normal() { return normal_(engine_); }
  std::int64_t below(std::int64_t n) {
    return std::uniform_int_distribution<std::int64_t>(0, n - 1)(engine_);
  }
  std::vector<float> floats(std::int64_t n, float sigma = 1) {
    std::vector<float> v(static_cast<std::size_t>(n));
    for (float& x : v) x = sigma * normal();
    return v;
  }

 private:
  std::mt19937 engine_;
  std::normal_distribution<float> normal_;
};

// Aligned memory with a guard behind it: guard_intact() is false when somebody wrote past the end.
template <class T>
class Guarded {
 public:
  explicit Guarded(std::int64_t n) : n_(n), p_(buffer_.reserve(n + kGuard)) {
    for (std::int64_t i = 0; i < n + kGuard; ++i) p_[i] = kMark;
  }
  T* data() { return p_; }
  T& operator[](std::int64_t i) { return p_[i]; }
  std::int64_t size() const { return n_; }
  bool guard_intact() const {
    for (std::int64_t i = n_; i < n_ + kGuard; ++i)
      if (p_[i] != kMark) return false;
    return true;
  }

 private:
  static constexpr std::int64_t kGuard = 64;
  static constexpr T kMark = 77;
  std::int64_t n_;
  Buffer<T> buffer_;
  T* p_;
};

// Fails unless |a - b| ≤ absolute + relative·|b|; NaN equals NaN.
inline bool close(double a, double b, double relative, double absolute = 0) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  return std::fabs(a - b) <= absolute + relative * std::fabs(b);
}

inline const std::vector<std::int64_t>& sizes() {
  static const std::vector<std::int64_t> v = {0,  1,  2,  3,  5,  7,  8,  9,   15,  16,  17,  31,
                                              32, 33, 47, 63, 64, 65, 96, 127, 256, 511, 1000};
  return v;
}

}  // namespace cactus::kernels::test
