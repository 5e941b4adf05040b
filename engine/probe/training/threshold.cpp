#include "engine/probe/training/threshold.h"

#include <algorithm>
#include <string>

namespace cactus::training {
namespace {

// Confidences that tell answers apart, ascending, and one above them all: every useful threshold.
std::vector<double> candidates(std::span<const double> confidence) {
  std::vector<double> out(confidence.begin(), confidence.end());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  out.insert(out.begin(), 0.0);
  if (out.back() < 1) out.push_back(1.0);
  return out;
}

}  // namespace

Threshold at_threshold(std::span<const double> confidence, const std::vector<bool>& wrong,
                       double threshold) {
  double handed = 0, kept_wrong = 0;
  const auto n = static_cast<double>(confidence.size());
  for (std::size_t i = 0; i < confidence.size(); ++i) {
    if (confidence[i] < threshold) {
      handed += 1;
    } else {
      kept_wrong += wrong[i] ? 1 : 0;
    }
  }
  return {threshold, handed / n, handed < n ? kept_wrong / (n - handed) : 0};
}

Threshold threshold_for_share(std::span<const double> confidence, const std::vector<bool>& wrong,
                              double share) {
  std::vector<double> sorted(confidence.begin(), confidence.end());
  std::sort(sorted.begin(), sorted.end());
  const auto k = static_cast<std::size_t>(share * static_cast<double>(sorted.size()) + 1e-9);
  if (k >= sorted.size()) return at_threshold(confidence, wrong, 1.0);
  return at_threshold(confidence, wrong, sorted[k]);
}

Result<Threshold> threshold_for_risk(std::span<const double> confidence,
                                     const std::vector<bool>& wrong, double risk) {
  for (const double candidate : candidates(confidence)) {
    const Threshold t = at_threshold(confidence, wrong, candidate);
    if (t.share < 1 && t.risk <= risk) return t;
  }
  return make_error(ErrorKind::usage,
                    "no threshold keeps the error rate at " + std::to_string(risk) + " or below",
                    "even the answers with the greatest confidence are wrong more often",
                    "a higher rate, or a probe trained on more answers");
}

Result<Threshold> threshold_for_money(std::span<const double> confidence,
                                      const std::vector<bool>& wrong, double money, double price) {
  if (!(price > 0))
    return make_error(ErrorKind::usage, "the price of a turn must be above 0", {}, "--price 0.01");
  return threshold_for_share(confidence, wrong, std::min(1.0, money / (100 * price)));
}

}  // namespace cactus::training
