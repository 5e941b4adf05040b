// The head's loss on a batch of answers and its gradients, in float (training) or double (checks).
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/probe/head.h"
#include "engine/sample/random.h"

namespace cactus::training {

// One answer: `rows` states of `hidden` f16 values, row after row; a row may be scaled (LayerNorm
// undoes it). Points into a mapped file or a matrix that outlives it.
struct Example {
  const std::uint16_t* states = nullptr;
  std::size_t rows = 0;  // at least 1
  bool wrong = false;
};

// Parameters as HeadLayout orders them. One thread at a time.
template <class Real>
class Network {
 public:
  Network(std::size_t hidden, std::vector<Real> parameters);

  const HeadLayout& layout() const { return layout_; }
  std::vector<Real>& parameters() { return parameters_; }
  const std::vector<Real>& parameters() const { return parameters_; }
  const std::vector<Real>& gradients() const { return gradients_; }

  // Folds the norm into the projection; call it after parameters() changed, before forward().
  void fold();
  // The logit; with `dropout` > 0 each value after the two inner ReLUs is dropped with that chance
  // (and the others scaled up), drawn from `random`, which is not used otherwise.
  Real forward(const Example& example, double dropout, Random* random);
  // Adds the gradients of d(loss)/d(logit) = `slope` of the last forward().
  void backward(Real slope);
  void clear_gradients();
  // Brings what backward() summed into gradients(), times `scale`; call it once a batch.
  void finish_gradients(Real scale);

 private:
  void load(const Example& example);
  void pool();
  Real classify(double dropout, Random* random);
  void backward_classifier(Real slope);
  void backward_pool();

  HeadLayout layout_;
  std::vector<Real> parameters_, gradients_;
  std::vector<Real> folded_, constant_;                    // [d, 32], [32]
  std::vector<Real> folded_gradient_, constant_gradient_;  // the same
  // Of the last forward():
  std::size_t rows_ = 0;
  std::vector<Real> normalised_;      // [T, d]
  std::vector<Real> projected_;       // [T, 32] after ReLU
  std::vector<Real> weight_, slope_;  // [T] softmax; scratch
  std::vector<Real> pooled_, first_, second_, first_keep_,
      second_keep_;  // keep: 0 or 1/(1-dropout)
  std::vector<Real> pooled_slope_;
  std::vector<float> row_;
};

extern template class Network<float>;
extern template class Network<double>;

// Where training starts: norms are the identity, matrices as He and others advise for ReLU.
std::vector<float> initial_parameters(std::size_t hidden, Random& random);

}  // namespace cactus::training
