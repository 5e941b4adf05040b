#include "engine/probe/training/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/sample/random.h"

namespace cactus::training {
namespace {

constexpr int kBins = 15;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::size_t> ascending(std::span<const double> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  return order;
}

// With answer i counted count[i] times; `order` ascends in score.
double counted_auroc(std::span<const double> scores, const std::vector<bool>& wrong,
                     std::span<const std::size_t> order, std::span<const std::uint32_t> count) {
  double pairs = 0, right_below = 0, wrong_all = 0;
  for (std::size_t k = 0; k < order.size();) {
    double right = 0, bad = 0;
    const double score = scores[order[k]];
    for (; k < order.size() && scores[order[k]] == score; ++k)
      (wrong[order[k]] ? bad : right) += static_cast<double>(count[order[k]]);
    pairs += bad * (right_below + right / 2);
    right_below += right;
    wrong_all += bad;
  }
  return right_below > 0 && wrong_all > 0 ? pairs / (right_below * wrong_all) : kNan;
}

std::size_t bin_of(double p) {
  return static_cast<std::size_t>(std::clamp(static_cast<int>(p * kBins), 0, kBins - 1));
}

// What is expected of the k answers with the greatest scores, for k = 0 … n: how many are wrong.
std::vector<double> wrong_handed(std::span<const double> scores, const std::vector<bool>& wrong) {
  const std::vector<std::size_t> order = ascending(scores);
  std::vector<double> out{0};
  for (std::size_t end = order.size(); end > 0;) {
    std::size_t begin = end;
    double bad = 0;
    const double score = scores[order[end - 1]];
    while (begin > 0 && scores[order[begin - 1]] == score) bad += wrong[order[--begin]] ? 1 : 0;
    const double before = out.back(), each = bad / static_cast<double>(end - begin);
    for (std::size_t k = 1; k <= end - begin; ++k)
      out.push_back(before + each * static_cast<double>(k));
    end = begin;
  }
  return out;
}

}  // namespace

double auroc(std::span<const double> scores, const std::vector<bool>& wrong) {
  const std::vector<std::uint32_t> once(scores.size(), 1);
  return counted_auroc(scores, wrong, ascending(scores), once);
}

Interval auroc_interval(std::span<const double> scores, const std::vector<bool>& wrong,
                        int resamples, std::uint64_t seed) {
  if (std::isnan(auroc(scores, wrong))) return {kNan, kNan};
  const std::vector<std::size_t> order = ascending(scores);
  Random random(seed);
  std::vector<double> found;
  std::vector<std::uint32_t> count(scores.size());
  while (found.size() < static_cast<std::size_t>(resamples)) {
    std::fill(count.begin(), count.end(), 0u);
    for (std::size_t i = 0; i < scores.size(); ++i) ++count[random.next() % scores.size()];
    const double value = counted_auroc(scores, wrong, order, count);
    if (!std::isnan(value)) found.push_back(value);
  }
  std::sort(found.begin(), found.end());
  const auto at = [&](double q) {
    return found[static_cast<std::size_t>(q * static_cast<double>(found.size() - 1))];
  };
  return {at(0.025), at(0.975)};
}

std::vector<ReliabilityBin> reliability(std::span<const double> p, const std::vector<bool>& wrong) {
  std::vector<ReliabilityBin> bins(kBins);
  for (std::size_t i = 0; i < p.size(); ++i) {
    ReliabilityBin& bin = bins[bin_of(p[i])];
    bin.mean_p += p[i];
    bin.share_wrong += wrong[i] ? 1 : 0;
    ++bin.count;
  }
  for (ReliabilityBin& bin : bins) {
    if (bin.count == 0) continue;
    bin.mean_p /= static_cast<double>(bin.count);
    bin.share_wrong /= static_cast<double>(bin.count);
  }
  return bins;
}

double expected_calibration_error(std::span<const double> p, const std::vector<bool>& wrong) {
  double sum = 0;
  for (const ReliabilityBin& bin : reliability(p, wrong))
    sum += std::abs(bin.mean_p - bin.share_wrong) * static_cast<double>(bin.count);
  return p.empty() ? kNan : sum / static_cast<double>(p.size());
}

double brier(std::span<const double> p, const std::vector<bool>& wrong) {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double difference = p[i] - (wrong[i] ? 1 : 0);
    sum += difference * difference;
  }
  return p.empty() ? kNan : sum / static_cast<double>(p.size());
}

double log_loss(std::span<const double> p, const std::vector<bool>& wrong) {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i)
    sum -= std::log(std::max(wrong[i] ? p[i] : 1 - p[i], 1e-12));
  return p.empty() ? kNan : sum / static_cast<double>(p.size());
}

std::vector<HandoffPoint> handoff_curve(std::span<const double> scores,
                                        const std::vector<bool>& wrong, double other, int steps) {
  const std::vector<double> handed = wrong_handed(scores, wrong);
  std::vector<double> sorted(scores.begin(), scores.end());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const std::size_t n = scores.size();
  std::vector<HandoffPoint> curve;
  for (int step = 0; step <= steps && n > 0; ++step) {
    const std::size_t k = n * static_cast<std::size_t>(step) / static_cast<std::size_t>(steps);
    const auto all = static_cast<double>(n), gone = static_cast<double>(k);
    const double left = handed[n] - handed[k];
    HandoffPoint point;
    point.share = gone / all;
    point.risk = k < n ? left / (all - gone) : 0;
    point.accuracy = (all - gone - left + other * gone) / all;
    point.score = k < n ? sorted[k] : -std::numeric_limits<double>::infinity();
    curve.push_back(point);
  }
  return curve;
}

double area_under_risk(std::span<const double> scores, const std::vector<bool>& wrong) {
  const std::vector<double> handed = wrong_handed(scores, wrong);
  const std::size_t n = scores.size();
  double sum = 0;
  for (std::size_t k = 0; k < n; ++k) sum += (handed[n] - handed[k]) / static_cast<double>(n - k);
  return n == 0 ? kNan : sum / static_cast<double>(n);
}

}  // namespace cactus::training
