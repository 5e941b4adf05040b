// Prints the table of docs/quantisation.md: relative RMS error of 4-bit candidates on Gaussian
// weights, on heavier tails, and on the checkpoints named on the command line.
//
//   measure_quantisation [checkpoint folder]...
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>

#include "engine/convert/checkpoint.h"
#include "kernels/pack.h"
#include "kernels/quantise.h"
#include "packaging/quantisation/search.h"

using namespace cactus;
using namespace cactus::quantisation;

namespace {

using Group = const float*;

double f16(double x) {
  return kernels::f16_to_f32(kernels::f32_to_f16(static_cast<float>(x)));
}
double bf16(double x) {
  return kernels::bf16_to_f32(kernels::f32_to_bf16(static_cast<float>(x)));
}

// Squared error of the group when its scale is `scale` and each weight takes the nearest value.
double error_at(const Codebook& c, Group w, double scale, int n = 32) {
  double error = 0;
  for (int i = 0; i < n; ++i) {
    const double v = scale == 0 ? 0 : c[static_cast<std::size_t>(nearest(c, w[i] / scale))] * scale;
    error += (w[i] - v) * (w[i] - v);
  }
  return error;
}

double extreme(Group w, int n = 32) {
  double top = 0;
  for (int i = 0; i < n; ++i) {
    if (std::fabs(w[i]) > std::fabs(top)) top = w[i];
  }
  return top;
}

Codebook uniform() {
  Codebook c{};
  for (int i = 0; i < 16; ++i) c[static_cast<std::size_t>(i)] = i - 8;
  return c;
}

// Lloyd's fixed point for one normal variable: each value the mean of its cell.
Codebook lloyd_max() {
  Codebook c{};
  for (int i = 0; i < 16; ++i) c[static_cast<std::size_t>(i)] = (i - 7.5) / 3;
  const auto density = [](double x) { return std::exp(-x * x / 2) / std::sqrt(2 * M_PI); };
  const auto below = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  for (int it = 0; it < 2000; ++it) {
    for (std::size_t k = 0; k < 16; ++k) {
      const double a = k == 0 ? -40 : (c[k - 1] + c[k]) / 2,
                   b = k == 15 ? 40 : (c[k] + c[k + 1]) / 2;
      c[k] = (density(a) - density(b)) / (below(b) - below(a));
    }
  }
  return c;
}

// Quantiles of a normal variable, scaled to ±1, with a zero: the idea of NormalFloat (QLoRA).
Codebook normal_quantiles() {
  const auto quantile = [](double p) {
    double low = -10, high = 10;
    for (int i = 0; i < 100; ++i) {
      const double x = (low + high) / 2;
      (0.5 * std::erfc(-x / std::sqrt(2.0)) < p ? low : high) = x;
    }
    return low;
  };
  Codebook c{};
  const double end = 0.9677;  // the outermost probability, between those of the two halves
  for (int i = 0; i < 8; ++i) {
    c[static_cast<std::size_t>(i)] = -quantile(end + (0.5 - end) * i / 7.0);
    c[static_cast<std::size_t>(15 - i)] = quantile(end + (0.5 - end) * i / 8.0);
  }
  for (double& v : c) v /= quantile(end);
  return c;
}

Codebook ours() {
  Codebook c{};
  for (std::size_t i = 0; i < 16; ++i) c[i] = kernels::kCodebook[i];
  return c;
}

double shipped(Group w) {
  std::uint8_t code[32];
  const double scale = kernels::bf16_to_f32(kernels::quantise_q4(w, code));
  double error = 0;
  for (int i = 0; i < 32; ++i) error += std::pow(w[i] - scale * kernels::kCodebook[code[i]], 2);
  return error;
}

struct Method {
  const char* name;
  const char* bits;
  int rotation;  // size of the Hadamard blocks, 0: none
  std::function<double(Group)> error;
};

std::vector<Method> methods() {
  const Codebook u = uniform(), l = lloyd_max(), q = normal_quantiles(), o = ours();
  const auto least_squares = [](Codebook c, bool both, double (*round)(double)) {
    return [=](Group w) { return error_at(c, w, round(search(c, w, 32, 24, both).scale)); };
  };
  const auto absmax = [](Codebook c) {
    return [=](Group w) { return error_at(c, w, f16(extreme(w) / c[0])); };
  };
  const auto one_sign_absmax = [](Codebook c) {
    return [=](Group w) { return error_at(c, w, f16(std::fabs(extreme(w)) / c[15])); };
  };
  return {
      {"Q4_0: -8…7, absmax, f16 scale", "4.5", 0, absmax(u)},
      {"-8…7, least squares, one sign, f16", "4.5", 0, least_squares(u, false, f16)},
      {"-8…7, least squares, both signs, f16", "4.5", 0, least_squares(u, true, f16)},
      {"normal quantiles, absmax, f16", "4.5", 0, one_sign_absmax(q)},
      {"normal quantiles, least squares, both signs, f16", "4.5", 0, least_squares(q, true, f16)},
      {"Lloyd-Max of one weight, least squares, f16", "4.5", 0, least_squares(l, true, f16)},
      {"ours, absmax, f16", "4.5", 0, absmax(o)},
      {"ours, least squares, one sign, f16", "4.5", 0, least_squares(o, false, f16)},
      {"ours, least squares, both signs, f16", "4.5", 0, least_squares(o, true, f16)},
      {"ours, least squares, both signs, bf16", "4.5", 0, least_squares(o, true, bf16)},
      {"**ours as shipped (14 scales tried, bf16)**", "4.5", 0, shipped},
      {"Hadamard 128, then Q4_0", "4.5", 128, absmax(u)},
      {"Hadamard 128, then ours as shipped", "4.5", 128, shipped},
      {"Hadamard 256, then ours as shipped", "4.5", 256, shipped},
  };
}

// Rows of `cols` weights; columns beyond a multiple of 32 are left out.
struct Weights {
  std::string name;
  std::vector<std::vector<float>> rows;
};

// The orthonormal Walsh-Hadamard transform of blocks of up to `size`.
void rotate(std::vector<float>& row, std::size_t size) {
  std::size_t at = 0;
  while (at < row.size()) {
    std::size_t n = size;
    while (n > row.size() - at) n /= 2;
    for (std::size_t half = 1; half < n; half *= 2) {
      for (std::size_t i = 0; i < n; i += 2 * half) {
        for (std::size_t j = at + i; j < at + i + half; ++j) {
          const float a = row[j], b = row[j + half];
          row[j] = a + b;
          row[j + half] = a - b;
        }
      }
    }
    for (std::size_t j = at; j < at + n; ++j) row[j] /= std::sqrt(static_cast<float>(n));
    at += n;
  }
}

double relative_rms(const Method& m, const Weights& w) {
  double error = 0, energy = 0;
  for (std::vector<float> row : w.rows) {
    if (m.rotation > 0) rotate(row, static_cast<std::size_t>(m.rotation));
    for (std::size_t g = 0; g < row.size(); g += 32) {
      error += m.error(&row[g]);
      for (std::size_t i = 0; i < 32; ++i) energy += std::pow(double{row[g + i]}, 2);
    }
  }
  return std::sqrt(error / energy);
}

Weights gaussian_rows() {
  Weights w{"Gaussian", {}};
  for (std::uint64_t r = 0; r < 600; ++r) w.rows.push_back(gaussian(1024, 100 + r));
  return w;
}

Weights student_rows() {
  Weights w{"Student t, 5 d.f.", {}};
  std::mt19937_64 engine(7);
  std::student_t_distribution<float> t(5);
  for (int r = 0; r < 600; ++r) {
    std::vector<float> row(1024);
    for (float& x : row) x = t(engine);
    w.rows.push_back(std::move(row));
  }
  return w;
}

// Every 2-D tensor of a checkpoint, at most `most` weights of it all.
Weights checkpoint_rows(const std::string& folder, std::size_t most) {
  Weights w{folder.substr(folder.find_last_of('/') + 1), {}};
  const auto source = open_checkpoint(folder);
  if (!source) {
    std::fprintf(stderr, "%s: %s\n", folder.c_str(), source.error().what.c_str());
    return w;
  }
  std::size_t count = 0;
  for (const SourceTensor& t : (*source)->tensors()) {
    if (t.shape.size() != 2 || t.shape[1] < 32 || t.type == SourceType::other) continue;
    std::vector<std::byte> bytes(t.size);
    if (!(*source)->read(t, 0, bytes)) continue;
    const auto cols = static_cast<std::size_t>(t.shape[1]);
    const std::size_t size = element_size(t.type);
    for (std::size_t r = 0; r < static_cast<std::size_t>(t.shape[0]) && count < most; ++r) {
      std::vector<float> row(cols / 32 * 32);
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::byte* at = &bytes[(r * cols + i) * size];
        std::uint16_t half = 0;
        std::memcpy(&half, at, 2);
        if (t.type == SourceType::f32) std::memcpy(&row[i], at, 4);
        if (t.type == SourceType::f16) row[i] = kernels::f16_to_f32(half);
        if (t.type == SourceType::bf16) row[i] = kernels::bf16_to_f32(half);
      }
      count += row.size();
      w.rows.push_back(std::move(row));
    }
  }
  return w;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Weights> data = {gaussian_rows(), student_rows()};
  for (int i = 1; i < argc; ++i) data.push_back(checkpoint_rows(argv[i], 600'000));
  std::printf("| candidate | bits |");
  for (const Weights& w : data) std::printf(" %s |", w.name.c_str());
  std::printf("\n|---|---|");
  for (std::size_t i = 0; i < data.size(); ++i) std::printf("---|");
  std::printf("\n");
  for (const Method& m : methods()) {
    std::printf("| %s | %s |", m.name, m.bits);
    for (const Weights& w : data) std::printf(" %.2f%% |", 100 * relative_rms(m, w));
    std::printf("\n");
    std::fflush(stdout);
  }
}
