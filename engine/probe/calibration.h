// From a head's logit to a probability that means what it says.
#pragma once
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace cactus {

struct Calibration {
  enum class Kind { none, platt, isotonic };
  Kind kind = Kind::none;
  // platt: p = sigmoid(slope · logit + offset), slope ≥ 0
  double slope = 1, offset = 0;
  // isotonic: p is linear between the points and constant beyond them; x ascends strictly, y never
  // falls and lies in [0, 1].
  std::vector<double> x, y;

  // Never falls as the logit grows; in [0, 1].
  double operator()(double logit) const;
};

inline constexpr std::size_t kMostCalibrationPoints = 4096;

Json calibration_json(const Calibration& calibration);
// incompatible for a map that is not as described above.
Result<Calibration> parse_calibration(const Json& value);

}  // namespace cactus
