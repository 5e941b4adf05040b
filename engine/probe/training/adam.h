// Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019).
#pragma once
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace cactus::training {

class Adam {
 public:
  explicit Adam(std::size_t n) : mean_(n), square_(n) {}

  // `decays(i)`: whether weight decay applies to parameter i (matrices, not norms and biases).
  template <class Decays>
  void step(std::span<float> parameters, std::span<const float> gradients, double rate,
            double weight_decay, const Decays& decays) {
    ++steps_;
    const double mean_part = 1 - std::pow(kFirst, steps_),
                 square_part = 1 - std::pow(kSecond, steps_);
    const auto scale = static_cast<float>(rate / mean_part);
    const auto root = static_cast<float>(1 / std::sqrt(square_part));
    const auto shrink = static_cast<float>(1 - rate * weight_decay);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const float g = gradients[i];
      mean_[i] += static_cast<float>(1 - kFirst) * (g - mean_[i]);
      square_[i] += static_cast<float>(1 - kSecond) * (g * g - square_[i]);
      if (decays(i)) parameters[i] *= shrink;
      parameters[i] -= scale * mean_[i] / (std::sqrt(square_[i]) * root + 1e-8f);
    }
  }

 private:
  static constexpr double kFirst = 0.9, kSecond = 0.999;
  std::vector<float> mean_, square_;
  int steps_ = 0;
};

}  // namespace cactus::training
