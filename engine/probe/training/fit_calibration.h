// Fits the map from logits to probabilities.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/probe/calibration.h"

namespace cactus::training {

// Platt's sigmoid with his smoothed targets (Platt 1999; Lin, Lin and Weng 2007), by Newton's
// method.
Calibration fit_platt(std::span<const double> logits, const std::vector<bool>& wrong);

// Pool adjacent violators; each block becomes a point at its mean logit with the value
// (wrong + ½) / (count + 1), so that no probability is exactly 0 or 1.
Calibration fit_isotonic(std::span<const double> logits, const std::vector<bool>& wrong);

struct ChosenCalibration {
  Calibration calibration;                   // fitted on everything
  double platt_loss = 0, isotonic_loss = 0;  // log loss on parts that were held out
};
// Fits both on four fifths and compares them on the rest, five times; the better one is fitted
// again on everything. Deterministic from the seed.
ChosenCalibration choose_calibration(std::span<const double> logits, const std::vector<bool>& wrong,
                                     std::uint64_t seed);

}  // namespace cactus::training
