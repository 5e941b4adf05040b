#include "engine/probe/training/fit_calibration.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/probe/head.h"
#include "engine/probe/training/metrics.h"
#include "engine/sample/random.h"

namespace cactus::training {
namespace {

constexpr int kFolds = 5;

double loss_at(std::span<const double> logits, std::span<const double> target, double a, double b) {
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double z = a * logits[i] + b;
    sum += std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))) - target[i] * z;
  }
  return sum;
}

}  // namespace

Calibration fit_platt(std::span<const double> logits, const std::vector<bool>& wrong) {
  const auto bad = static_cast<double>(std::count(wrong.begin(), wrong.end(), true));
  const double good = static_cast<double>(wrong.size()) - bad;
  std::vector<double> target;
  for (const bool w : wrong) target.push_back(w ? (bad + 1) / (bad + 2) : 1 / (good + 2));
  double a = 0, b = std::log((bad + 1) / (good + 1));
  double loss = loss_at(logits, target, a, b);
  for (int iteration = 0; iteration < 100; ++iteration) {
    double ga = 0, gb = 0, haa = 1e-12, hab = 0, hbb = 1e-12;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double p = sigmoid(a * logits[i] + b), slope = p - target[i], curve = p * (1 - p);
      ga += slope * logits[i];
      gb += slope;
      haa += curve * logits[i] * logits[i];
      hab += curve * logits[i];
      hbb += curve;
    }
    if (std::abs(ga) < 1e-7 && std::abs(gb) < 1e-7) break;
    const double determinant = haa * hbb - hab * hab;
    if (!(determinant > 0)) break;
    const double da = -(hbb * ga - hab * gb) / determinant;
    const double db = -(haa * gb - hab * ga) / determinant;
    double step = 1;
    for (; step > 1e-10; step /= 2) {
      const double tried = loss_at(logits, target, a + step * da, b + step * db);
      if (tried < loss + 1e-4 * step * (ga * da + gb * db)) {
        loss = tried;
        break;
      }
    }
    if (step <= 1e-10) break;
    a += step * da;
    b += step * db;
  }
  Calibration c;
  c.kind = Calibration::Kind::platt;
  // A head that ranks upside down must not be turned round by its calibration.
  c.slope = std::max(a, 0.0);
  c.offset = a >= 0 ? b : std::log((bad + 1) / (good + 1));
  return c;
}

Calibration fit_isotonic(std::span<const double> logits, const std::vector<bool>& wrong) {
  struct Block {
    double logits = 0, wrong = 0, count = 0;
    double rate() const { return wrong / count; }
  };
  std::vector<std::size_t> order(logits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return logits[a] < logits[b]; });
  std::vector<Block> blocks;
  double last = 0;
  for (const std::size_t i : order) {
    const bool same = !blocks.empty() && logits[i] == last;
    last = logits[i];
    if (!same) blocks.push_back({});
    blocks.back().logits += logits[i];
    blocks.back().wrong += wrong[i] ? 1 : 0;
    blocks.back().count += 1;
    if (same) continue;
    // merged once the next level begins, when this block is complete
    while (blocks.size() > 2 &&
           blocks[blocks.size() - 3].rate() >= blocks[blocks.size() - 2].rate()) {
      const Block top = blocks[blocks.size() - 2];
      blocks.erase(blocks.end() - 2);
      Block& into = blocks[blocks.size() - 2];
      into.logits += top.logits;
      into.wrong += top.wrong;
      into.count += top.count;
    }
  }
  while (blocks.size() > 1 && blocks[blocks.size() - 2].rate() >= blocks.back().rate()) {
    const Block top = blocks.back();
    blocks.pop_back();
    blocks.back().logits += top.logits;
    blocks.back().wrong += top.wrong;
    blocks.back().count += top.count;
  }
  Calibration c;
  c.kind = Calibration::Kind::isotonic;
  for (const Block& block : blocks) {
    const double x = block.logits / block.count, y = (block.wrong + 0.5) / (block.count + 1);
    if (!c.x.empty() && x <= c.x.back()) continue;  // rounding
    c.x.push_back(x);
    c.y.push_back(c.y.empty() ? y : std::max(y, c.y.back()));
  }
  return c;
}

ChosenCalibration choose_calibration(std::span<const double> logits, const std::vector<bool>& wrong,
                                     std::uint64_t seed) {
  Random random(seed);
  std::vector<int> fold(logits.size());
  for (std::size_t i = 0; i < fold.size(); ++i) fold[i] = static_cast<int>(i) % kFolds;
  for (std::size_t i = fold.size(); i > 1; --i) std::swap(fold[i - 1], fold[random.next() % i]);
  std::vector<double> platt, isotonic;
  std::vector<bool> held_wrong;
  for (int f = 0; f < kFolds; ++f) {
    std::vector<double> part;
    std::vector<bool> part_wrong;
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] == f) continue;
      part.push_back(logits[i]);
      part_wrong.push_back(wrong[i]);
    }
    if (part.empty()) continue;
    const Calibration a = fit_platt(part, part_wrong), b = fit_isotonic(part, part_wrong);
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] != f) continue;
      platt.push_back(a(logits[i]));
      isotonic.push_back(b(logits[i]));
      held_wrong.push_back(wrong[i]);
    }
  }
  ChosenCalibration chosen;
  chosen.platt_loss = log_loss(platt, held_wrong);
  chosen.isotonic_loss = log_loss(isotonic, held_wrong);
  const bool use_isotonic = chosen.isotonic_loss < chosen.platt_loss && logits.size() >= 2 * kFolds;
  chosen.calibration = use_isotonic ? fit_isotonic(logits, wrong) : fit_platt(logits, wrong);
  return chosen;
}

}  // namespace cactus::training
