// Metrics against their definitions, calibration against data whose truth is known.
#include "engine/probe/training/metrics.h"

#include "engine/probe/training/fit_calibration.h"
#include "tests/engine/probe/support.h"
#include "tests/support/catch.h"

namespace cactus::test {
namespace {

using namespace cactus::training;

struct Scored {
  std::vector<double> scores;
  std::vector<bool> wrong;
};

// Logits whose true chance is sigmoid(slope · logit + offset).
Scored drawn(std::size_t n, std::uint64_t seed, double slope, double offset, bool coarse = false) {
  Random random(seed);
  Scored out;
  for (std::size_t i = 0; i < n; ++i) {
    double x = 6 * random.uniform() - 3;
    if (coarse) x = std::round(x);
    out.scores.push_back(x);
    out.wrong.push_back(random.uniform() < sigmoid(slope * x + offset));
  }
  return out;
}

double slow_auroc(const Scored& s) {
  double pairs = 0, won = 0;
  for (std::size_t i = 0; i < s.scores.size(); ++i)
    for (std::size_t j = 0; j < s.scores.size(); ++j)
      if (s.wrong[i] && !s.wrong[j]) {
        pairs += 1;
        won += s.scores[i] > s.scores[j] ? 1 : s.scores[i] == s.scores[j] ? 0.5 : 0;
      }
  return won / pairs;
}

}  // namespace

TEST_CASE("auroc is the share of pairs in the right order", "[engine]") {
  for (const bool coarse : {false, true}) {
    const Scored s = drawn(300, 4, 1, 0, coarse);
    CHECK(auroc(s.scores, s.wrong) == Approx(slow_auroc(s)));
  }
  CHECK(auroc(std::vector<double>{1, 2, 3}, {false, true, true}) == 1);
  CHECK(auroc(std::vector<double>{1, 1, 1}, {false, true, true}) == 0.5);
  CHECK(std::isnan(auroc(std::vector<double>{1, 2}, {true, true})));
  CHECK(std::isnan(auroc({}, {})));
}

TEST_CASE("the bootstrap interval covers, narrows with more answers and repeats", "[engine]") {
  const Scored few = drawn(100, 1, 1, 0), many = drawn(3000, 2, 1, 0);
  const Interval a = auroc_interval(few.scores, few.wrong, 500, 1);
  const Interval b = auroc_interval(many.scores, many.wrong, 500, 1);
  CHECK((a.low < auroc(few.scores, few.wrong) && auroc(few.scores, few.wrong) < a.high));
  CHECK(b.high - b.low < (a.high - a.low) / 3);
  CHECK(auroc_interval(few.scores, few.wrong, 500, 1).low == a.low);
  CHECK(std::isnan(auroc_interval(std::vector<double>{1.0}, {true}, 10, 1).low));
}

TEST_CASE("calibration error, Brier and log loss by hand", "[engine]") {
  const std::vector<double> p{0.1, 0.1, 0.9, 0.9};
  const std::vector<bool> wrong{false, true, true, true};
  CHECK(expected_calibration_error(p, wrong) == Approx(0.5 * 0.4 + 0.5 * 0.1));
  CHECK(brier(p, wrong) == Approx((0.01 + 0.81 + 0.01 + 0.01) / 4));
  CHECK(log_loss(p, wrong) == Approx(-(std::log(0.9) + std::log(0.1) + 2 * std::log(0.9)) / 4));
}

TEST_CASE("the hand-off curve by hand", "[engine]") {
  const std::vector<double> scores{4, 3, 2, 1};
  const std::vector<bool> wrong{true, true, false, false};
  const auto curve = handoff_curve(scores, wrong, 0.9, 4);
  REQUIRE(curve.size() == 5);
  CHECK(curve[0].risk == 0.5);
  CHECK(curve[0].accuracy == 0.5);
  CHECK(curve[1].risk == Approx(1.0 / 3));
  CHECK(curve[2].risk == 0);
  CHECK(curve[2].accuracy == Approx(0.5 + 0.9 * 0.5));
  CHECK(curve[2].score == 2);  // what scores more than this goes
  CHECK(curve[4].accuracy == Approx(0.9));
  CHECK(area_under_risk(scores, wrong) == Approx((0.5 + 1.0 / 3) / 4));
  // A score that says nothing hands off right and wrong ones alike.
  const auto flat = handoff_curve(std::vector<double>(4, 1.0), wrong, 1, 4);
  for (int k = 0; k < 4; ++k) CHECK(flat[static_cast<std::size_t>(k)].risk == Approx(0.5));
}

TEST_CASE("Platt's map is recovered", "[engine]") {
  const Scored s = drawn(20000, 7, 0.8, -0.6);
  const Calibration c = fit_platt(s.scores, s.wrong);
  CHECK(c.slope == Approx(0.8).margin(0.05));
  CHECK(c.offset == Approx(-0.6).margin(0.05));
  // upside down: never turned round, only flat
  Scored reversed = s;
  for (double& x : reversed.scores) x = -x;
  CHECK(fit_platt(reversed.scores, reversed.wrong).slope == 0);
  CHECK(parse_calibration(calibration_json(c)));
}

TEST_CASE("the isotonic map ascends, has no 0 or 1, and is honest on new data", "[engine]") {
  for (const bool coarse : {false, true}) {
    const Scored s = drawn(4000, 7, 2, 0.5, coarse), fresh = drawn(4000, 8, 2, 0.5, coarse);
    const Calibration c = fit_isotonic(s.scores, s.wrong);
    REQUIRE(parse_calibration(calibration_json(c)));
    CHECK(c.y.front() > 0);
    CHECK(c.y.back() < 1);
    std::vector<double> p;
    for (const double x : fresh.scores) p.push_back(c(x));
    CHECK(expected_calibration_error(p, fresh.wrong) < 0.03);
    CHECK(auroc(p, fresh.wrong) == Approx(auroc(fresh.scores, fresh.wrong)).margin(0.01));
  }
}

TEST_CASE("the better calibration is chosen on what was held out", "[engine]") {
  const Scored smooth = drawn(300, 7, 1, 0);
  CHECK(choose_calibration(smooth.scores, smooth.wrong, 1).calibration.kind ==
        Calibration::Kind::platt);
  // A step no sigmoid fits: 10% below zero, 40% above whatever the logit.
  Random random(3);
  Scored step;
  for (int i = 0; i < 4000; ++i) {
    const double x = 20 * random.uniform() - 10;
    step.scores.push_back(x);
    step.wrong.push_back(random.uniform() < (x < 0 ? 0.1 : 0.4));
  }
  const ChosenCalibration chosen = choose_calibration(step.scores, step.wrong, 1);
  CHECK(chosen.calibration.kind == Calibration::Kind::isotonic);
  CHECK(chosen.isotonic_loss < chosen.platt_loss);
}

}  // namespace cactus::test
