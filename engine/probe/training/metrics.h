// How well scores tell wrong answers from right ones, and how honest probabilities are.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace cactus::training {

// Chance that a wrong answer has a greater score than a right one, ties counting half. NaN when
// either class is missing. Scores must not be NaN.
double auroc(std::span<const double> scores, const std::vector<bool>& wrong);

struct Interval {
  double low = 0, high = 0;
};
// 95% percentile bootstrap of AUROC over answers; deterministic from the seed. Resamples without
// both classes are drawn again; NaN when a class is missing.
Interval auroc_interval(std::span<const double> scores, const std::vector<bool>& wrong,
                        int resamples, std::uint64_t seed);

// Expected calibration error of p = chance of being wrong: Σ |mean p - share wrong| · n/N over 15
// bins of equal width.
double expected_calibration_error(std::span<const double> p, const std::vector<bool>& wrong);
double brier(std::span<const double> p, const std::vector<bool>& wrong);
double log_loss(std::span<const double> p, const std::vector<bool>& wrong);

struct ReliabilityBin {
  double mean_p = 0, share_wrong = 0;
  std::int64_t count = 0;
};
std::vector<ReliabilityBin> reliability(std::span<const double> p, const std::vector<bool>& wrong);

// Answers handed off in the order of falling score. At each point: the share handed off, the share
// of wrong ones among those that are kept (risk), and the accuracy of all when the one who is asked
// answers rightly with chance `other`.
struct HandoffPoint {
  double share = 0, risk = 0, accuracy = 0;
  double score = 0;  // hand off what scores more than this
};
// Points at 0, 1/steps … 1 of the answers; within equal scores, in proportion (as if in a random
// order).
std::vector<HandoffPoint> handoff_curve(std::span<const double> scores,
                                        const std::vector<bool>& wrong, double other, int steps);
// Area under risk against coverage (kept share): the mean risk over all shares. Less is better.
double area_under_risk(std::span<const double> scores, const std::vector<bool>& wrong);

}  // namespace cactus::training
