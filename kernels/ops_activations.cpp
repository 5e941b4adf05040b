// Filling Activations: rows of floats to int8 groups, floats, or both.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/ops_internal.h"

namespace cactus::kernels {

void reserve(Activations& a, std::int64_t count, std::int64_t cols) {
  a.count = count;
  a.cols = cols;
  if (a.want_q8) {
    a.q.reserve(count * a.padded());
    a.scale.reserve(count * a.groups());
    a.bias.reserve(count * a.groups());
  }
  if (a.want_f32) a.f.reserve(count * a.padded());
}

void store_groups(const Exec& e, Activations& a, std::int64_t t, std::int64_t first_group,
                  std::int64_t groups, const float* x) {
  const std::int64_t at = t * a.padded() + first_group * kGroup;
  const std::int64_t g = t * a.groups() + first_group;
  if (a.want_q8)
    e.table.quantize_groups(x, groups, a.q.data() + at, a.scale.data() + g, a.bias.data() + g);
  if (a.want_f32 && x != a.f.data() + at)
    std::memcpy(a.f.data() + at, x, static_cast<std::size_t>(groups * kGroup) * sizeof(float));
}

namespace {

// Calls fill(x, y) for each row, y [padded] with zeros behind cols, and stores it.
template <class Fill>
void set(Exec& e, Activations& out, const float* x, std::int64_t count, std::int64_t cols,
         std::int64_t ldx, Fill fill) {
  reserve(out, count, cols);
  const std::int64_t grain = std::max<std::int64_t>(1, 8192 / std::max<std::int64_t>(1, cols));
  e.pool.run(count, grain, [&](std::int64_t begin, std::int64_t end, int worker) {
    for (std::int64_t t = begin; t < end; ++t) {
      float* y = out.want_f32 ? out.f.data() + t * out.padded()
                              : e.scratch->worker(worker).row.reserve(out.padded());
      fill(x + t * ldx, y);
      std::fill(y + cols, y + out.padded(), 0.0F);
      store_groups(e, out, t, 0, out.groups(), y);
    }
  });
}

}  // namespace

void set_rows(Exec& e, Activations& out, const float* x, std::int64_t count, std::int64_t cols,
              std::int64_t ldx) {
  set(e, out, x, count, cols, ldx, [&](const float* from, float* y) {
    std::memcpy(y, from, static_cast<std::size_t>(cols) * sizeof(float));
  });
}

void set_rms_norm(Exec& e, Activations& out, const float* x, std::int64_t count, std::int64_t cols,
                  std::int64_t ldx, const float* w, float eps) {
  set(e, out, x, count, cols, ldx, [&](const float* from, float* y) {
    const float mean = e.table.sum_squares(from, cols) / static_cast<float>(cols);
    e.table.scale_mul(from, 1.0F / std::sqrt(mean + eps), w, cols, y);
  });
}

}  // namespace cactus::kernels
