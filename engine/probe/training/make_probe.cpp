#include "engine/probe/training/make_probe.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/probe/training/fit_calibration.h"
#include "engine/probe/training/fit_probe.h"
#include "engine/probe/training/metrics.h"
#include "engine/probe/training/selection.h"

namespace cactus::training {
namespace {

constexpr int kCardResamples = 1000;

Json finite(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

// Figures of one group of answers, for the card.
Json figures(std::span<const double> logits, const std::vector<bool>& wrong,
             const Calibration& calibration, std::uint64_t seed) {
  std::vector<double> p;
  for (const double logit : logits) p.push_back(calibration(logit));
  const Interval interval = auroc_interval(logits, wrong, kCardResamples, seed);
  const auto bad = static_cast<double>(std::count(wrong.begin(), wrong.end(), true));
  return {{"answers", wrong.size()},
          {"accuracy", finite(1 - bad / static_cast<double>(wrong.size()))},
          {"auroc", finite(auroc(logits, wrong))},
          {"auroc_low", finite(interval.low)},
          {"auroc_high", finite(interval.high)},
          {"ece", finite(expected_calibration_error(p, wrong))},
          {"brier", finite(brier(p, wrong))}};
}

// Sets that training saw and sets it did not see, apart and each by itself.
Json measure(const Features& features, const Selection& test, std::span<const double> logits,
             const Calibration& calibration, std::uint64_t seed) {
  std::vector<std::string> trained;
  for (const FeatureRecord& r : features.records())
    if (r.split != "test") trained.push_back(r.set);
  std::sort(trained.begin(), trained.end());
  const auto known = [&](const std::string& set) {
    return std::binary_search(trained.begin(), trained.end(), set);
  };
  const auto part = [&](const RecordFilter& keep) {
    std::vector<double> some;
    std::vector<bool> wrong;
    for (std::size_t i = 0; i < test.size(); ++i) {
      if (!keep(*test.records[i])) continue;
      some.push_back(logits[i]);
      wrong.push_back(test.examples[i].wrong);
    }
    return some.empty() ? Json() : figures(some, wrong, calibration, seed);
  };
  Json out;
  out["in_distribution"] = part([&](const FeatureRecord& r) { return known(r.set); });
  out["out_of_distribution"] = part([&](const FeatureRecord& r) { return !known(r.set); });
  Json sets = Json::object();
  double sum = 0;
  int counted = 0;
  for (const std::string& name : set_names(features)) {
    Json one = part([&](const FeatureRecord& r) { return r.set == name; });
    if (one.is_null()) continue;
    one["trained_on"] = known(name);
    if (one["auroc"].is_number()) {
      sum += one["auroc"].get<double>();
      ++counted;
    }
    sets[name] = std::move(one);
  }
  out["mean_auroc_of_sets"] = counted > 0 ? Json(sum / counted) : Json();
  out["sets"] = std::move(sets);
  return out;
}

Json describe_training(const Features& features, const TrainOptions& options,
                       const std::vector<TrainedHead>& heads, const TrainedHead& best) {
  Json splits = Json::object();
  for (const char* split : {"train", "valid", "test"}) {
    Json sets = Json::object();
    for (const FeatureRecord& r : features.records()) {
      if (r.split != split) continue;
      Json& count = sets[r.set];
      count = count.is_null() ? 1 : count.get<int>() + 1;
    }
    splits[split] = std::move(sets);
  }
  Json seeds = Json::array();
  for (const TrainedHead& head : heads)
    seeds.push_back({{"seed", head.seed},
                     {"epochs", head.epochs},
                     {"valid_loss", finite(head.valid_loss)},
                     {"valid_auroc", finite(head.valid_auroc)}});
  return {{"answers", std::move(splits)},
          {"prompts", features.header().settings.value("prompts", Json())},
          {"variant", features.header().variant},
          {"seed", best.seed},
          {"seeds", std::move(seeds)},
          {"optimiser",
           {{"rate", options.rate},
            {"weight_decay", options.weight_decay},
            {"dropout", options.dropout},
            {"batch", options.batch},
            {"epochs", options.epochs},
            {"patience", options.patience}}}};
}

Json sweep_json(const std::vector<LayerResult>& sweep) {
  Json rows = Json::array();
  for (const LayerResult& layer : sweep)
    rows.push_back({{"layer", layer.layer}, {"valid_auroc", finite(layer.valid_auroc)}});
  return rows;
}

}  // namespace

Result<std::vector<LayerResult>> sweep_layers(const Features& features,
                                              const TrainOptions& options) {
  const std::vector<std::int64_t>& layers = features.header().layers;
  std::vector<LayerResult> results;
  TrainOptions one = options;
  int before = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Selection train = select(features, i, States::generated, in_split("train"));
    const Selection valid = select(features, i, States::generated, in_split("valid"));
    const Selection test = select(features, i, States::generated, in_split("test"));
    const int each = std::max(options.seeds, 1) * options.epochs;
    if (options.progress)
      one.progress = [&](int done, int) {
        options.progress(before + done, each * static_cast<int>(layers.size()));
      };
    CACTUS_TRY(heads, train_heads(features.hidden(), train.examples, valid.examples, one));
    before += each;
    const TrainedHead& best = best_of(heads);
    const auto logits =
        logits_of(features.hidden(), best.parameters, test.examples, options.threads);
    results.push_back({layers[i], best.valid_loss, best.valid_auroc, auroc(logits, test.wrong())});
  }
  return results;
}

Result<MadeProbe> make_probe(const Features& features, const MakeOptions& options) {
  const std::vector<std::int64_t>& layers = features.header().layers;
  std::vector<LayerResult> sweep;
  std::size_t index = 0;
  if (options.layer) {
    CACTUS_TRY(found, features.layer_index(*options.layer));
    index = found;
  } else if (layers.size() > 1) {
    TrainOptions quick = options.train;
    quick.seeds = options.sweep_seeds;
    CACTUS_TRY(results, sweep_layers(features, quick));
    sweep = std::move(results);
    const auto best = std::max_element(
        sweep.begin(), sweep.end(),
        [](const auto& a, const auto& b) { return a.valid_auroc < b.valid_auroc; });
    index = static_cast<std::size_t>(best - sweep.begin());
  }
  const std::size_t hidden = features.hidden();
  const Selection train = select(features, index, States::generated, in_split("train"));
  const Selection valid = select(features, index, States::generated, in_split("valid"));
  const Selection test = select(features, index, States::generated, in_split("test"));
  CACTUS_TRY(fitted, fit_probe(features, train, valid, options.head_alone, options.train));
  const TrainedHead& best = fitted.best();

  MadeProbe made{{}, Head(hidden, best.parameters), sweep};
  ProbeCard& card = made.card;
  card.model = features.header().model;
  card.model.fingerprint = features.header().fingerprints[index];
  card.layer = layers[index];
  card.blend = fitted.blend;
  const auto valid_logits =
      probe_logits(hidden, best.parameters, card.blend, valid, options.train.threads);
  const ChosenCalibration chosen =
      choose_calibration(valid_logits, valid.wrong(), options.train.seed);
  card.calibration = chosen.calibration;
  card.training = describe_training(features, options.train, fitted.heads, best);
  if (!sweep.empty()) card.training["sweep"] = sweep_json(sweep);
  if (std::isfinite(fitted.valid_auroc_blend))
    card.training["blend"] = {{"valid_auroc", fitted.valid_auroc_blend},
                              {"valid_auroc_of_head", finite(fitted.valid_auroc_head)},
                              {"used", fitted.blend.has_value()}};
  card.training["calibration"] = {{"answers", valid.size()},
                                  {"platt_log_loss", finite(chosen.platt_loss)},
                                  {"isotonic_log_loss", finite(chosen.isotonic_loss)}};
  const auto logits =
      probe_logits(hidden, best.parameters, card.blend, test, options.train.threads);
  if (test.size() > 0)
    card.measured = measure(features, test, logits, card.calibration, options.train.seed);
  return made;
}

}  // namespace cactus::training
