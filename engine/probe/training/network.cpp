#include "engine/probe/training/network.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/pack.h"

namespace cactus::training {
namespace {

using Four = float __attribute__((vector_size(16)));
constexpr std::size_t kFours = kProbeWidth / 4;

void project(const float* x, const float* m, std::size_t n, float* y) {
  add_projection(x, m, n, y);
}
void project(const double* x, const double* m, std::size_t n, double* y) {
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < kProbeWidth; ++i) y[i] += x[j] * m[j * kProbeWidth + i];
}

// m[j][0 … 31] += x[j] · y[0 … 31]
void add_outer(const float* x, const float* y, std::size_t n, float* m) {
  Four right[kFours];
  std::memcpy(right, y, sizeof right);
  for (std::size_t j = 0; j < n; ++j) {
    float* row = m + j * kProbeWidth;
    for (std::size_t k = 0; k < kFours; ++k) {
      Four sum;
      std::memcpy(&sum, row + 4 * k, sizeof sum);
      sum += x[j] * right[k];
      std::memcpy(row + 4 * k, &sum, sizeof sum);
    }
  }
}
void add_outer(const double* x, const double* y, std::size_t n, double* m) {
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < kProbeWidth; ++i) m[j * kProbeWidth + i] += x[j] * y[i];
}

template <class Real>
Real square_root_of_width() {
  return std::sqrt(static_cast<Real>(kProbeWidth));
}

// y = ReLU(W x + b) ∘ keep
template <class Real>
void dense(const Real* w, const Real* b, const std::vector<Real>& x, const std::vector<Real>& keep,
           std::vector<Real>& y) {
  for (std::size_t i = 0; i < y.size(); ++i) {
    Real sum = b[i];
    for (std::size_t j = 0; j < x.size(); ++j) sum += w[i * x.size() + j] * x[j];
    y[i] = sum > 0 ? sum * keep[i] : Real(0);
  }
}

// The slopes at y (turned into those before ReLU and keep, in place) become gradients of W and b,
// and slopes at x.
template <class Real>
void dense_backward(const Real* w, const std::vector<Real>& x, const std::vector<Real>& y,
                    const std::vector<Real>& keep, std::vector<Real>& dy, Real* dw, Real* db,
                    std::vector<Real>& dx) {
  std::fill(dx.begin(), dx.end(), Real(0));
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] == 0) continue;
    const Real d = dy[i] * keep[i];
    db[i] += d;
    for (std::size_t j = 0; j < x.size(); ++j) {
      dw[i * x.size() + j] += d * x[j];
      dx[j] += d * w[i * x.size() + j];
    }
  }
}

template <class Real>
void draw(std::vector<Real>& keep, double dropout, Random* random) {
  if (dropout <= 0 || random == nullptr) {
    std::fill(keep.begin(), keep.end(), Real(1));
    return;
  }
  const Real kept = static_cast<Real>(1 / (1 - dropout));
  for (Real& k : keep) k = random->uniform() < dropout ? Real(0) : kept;
}

}  // namespace

template <class Real>
Network<Real>::Network(std::size_t hidden, std::vector<Real> parameters)
    : layout_(hidden),
      parameters_(std::move(parameters)),
      gradients_(layout_.total),
      folded_(hidden * kProbeWidth),
      constant_(kProbeWidth),
      folded_gradient_(folded_.size()),
      constant_gradient_(kProbeWidth),
      pooled_(kProbeWidth),
      first_(kProbeFirst),
      second_(kProbeSecond),
      first_keep_(kProbeFirst),
      second_keep_(kProbeSecond),
      pooled_slope_(kProbeWidth),
      row_(hidden) {
  fold();
}

template <class Real>
void Network<Real>::fold() {
  const std::size_t d = layout_.hidden;
  const Real* p = parameters_.data();
  for (std::size_t i = 0; i < kProbeWidth; ++i) {
    constant_[i] = p[layout_.projection_bias + i];
    for (std::size_t j = 0; j < d; ++j) {
      const Real w = p[layout_.projection + i * d + j];
      folded_[j * kProbeWidth + i] = w * p[layout_.norm_weight + j];
      constant_[i] += w * p[layout_.norm_bias + j];
    }
  }
}

template <class Real>
void Network<Real>::load(const Example& example) {
  const std::size_t d = layout_.hidden;
  rows_ = example.rows;
  normalised_.resize(rows_ * d);
  std::vector<float> clean(d);
  for (std::size_t t = 0; t < rows_; ++t) {
    for (std::size_t j = 0; j < d; ++j) row_[j] = kernels::f16_to_f32(example.states[t * d + j]);
    if (!normalise(row_.data(), d, clean.data())) std::fill(clean.begin(), clean.end(), 0.0f);
    std::copy(clean.begin(), clean.end(), normalised_.begin() + static_cast<std::ptrdiff_t>(t * d));
  }
}

template <class Real>
void Network<Real>::pool() {
  const Real* query = parameters_.data() + layout_.query;
  projected_.resize(rows_ * kProbeWidth);
  weight_.resize(rows_);
  for (std::size_t t = 0; t < rows_; ++t) {
    Real* h = projected_.data() + t * kProbeWidth;
    std::copy(constant_.begin(), constant_.end(), h);
    project(normalised_.data() + t * layout_.hidden, folded_.data(), layout_.hidden, h);
    Real score = 0;
    for (std::size_t i = 0; i < kProbeWidth; ++i) {
      h[i] = std::max(h[i], Real(0));
      score += query[i] * h[i];
    }
    weight_[t] = score / square_root_of_width<Real>();
  }
  const Real greatest = *std::max_element(weight_.begin(), weight_.end());
  Real sum = 0;
  for (Real& w : weight_) sum += w = std::exp(w - greatest);
  std::fill(pooled_.begin(), pooled_.end(), Real(0));
  for (std::size_t t = 0; t < rows_; ++t) {
    weight_[t] /= sum;
    for (std::size_t i = 0; i < kProbeWidth; ++i)
      pooled_[i] += weight_[t] * projected_[t * kProbeWidth + i];
  }
}

