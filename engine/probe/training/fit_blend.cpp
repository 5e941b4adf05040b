#include "engine/probe/training/fit_blend.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "engine/base/hash.h"

namespace cactus::training {
namespace {

constexpr std::size_t kColumns = kBlendFeatures + 2;  // the head's logit, the features, the bias
using Column = std::array<double, kColumns>;
using Square = std::array<Column, kColumns>;

// Mean and deviation of each feature over the rows it applies to.
struct Scaling {
  Column mean{}, scale{};
};

Scaling scaling_of(std::span<const BlendRow> rows, const std::vector<BlendFeatures>& features) {
  Scaling s;
  for (std::size_t c = 0; c + 1 < kColumns; ++c) {
    double n = 0, sum = 0, squares = 0;
    const auto each = [&](const auto& fn) {
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (c == 0 || features[i].applies[c - 1])
          fn(c == 0 ? rows[i].head : features[i].value[c - 1]);
    };
    each([&](double x) {
      ++n;
      sum += x;
    });
    s.mean[c] = n > 0 ? sum / n : 0;
    each([&](double x) { squares += (x - s.mean[c]) * (x - s.mean[c]); });
    const double deviation = n > 0 ? std::sqrt(squares / n) : 0;
    s.scale[c] = deviation > 1e-9 ? deviation : 0;  // 0: says nothing, and gets no weight
  }
  return s;
}

Column standardised(const BlendRow& row, const BlendFeatures& features, const Scaling& s) {
  Column x{};
  for (std::size_t c = 0; c + 1 < kColumns; ++c) {
    if (s.scale[c] <= 0 || (c > 0 && !features.applies[c - 1])) continue;
    x[c] = ((c == 0 ? row.head : features.value[c - 1]) - s.mean[c]) / s.scale[c];
  }
  x[kColumns - 1] = 1;
  return x;
}

// Solves a x = b in place for a positive definite matrix; false when it is none.
bool solve(Square& a, Column& b) {
  for (std::size_t i = 0; i < kColumns; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double factor = a[i][j] / a[j][j];
      for (std::size_t k = j; k < kColumns; ++k) a[i][k] -= factor * a[j][k];
      b[i] -= factor * b[j];
    }
    if (!(a[i][i] > 0)) return false;
  }
  for (std::size_t i = kColumns; i-- > 0;) {
    for (std::size_t k = i + 1; k < kColumns; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  return true;
}

// log(1 + e^x) without overflow
double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

struct Problem {
  std::vector<Column> x;
  std::vector<double> wrong;
  double penalty = 1;

  double loss(const Column& b) const {
    double sum = 0;
    for (std::size_t c = 0; c + 1 < kColumns; ++c) sum += penalty / 2 * b[c] * b[c];
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double logit = dot(x[i], b);
      sum += softplus(logit) - wrong[i] * logit;
    }
    return sum;
  }
  // The gradient, and the curvature it is divided by.
  void slopes(const Column& b, Column& gradient, Square& curvature) const {
    gradient = {};
    curvature = {};
    for (std::size_t c = 0; c < kColumns; ++c) {
      const double pull = c + 1 < kColumns ? penalty : 1e-9;
      gradient[c] = pull * b[c];
      curvature[c][c] = pull;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double p = sigmoid(dot(x[i], b));
      for (std::size_t c = 0; c < kColumns; ++c) {
        gradient[c] += (p - wrong[i]) * x[i][c];
        for (std::size_t k = 0; k < kColumns; ++k)
          curvature[c][k] += p * (1 - p) * x[i][c] * x[i][k];
      }
    }
  }
  static double dot(const Column& a, const Column& b) {
    double sum = 0;
    for (std::size_t c = 0; c < kColumns; ++c) sum += a[c] * b[c];
    return sum;
  }
};

bool newton(const Problem& problem, Column& b) {
  double loss = problem.loss(b);
  for (int iteration = 0; iteration < 100; ++iteration) {
    Column step;
    Square curvature;
    problem.slopes(b, step, curvature);
    if (!solve(curvature, step)) return false;
    double greatest = 0, tried_loss = loss, size = 1;
    Column tried = b;
    for (; size > 1e-6; size /= 2) {
      for (std::size_t c = 0; c < kColumns; ++c) tried[c] = b[c] - size * step[c];
      tried_loss = problem.loss(tried);
      if (tried_loss <= loss) break;
    }
    if (!(tried_loss <= loss)) return true;  // nothing is better: the end is reached
    for (const double s : step) greatest = std::max(greatest, std::abs(size * s));
    b = tried;
    loss = tried_loss;
    if (greatest < 1e-9) return true;
  }
  return true;
}

// Part of each answer: groups in the order of their hashes, each into the part that has least.
std::vector<int> parts_of(const Selection& train, int folds) {
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < train.size(); ++i)
    groups[hash_of(std::string_view(train.records[i]->group))].push_back(i);
  std::vector<std::size_t> filled(static_cast<std::size_t>(folds));
  std::vector<int> part(train.size());
  for (const auto& [hash, members] : groups) {
    const auto least = std::min_element(filled.begin(), filled.end());
    *least += members.size();
    for (const std::size_t i : members) part[i] = static_cast<int>(least - filled.begin());
  }
  return part;
}

}  // namespace

