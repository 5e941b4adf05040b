// A threshold from what the user wants: how much is handed off, how wrong the rest may be, or what
// it may cost.
#pragma once
#include <span>
#include <vector>

#include "engine/base/result.h"

namespace cactus::training {

struct Threshold {
  double confidence = 0;  // hand off below it
  double share = 0;       // of the answers it was chosen on, handed off
  double risk = 0;        // share of wrong answers among those kept; 0 when none is kept
};

// At most `share` of the answers, and as many as equal confidences allow.
Threshold threshold_for_share(std::span<const double> confidence, const std::vector<bool>& wrong,
                              double share);
// The fewest handed off so that at most `risk` of the kept ones are wrong. usage when even the most
// confident answers are wrong more often.
Result<Threshold> threshold_for_risk(std::span<const double> confidence,
                                     const std::vector<bool>& wrong, double risk);
// At most `money` for a hundred turns when one that is handed off costs `price`. usage when price
// is not positive.
Result<Threshold> threshold_for_money(std::span<const double> confidence,
                                      const std::vector<bool>& wrong, double money, double price);

// What a threshold does.
Threshold at_threshold(std::span<const double> confidence, const std::vector<bool>& wrong,
                       double threshold);

}  // namespace cactus::training