template <class Real>
Real Network<Real>::classify(double dropout, Random* random) {
  const Real* p = parameters_.data();
  draw(first_keep_, dropout, random);
  draw(second_keep_, dropout, random);
  dense(p + layout_.w1, p + layout_.b1, pooled_, first_keep_, first_);
  dense(p + layout_.w2, p + layout_.b2, first_, second_keep_, second_);
  Real logit = p[layout_.b3];
  for (std::size_t i = 0; i < kProbeSecond; ++i) logit += p[layout_.w3 + i] * second_[i];
  return logit;
}

template <class Real>
Real Network<Real>::forward(const Example& example, double dropout, Random* random) {
  load(example);
  pool();
  return classify(dropout, random);
}

template <class Real>
void Network<Real>::backward_classifier(Real slope) {
  const Real* p = parameters_.data();
  Real* g = gradients_.data();
  std::vector<Real> second_slope(kProbeSecond), first_slope(kProbeFirst);
  g[layout_.b3] += slope;
  for (std::size_t i = 0; i < kProbeSecond; ++i) {
    g[layout_.w3 + i] += slope * second_[i];
    second_slope[i] = slope * p[layout_.w3 + i];
  }
  dense_backward(p + layout_.w2, first_, second_, second_keep_, second_slope, g + layout_.w2,
                 g + layout_.b2, first_slope);
  dense_backward(p + layout_.w1, pooled_, first_, first_keep_, first_slope, g + layout_.w1,
                 g + layout_.b1, pooled_slope_);
}

template <class Real>
void Network<Real>::backward_pool() {
  const Real* query = parameters_.data() + layout_.query;
  Real* query_gradient = gradients_.data() + layout_.query;
  slope_.resize(rows_);
  Real mean = 0;
  for (std::size_t t = 0; t < rows_; ++t) {
    Real dot = 0;
    for (std::size_t i = 0; i < kProbeWidth; ++i)
      dot += pooled_slope_[i] * projected_[t * kProbeWidth + i];
    slope_[t] = dot;
    mean += weight_[t] * dot;
  }
  Real state_slope[kProbeWidth];
  for (std::size_t t = 0; t < rows_; ++t) {
    const Real* h = projected_.data() + t * kProbeWidth;
    const Real score_slope = weight_[t] * (slope_[t] - mean) / square_root_of_width<Real>();
    for (std::size_t i = 0; i < kProbeWidth; ++i) {
      query_gradient[i] += score_slope * h[i];
      state_slope[i] = h[i] > 0 ? weight_[t] * pooled_slope_[i] + score_slope * query[i] : Real(0);
      constant_gradient_[i] += state_slope[i];
    }
    add_outer(normalised_.data() + t * layout_.hidden, state_slope, layout_.hidden,
              folded_gradient_.data());
  }
}

template <class Real>
void Network<Real>::backward(Real slope) {
  backward_classifier(slope);
  backward_pool();
}

template <class Real>
void Network<Real>::clear_gradients() {
  std::fill(gradients_.begin(), gradients_.end(), Real(0));
  std::fill(folded_gradient_.begin(), folded_gradient_.end(), Real(0));
  std::fill(constant_gradient_.begin(), constant_gradient_.end(), Real(0));
}

// With F = W ∘ γ and c = Wβ + b: dW = dF ∘ γ + dc βᵀ, dγ_j = Σ_i W_ij dF_ij, dβ = Wᵀ dc, db = dc.
template <class Real>
void Network<Real>::finish_gradients(Real scale) {
  const std::size_t d = layout_.hidden;
  const Real* p = parameters_.data();
  Real* g = gradients_.data();
  for (std::size_t i = 0; i < kProbeWidth; ++i) {
    g[layout_.projection_bias + i] += constant_gradient_[i];
    for (std::size_t j = 0; j < d; ++j) {
      const Real folded = folded_gradient_[j * kProbeWidth + i];
      const Real w = p[layout_.projection + i * d + j];
      g[layout_.projection + i * d + j] +=
          folded * p[layout_.norm_weight + j] + constant_gradient_[i] * p[layout_.norm_bias + j];
      g[layout_.norm_weight + j] += w * folded;
      g[layout_.norm_bias + j] += w * constant_gradient_[i];
    }
  }
  for (Real& value : gradients_) value *= scale;
}

template class Network<float>;
template class Network<double>;

std::vector<float> initial_parameters(std::size_t hidden, Random& random) {
  const HeadLayout at(hidden);
  std::vector<float> p(at.total);
  std::fill_n(p.begin() + static_cast<std::ptrdiff_t>(at.norm_weight), hidden, 1.0f);
  const auto fill = [&](std::size_t begin, std::size_t n, std::size_t inputs, double gain) {
    const double width = std::sqrt(3 * gain / static_cast<double>(inputs));
    for (std::size_t i = 0; i < n; ++i)
      p[begin + i] = static_cast<float>((2 * random.uniform() - 1) * width);
  };
  fill(at.projection, kProbeWidth * hidden, hidden, 2);
  fill(at.query, kProbeWidth, kProbeWidth, 1);
  fill(at.w1, kProbeFirst * kProbeWidth, kProbeWidth, 2);
  fill(at.w2, kProbeSecond * kProbeFirst, kProbeFirst, 2);
  fill(at.w3, kProbeSecond, kProbeSecond, 1);
  return p;
}

}  // namespace cactus::training
