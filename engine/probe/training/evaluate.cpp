#include "engine/probe/training/evaluate.h"

#include <algorithm>
#include <cmath>

#include "engine/probe/training/comparators.h"
#include "engine/probe/training/fit_probe.h"
#include "engine/probe/training/make_probe.h"
#include "engine/probe/training/metrics.h"

namespace cactus::training {
namespace {

constexpr int kCurveSteps = 50;

Json finite(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

// Answers of the test split with every score there is of them; the probe's comes first.
struct Table {
  Selection test;
  std::vector<bool> wrong;
  std::vector<Scores> scores;
  std::vector<double> p_wrong;  // calibrated
};

struct Part {
  std::vector<std::size_t> rows;
  std::vector<bool> wrong;
  std::vector<double> of(const std::vector<double>& values) const {
    std::vector<double> out;
    for (const std::size_t i : rows) out.push_back(values[i]);
    return out;
  }
};

Part part_of(const Table& table, const RecordFilter& keep) {
  Part part;
  for (std::size_t i = 0; i < table.test.size(); ++i) {
    if (!keep(*table.test.records[i])) continue;
    part.rows.push_back(i);
    part.wrong.push_back(table.wrong[i]);
  }
  return part;
}

Json score_row(const Scores& scores, const Part& part, const EvaluateOptions& options,
               bool interval) {
  const std::vector<double> values = part.of(scores.values);
  Json row = {{"auroc", finite(auroc(values, part.wrong))},
              {"area_under_risk", finite(area_under_risk(values, part.wrong))}};
  if (interval) {
    const Interval bounds =
        auroc_interval(values, part.wrong, options.resamples, options.train.seed);
    row["low"] = finite(bounds.low);
    row["high"] = finite(bounds.high);
  }
  return row;
}

Json group(const Table& table, const Part& part, const EvaluateOptions& options) {
  const std::vector<double> p = part.of(table.p_wrong);
  const auto wrong = static_cast<double>(std::count(part.wrong.begin(), part.wrong.end(), true));
  Json scores = Json::object();
  for (std::size_t i = 0; i < table.scores.size(); ++i)
    scores[table.scores[i].name] = score_row(table.scores[i], part, options, true);
  return {{"answers", part.rows.size()},
          {"accuracy", finite(1 - wrong / static_cast<double>(part.rows.size()))},
          {"ece", finite(expected_calibration_error(p, part.wrong))},
          {"brier", finite(brier(p, part.wrong))},
          {"scores", std::move(scores)}};
}

bool in_training(const Features& features, const std::string& set) {
  return std::any_of(features.records().begin(), features.records().end(),
                     [&](const auto& r) { return r.set == set && r.split != "test"; });
}

// Mean AUROC of each score over sets (those where it is defined), of one kind.
Json means_over_sets(const Json& sets, bool trained) {
  Json means = Json::object();
  std::size_t count = 0;
  for (const auto& [name, set] : sets.items()) {
    if (set["trained_on"] != trained) continue;
    bool whole = true;
    for (const auto& [score, row] : set["scores"].items())
      whole = whole && row["auroc"].is_number();
    if (!whole) continue;
    ++count;
    for (const auto& [score, row] : set["scores"].items())
      means[score] = means.value(score, 0.0) + row["auroc"].get<double>();
  }
  for (auto& [score, sum] : means.items()) sum = sum.get<double>() / static_cast<double>(count);
  return {{"sets", count}, {"auroc", std::move(means)}};
}

Json curves(const Table& table, const EvaluateOptions& options) {
  Json all = Json::object();
  for (const Scores& scores : table.scores) {
    Json shares = Json::array(), risks = Json::array(), accuracies = Json::array();
    for (const HandoffPoint& point :
         handoff_curve(scores.values, table.wrong, options.other_accuracy, kCurveSteps)) {
      shares.push_back(point.share);
      risks.push_back(point.risk);
      accuracies.push_back(point.accuracy);
    }
    all[scores.name] = {{"share", std::move(shares)},
                        {"risk", std::move(risks)},
                        {"accuracy", std::move(accuracies)}};
  }
  return all;
}

Json reliability_json(const Table& table) {
  Json bins = Json::array();
  for (const ReliabilityBin& bin : reliability(table.p_wrong, table.wrong))
    if (bin.count > 0)
      bins.push_back({{"p", bin.mean_p}, {"wrong", bin.share_wrong}, {"answers", bin.count}});
  return bins;
}

// What the threshold of the card does.
Json at_threshold(const Table& table, double threshold, double other) {
  double handed = 0, kept_wrong = 0;
  const auto n = static_cast<double>(table.wrong.size());
  for (std::size_t i = 0; i < table.wrong.size(); ++i) {
    if (1 - table.p_wrong[i] < threshold) {
      handed += 1;
    } else {
      kept_wrong += table.wrong[i] ? 1 : 0;
    }
  }
  return {{"threshold", threshold},
          {"share", handed / n},
          {"risk", handed < n ? Json(kept_wrong / (n - handed)) : Json()},
          {"accuracy", (n - handed - kept_wrong + other * handed) / n}};
}

// Made anew as the probe was, blend included if it has one.
Result<Json> leave_one_out(const Features& features, std::size_t index, bool head_alone,
                           const EvaluateOptions& options) {
  Json rows = Json::object();
  for (const std::string& set : set_names(features)) {
    if (!in_training(features, set)) continue;
    const auto others = [&](const char* split) {
      return select(features, index, States::generated,
                    [&](const FeatureRecord& r) { return r.split == split && r.set != set; });
    };
    const Selection train = others("train"), valid = others("valid");
    const Selection test = select(features, index, States::generated, [&](const FeatureRecord& r) {
      return r.split == "test" && r.set == set;
    });
    if (test.size() == 0) continue;
    const auto fitted = fit_probe(features, train, valid, head_alone, options.train);
    if (!fitted && fitted.error().kind == ErrorKind::cancelled) return fitted.error();
    // A set without which one class is missing cannot be left out.
    if (!fitted) {
      rows[set] = nullptr;
      continue;
    }
    const auto logits = probe_logits(features.hidden(), fitted->best().parameters, fitted->blend,
                                     test, options.train.threads);
    rows[set] = finite(auroc(logits, test.wrong()));
  }
  return rows;
}

Result<Table> make_table(const Features& features, std::size_t index, const Probe& probe,
                         const EvaluateOptions& options) {
  Table table;
  table.test = select(features, index, States::generated, in_split("test"));
  if (table.test.size() == 0)
    return make_error(ErrorKind::usage, "there is nothing to evaluate on",
                      "no collected answer has the split \"test\"",
                      R"(prompts with "split": "test")");
  table.wrong = table.test.wrong();
  Scores own{"probe", "this probe", {}};
  Scores states{"hidden states alone", "the head of this probe without its blend", {}};
  states.values = logits_of(features.hidden(), probe.head().parameters(), table.test.examples,
                            options.train.threads);
  for (std::size_t i = 0; i < states.values.size(); ++i)
    own.values.push_back(probe.logit(states.values[i], table.test.records[i]->statistics));
  for (const double logit : own.values) table.p_wrong.push_back(probe.card().calibration(logit));
  table.scores.push_back(std::move(own));
  if (probe.card().blend) table.scores.push_back(std::move(states));
  if (options.simpler_heads) {
    CACTUS_TRY(trained, trained_scores(features, index, in_split("test"), options.train));
    for (Scores& scores : trained) table.scores.push_back(std::move(scores));
  }
  for (Scores& scores : token_scores(table.test)) table.scores.push_back(std::move(scores));
  return table;
}

}  // namespace

Result<Json> evaluate(const Features& features, const Probe& probe,
                      const EvaluateOptions& options) {
  const ProbeCard& card = probe.card();
  CACTUS_TRY(index, features.layer_index(card.layer));
  ModelIdentity model = features.header().model;
  model.fingerprint = features.header().fingerprints[index];
  CACTUS_CHECK(check_identity(card.model, model, "the probe"));
  if (card.blend && !features.header().choices)
    return make_error(ErrorKind::usage, "these answers lack what the probe reads",
                      "they were collected by an older cactus", "cactus probe collect, anew");
  CACTUS_TRY(table, make_table(features, index, probe, options));

  Json report = {{"v", 1},
                 {"model", identity_json(card.model)},
                 {"variant", features.header().variant},
                 {"layer", card.layer},
                 {"blend", card.blend ? blend_json(*card.blend) : Json()},
                 {"calibration", card.calibration.kind == Calibration::Kind::isotonic ? "isotonic"
                                 : card.calibration.kind == Calibration::Kind::platt  ? "platt"
                                                                                      : "none"}};
  Json about = Json::object();
  for (const Scores& scores : table.scores) about[scores.name] = scores.about;
  report["scores"] = std::move(about);
  report["all"] = group(table, part_of(table, [](const FeatureRecord&) { return true; }), options);
  const auto known = [&](const FeatureRecord& r) { return in_training(features, r.set); };
  const Part inside = part_of(table, known);
  const Part outside = part_of(table, [&](const FeatureRecord& r) { return !known(r); });
  report["in_distribution"] = inside.rows.empty() ? Json() : group(table, inside, options);
  report["out_of_distribution"] = outside.rows.empty() ? Json() : group(table, outside, options);
  Json sets = Json::object();
  for (const std::string& name : set_names(features)) {
    const Part part = part_of(table, [&](const FeatureRecord& r) { return r.set == name; });
    if (part.rows.empty()) continue;
    sets[name] = group(table, part, options);
    sets[name]["trained_on"] = in_training(features, name);
  }
  report["mean_over_seen_sets"] = means_over_sets(sets, true);
  report["mean_over_unseen_sets"] = means_over_sets(sets, false);
  report["sets"] = std::move(sets);
  report["reliability"] = reliability_json(table);
  report["other_accuracy"] = options.other_accuracy;
  report["curves"] = curves(table, options);
  report["at_threshold"] =
      card.threshold ? at_threshold(table, *card.threshold, options.other_accuracy) : Json();
  report["sweep"] = nullptr;
  if (options.sweep) {
    CACTUS_TRY(layers, sweep_layers(features, options.train));
    Json rows = Json::array();
    for (const LayerResult& layer : layers)
      rows.push_back({{"layer", layer.layer},
                      {"valid_auroc", finite(layer.valid_auroc)},
                      {"test_auroc", finite(layer.test_auroc)}});
    report["sweep"] = std::move(rows);
  }
  report["leave_one_out"] = nullptr;
  if (options.leave_one_out) {
    CACTUS_TRY(rows, leave_one_out(features, index, !card.blend, options));
    report["leave_one_out"] = std::move(rows);
  }
  return report;
}

}  // namespace cactus::training
