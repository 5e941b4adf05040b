#include "engine/probe/training/fit_probe.h"

#include <cmath>
#include <limits>

#include "engine/probe/training/fit_blend.h"
#include "engine/probe/training/metrics.h"

namespace cactus::training {
namespace {

constexpr int kFolds = 4;

// The answers of `train` whose logits are known.
std::vector<BlendRow> rows_of(const Selection& train, std::span<const double> logits) {
  std::vector<BlendRow> rows;
  for (std::size_t i = 0; i < train.size(); ++i) {
    const FeatureRecord& record = *train.records[i];
    if (std::isfinite(logits[i]) && record.statistics.tokens > 0)
      rows.push_back({logits[i], record.statistics, train.examples[i].wrong});
  }
  return rows;
}

}  // namespace

std::vector<double> probe_logits(std::size_t hidden, std::span<const float> parameters,
                                 const std::optional<Blend>& blend, const Selection& answers,
                                 int threads) {
  std::vector<double> logits = logits_of(hidden, parameters, answers.examples, threads);
  if (blend)
    for (std::size_t i = 0; i < logits.size(); ++i)
      logits[i] = (*blend)(logits[i], answers.records[i]->statistics);
  return logits;
}

Result<FittedProbe> fit_probe(const Features& features, const Selection& train,
                              const Selection& valid, bool head_alone,
                              const TrainOptions& options) {
  const std::size_t hidden = features.hidden();
  FittedProbe fitted;
  CACTUS_TRY(heads, train_heads(hidden, train.examples, valid.examples, options));
  fitted.heads = std::move(heads);
  const TrainedHead& best = fitted.best();
  fitted.valid_auroc_head = best.valid_auroc;
  fitted.valid_auroc_blend = std::numeric_limits<double>::quiet_NaN();
  if (head_alone || !features.header().choices) return fitted;
  CACTUS_TRY(logits, held_out_logits(hidden, train, valid, kFolds, options));
  fitted.blend = fit_blend(rows_of(train, logits));
  if (!fitted.blend) return fitted;
  const auto blended = probe_logits(hidden, best.parameters, fitted.blend, valid, options.threads);
  fitted.valid_auroc_blend = auroc(blended, valid.wrong());
  if (!(fitted.valid_auroc_blend > fitted.valid_auroc_head)) fitted.blend.reset();
  return fitted;
}

}  // namespace cactus::training
