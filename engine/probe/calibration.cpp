#include "engine/probe/calibration.h"

#include <algorithm>
#include <cmath>

#include "engine/probe/head.h"

namespace cactus {
namespace {

Error broken(const std::string& why) {
  return make_error(ErrorKind::incompatible, "the probe's calibration cannot be used", why);
}

Result<std::vector<double>> numbers(const Json& value, const char* key) {
  const auto list = value.find(key);
  if (list == value.end() || !list->is_array() || list->size() > kMostCalibrationPoints)
    return broken(std::string(key) + " is no list of numbers");
  std::vector<double> out;
  for (const Json& item : *list) {
    if (!item.is_number()) return broken(std::string(key) + " is no list of numbers");
    out.push_back(item.get<double>());
    if (!std::isfinite(out.back())) return broken(std::string(key) + " is not finite");
  }
  return out;
}

}  // namespace

double Calibration::operator()(double logit) const {
  if (kind == Kind::none) return sigmoid(logit);
  if (kind == Kind::platt) return sigmoid(slope * logit + offset);
  const auto above = std::upper_bound(x.begin(), x.end(), logit);
  if (above == x.begin()) return y.front();
  if (above == x.end()) return y.back();
  const auto i = static_cast<std::size_t>(above - x.begin());
  const double share = (logit - x[i - 1]) / (x[i] - x[i - 1]);
  return y[i - 1] + share * (y[i] - y[i - 1]);
}

Json calibration_json(const Calibration& c) {
  switch (c.kind) {
    case Calibration::Kind::none:
      return {{"kind", "none"}};
    case Calibration::Kind::platt:
      return {{"kind", "platt"}, {"slope", c.slope}, {"offset", c.offset}};
    case Calibration::Kind::isotonic:
      return {{"kind", "isotonic"}, {"x", c.x}, {"y", c.y}};
  }
  return {};
}

Result<Calibration> parse_calibration(const Json& value) {
  if (!value.is_object() || !value.value("kind", Json()).is_string())
    return broken("it has no kind");
  const std::string kind = value["kind"];
  Calibration c;
  if (kind == "none") return c;
  if (kind == "platt") {
    c.kind = Calibration::Kind::platt;
    for (auto [key, place] : {std::pair{"slope", &c.slope}, {"offset", &c.offset}}) {
      if (!value.value(key, Json()).is_number()) return broken(std::string(key) + " is no number");
      *place = value[key];
      if (!std::isfinite(*place)) return broken(std::string(key) + " is not finite");
    }
    if (c.slope < 0) return broken("its slope is negative");
    return c;
  }
  if (kind != "isotonic") return broken("its kind is '" + kind + "'");
  c.kind = Calibration::Kind::isotonic;
  CACTUS_TRY(x, numbers(value, "x"));
  CACTUS_TRY(y, numbers(value, "y"));
  if (x.empty() || x.size() != y.size()) return broken("x and y do not go together");
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (y[i] < 0 || y[i] > 1) return broken("a probability lies outside [0, 1]");
    if (i > 0 && (x[i] <= x[i - 1] || y[i] < y[i - 1])) return broken("its points do not ascend");
  }
  c.x = std::move(x);
  c.y = std::move(y);
  return c;
}

}  // namespace cactus