std::optional<Blend> fit_blend(std::span<const BlendRow> rows, double penalty) {
  std::vector<BlendFeatures> features;
  for (const BlendRow& row : rows) features.push_back(blend_features(row.statistics));
  const Scaling scaling = scaling_of(rows, features);
  Problem problem;
  problem.penalty = penalty;
  double right = 0, wrong = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    problem.x.push_back(standardised(rows[i], features[i], scaling));
    problem.wrong.push_back(rows[i].wrong ? 1 : 0);
    ++(rows[i].wrong ? wrong : right);
  }
  if (!(right > 0 && wrong > 0)) return std::nullopt;
  Column b{};
  b[kColumns - 1] = std::log(wrong / right);
  if (!newton(problem, b)) return std::nullopt;
  Blend blend;
  blend.head = scaling.scale[0] > 0 ? b[0] / scaling.scale[0] : 0;
  blend.bias = b[kColumns - 1] - blend.head * scaling.mean[0];
  for (std::size_t f = 0; f < kBlendFeatures; ++f) {
    blend.mean[f] = scaling.mean[f + 1];
    blend.weight[f] = scaling.scale[f + 1] > 0 ? b[f + 1] / scaling.scale[f + 1] : 0;
  }
  return blend;
}

Result<std::vector<double>> held_out_logits(std::size_t hidden, const Selection& train,
                                            const Selection& valid, int folds,
                                            const TrainOptions& options) {
  const std::vector<int> part = parts_of(train, folds);
  std::vector<double> logits(train.size(), std::numeric_limits<double>::quiet_NaN());
  TrainOptions one = options;
  one.seeds = 1;
  one.threads = 1;
  one.progress = nullptr;
  in_parallel(static_cast<std::size_t>(folds), options.threads, [&](std::size_t fold) {
    std::vector<Example> rest, held;
    for (std::size_t i = 0; i < train.size(); ++i)
      (part[i] == static_cast<int>(fold) ? held : rest).push_back(train.examples[i]);
    const auto heads = train_heads(hidden, rest, valid.examples, one);
    if (!heads) return;
    const auto found = logits_of(hidden, best_of(*heads).parameters, held, 1);
    for (std::size_t i = 0, at = 0; i < train.size(); ++i)
      if (part[i] == static_cast<int>(fold)) logits[i] = found[at++];
  });
  if (options.cancel != nullptr && options.cancel->load(std::memory_order_relaxed))
    return make_error(ErrorKind::cancelled, "training was interrupted");
  return logits;
}

}  // namespace cactus::training
