#include "engine/layers/rope.h"

#include <algorithm>
#include <cmath>

namespace cactus {

std::vector<float> rope_frequencies(std::int64_t dim, double theta) {
  return rope_frequencies_proportional(dim, theta, 1);
}

std::vector<float> rope_frequencies_proportional(std::int64_t dim, double theta, double factor) {
  std::vector<float> f(static_cast<std::size_t>(dim / 2), 0.0f);
  const auto turning = static_cast<std::size_t>(factor * static_cast<double>(dim) / 2);
  for (std::size_t j = 0; j < std::min(turning, f.size()); ++j) {
    f[j] =
        static_cast<float>(std::pow(theta, -2 * static_cast<double>(j) / static_cast<double>(dim)));
  }
  return f;
}

}  // namespace cactus
