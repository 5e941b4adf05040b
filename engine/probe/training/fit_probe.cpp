#include "engine/probe/training/fit_probe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "engine/probe/training/fit_blend.h"
#include "engine/probe/training/metrics.h"

namespace cactus::training {
namespace {

constexpr int kFolds = 4, kRounds = 2;

using SetWeights = std::map<std::string, double>;

// The answers of `train` whose logits are known; each set weighs what `weights` says, shared by its
// answers.
std::vector<BlendRow> rows_of(const Selection& train, std::span<const double> logits,
                              const SetWeights& weights) {
  SetWeights count;
  for (std::size_t i = 0; i < train.size(); ++i)
    if (std::isfinite(logits[i])) ++count[train.records[i]->set];
  double all = 0, weight = 0;
  for (const auto& [set, n] : count) {
    all += n;
    weight += weights.at(set);
  }
  std::vector<BlendRow> rows;
  for (std::size_t i = 0; i < train.size(); ++i) {
    const FeatureRecord& record = *train.records[i];
    if (!std::isfinite(logits[i]) || record.statistics.tokens < 1) continue;
    const double each = weights.at(record.set) / weight * all / count[record.set];
    rows.push_back({logits[i], record.statistics, train.examples[i].wrong, each});
  }
  return rows;
}

// How far a blend is above mean token entropy: the least of the sets, and a little of their mean.
class Advantage {
 public:
  Advantage(const Selection& valid, std::vector<double> head_logits)
      : valid_(valid), head_(std::move(head_logits)) {
    for (std::size_t i = 0; i < valid.size(); ++i) sets_[valid.records[i]->set].push_back(i);
  }

  double of(const Blend& blend) const {
    double least = std::numeric_limits<double>::infinity(), sum = 0, count = 0;
    for (const auto& [set, rows] : sets_) {
      std::vector<double> blended, entropy;
      std::vector<bool> wrong;
      for (const std::size_t i : rows) {
        const TokenStatistics& statistics = valid_.records[i]->statistics;
        blended.push_back(blend(head_[i], statistics));
        entropy.push_back(statistics.mean_entropy);
        wrong.push_back(valid_.examples[i].wrong);
      }
      const double above = auroc(blended, wrong) - auroc(entropy, wrong);
      if (!std::isfinite(above)) continue;
      least = std::min(least, above);
      sum += above;
      ++count;
    }
    return count > 0 ? least + 0.1 * sum / count : 0;
  }

 private:
  const Selection& valid_;
  std::vector<double> head_;
  std::map<std::string, std::vector<std::size_t>> sets_;
};

// Each set's weight in turn, while the others stay: docs/probe.md.
std::optional<Blend> fit_weighted(const Selection& train, std::span<const double> logits,
                                  const Advantage& advantage) {
  SetWeights weights;
  for (const FeatureRecord* record : train.records) weights[record->set] = 1;
  std::optional<Blend> best = fit_blend(rows_of(train, logits, weights));
  if (!best) return best;
  double most = advantage.of(*best);
  for (int round = 0; round < kRounds && weights.size() > 1; ++round) {
    for (auto& [set, weight] : weights) {
      double kept = weight;
      for (const double tried : {1.0, 0.5, 0.25, 0.125, 0.0625}) {
        weight = tried;
        const auto blend = fit_blend(rows_of(train, logits, weights));
        const double above = blend ? advantage.of(*blend) : most;
        if (!(above > most)) continue;
        most = above;
        best = blend;
        kept = tried;
      }
      weight = kept;
    }
  }
  return best;
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
  const Advantage advantage(valid,
                            logits_of(hidden, best.parameters, valid.examples, options.threads));
  fitted.blend = fit_weighted(train, logits, advantage);
  if (!fitted.blend) return fitted;
  const auto blended = probe_logits(hidden, best.parameters, fitted.blend, valid, options.threads);
  fitted.valid_auroc_blend = auroc(blended, valid.wrong());
  if (!(fitted.valid_auroc_blend > fitted.valid_auroc_head)) fitted.blend.reset();
  return fitted;
}

}  // namespace cactus::training
