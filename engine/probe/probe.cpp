#include "engine/probe/probe.h"

#include <cmath>

#include "engine/base/file.h"
#include "engine/model.h"
#include "engine/models/decoder.h"
#include "engine/weights/bundle.h"

namespace cactus {

Status Probe::check(const Model& model, const std::string& name) const {
  const DecoderInfo& info = model.decoder().info();
  return check_identity(
      card_.model, identity_of(model.bundle().manifest(), info.hidden, info.layers, card_.layer),
      name);
}

std::optional<double> Probe::confidence(double logit) const {
  if (!std::isfinite(logit)) return std::nullopt;
  const double p_wrong = card_.calibration(logit);
  if (std::isnan(p_wrong)) return std::nullopt;  // a map whose points lie too far apart
  return 1 - p_wrong;
}

Result<std::shared_ptr<const Probe>> Probe::open(const std::filesystem::path& file) {
  CACTUS_TRY(bytes, read_file(file, kProbeLimit));
  return parse(bytes, "'" + file.string() + "'");
}

}  // namespace cactus
