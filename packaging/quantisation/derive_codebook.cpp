// Derives kCodebook: the 16 int8 values with the least squared error on Gaussian weights in groups
// of 32 when each group may choose its scale by least squares, of either sign.
//
// Lloyd's algorithm on whole groups. Alternate: (1) with the codebook fixed, each group searches
// its scale and codes; (2) with scales and codes fixed, each value moves to the least-squares mean
// of what it stands for, Σ s·w / Σ s². A negative scale mirrors the codebook, so an asymmetric one
// serves as two: the runs therefore start from codebooks bent to one side by various amounts, and
// the best one wins. Then it is scaled to int8 by the factor whose rounding costs least.
//
//   derive_codebook [groups] [iterations]
#include <cstdio>
#include <cstdlib>

#include "packaging/quantisation/search.h"

using namespace cactus::quantisation;

namespace {

double relative_error(const Codebook& c, const std::vector<float>& w, int steps) {
  double energy = 0, gain = 0;
  for (std::size_t g = 0; g + 32 <= w.size(); g += 32) {
    for (int i = 0; i < 32; ++i)
      energy += double{w[g + static_cast<std::size_t>(i)]} * w[g + static_cast<std::size_t>(i)];
    gain += search(c, &w[g], 32, steps, true).gain;
  }
  return std::sqrt((energy - gain) / energy);
}

void lloyd_step(Codebook& c, const std::vector<float>& w, int steps) {
  std::array<double, 16> num{}, den{};
  for (std::size_t g = 0; g + 32 <= w.size(); g += 32) {
    const Choice r = search(c, &w[g], 32, steps, true);
    for (std::size_t i = 0; i < 32; ++i) {
      num[r.code[i]] += r.scale * w[g + i];
      den[r.code[i]] += r.scale * r.scale;
    }
  }
  for (std::size_t k = 0; k < 16; ++k)
    if (den[k] > 0) c[k] = num[k] / den[k];
  std::sort(c.begin(), c.end());
  const double top = std::max(-c[0], c[15]);
  for (double& v : c) v /= top;
}

}  // namespace

int main(int argc, char** argv) {
  const auto groups = static_cast<std::size_t>(argc > 1 ? std::atoi(argv[1]) : 20000);
  const int iterations = argc > 2 ? std::atoi(argv[2]) : 200;
  const auto train = gaussian(groups * 32, 1), held_out = gaussian(groups * 32, 2);

  Codebook best{};
  double best_error = 1;
  for (const double bend : {0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4}) {
    Codebook c{};
    for (int i = 0; i < 16; ++i) {
      const double u = (i - 7.5) / 7.5;  // denser in the middle, longer on the left
      c[static_cast<std::size_t>(i)] = 0.6 * u + 0.4 * u * u * u - bend * u * u * 0.5;
    }
    for (int it = 0; it < iterations; ++it) lloyd_step(c, train, 5);
    const double error = relative_error(c, held_out, 8);
    std::printf("bend %.2f: relative RMS %.5f:", bend, error);
    for (double v : c) std::printf(" %.4f", v);
    std::printf("\n");
    if (error < best_error) best_error = error, best = c;
    std::fflush(stdout);
  }

  Codebook rounded{};
  double rounded_error = 1;
  for (int top = 112; top <= 127; ++top) {
    Codebook c{};
    for (std::size_t k = 0; k < 16; ++k) c[k] = std::round(best[k] * top);
    const double error = relative_error(c, held_out, 8);
    if (error < rounded_error) rounded_error = error, rounded = c;
  }
  std::printf("int8: relative RMS %.5f:", rounded_error);
  for (double v : rounded) std::printf(" %d,", static_cast<int>(v));
  std::printf("\n");
}
