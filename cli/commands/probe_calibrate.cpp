// `probe calibrate`: a threshold from what the user wants, written into the probe's card.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "cli/commands/probe.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/files.h"
#include "cli/introspect.h"
#include "cli/signals.h"
#include "engine/probe/probe.h"
#include "engine/probe/training/fit_calibration.h"
#include "engine/probe/training/fit_probe.h"
#include "engine/probe/training/selection.h"
#include "engine/probe/training/threshold.h"
#include "engine/probe/training/trainer.h"
#include "kernels/pool.h"

namespace cactus::cli {
namespace {

struct CalibrateFlags {
  std::string probe, features, out;
  std::optional<double> share, error, money;
  double price = 0;
  bool refit = false, json = false, quiet = false;
};

// Logits and labels of one split.
struct Split {
  std::vector<double> logits;
  std::vector<bool> wrong;
};

Result<Split> read_split(const training::Features& features, const Probe& probe,
                         const std::string& name) {
  CACTUS_TRY(index, features.layer_index(probe.card().layer));
  ModelIdentity model = features.header().model;
  model.fingerprint = features.header().fingerprints[index];
  CACTUS_CHECK(check_identity(probe.card().model, model, "the probe"));
  const training::Selection some =
      training::select(features, index, training::States::generated, training::in_split(name));
  if (probe.card().blend && !features.header().choices)
    return make_error(ErrorKind::usage, "these answers lack what the probe reads",
                      "they were collected by an older cactus", "cactus probe collect, anew");
  return Split{training::probe_logits(features.hidden(), probe.head().parameters(),
                                      probe.card().blend, some, kernels::default_threads()),
               some.wrong()};
}

std::vector<double> confidences(const Split& split, const Calibration& calibration) {
  std::vector<double> out;
  for (const double logit : split.logits) out.push_back(1 - calibration(logit));
  return out;
}

Result<training::Threshold> choose(const CalibrateFlags& flags,
                                   const std::vector<double>& confidence,
                                   const std::vector<bool>& wrong) {
  if (flags.share) return training::threshold_for_share(confidence, wrong, *flags.share);
  if (flags.error) return training::threshold_for_risk(confidence, wrong, *flags.error);
  return training::threshold_for_money(confidence, wrong, *flags.money, flags.price);
}

Status check(const CalibrateFlags& flags) {
  const auto given =
      int{flags.share.has_value()} + int{flags.error.has_value()} + int{flags.money.has_value()};
  if (given != 1)
    return make_error(ErrorKind::usage, "calibrate wants one target", {},
                      "--share 0.2, --error 0.05, or --money 0.5 --price 0.01");
  const auto part = [](const std::optional<double>& v) { return !v || (*v >= 0 && *v <= 1); };
  if (!part(flags.share) || !part(flags.error))
    return make_error(ErrorKind::usage, "--share and --error are between 0 and 1");
  if (flags.money && (*flags.money < 0 || flags.price <= 0))
    return make_error(ErrorKind::usage, "--money wants a --price above 0",
                      "what one turn that is handed off costs", "--money 0.5 --price 0.01");
  return ok_status();
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f%%", 100 * share);
  return text;
}

Result<int> run(Context& context, const CalibrateFlags& flags) {
  Terminal& terminal = context.terminal;
  terminal.set_quiet(flags.quiet);
  CACTUS_CHECK(check(flags));
  CACTUS_TRY(probe, Probe::open(flags.probe));
  CACTUS_TRY(features, training::Features::open(flags.features));
  CACTUS_TRY(valid, read_split(*features, *probe, "valid"));
  if (valid.logits.empty())
    return make_error(ErrorKind::usage, "there is nothing to calibrate on",
                      "no collected answer has the split \"valid\"");
  ProbeCard card = probe->card();
  // A probe that came without a map (an imported one) gets one.
  if (flags.refit || card.calibration.kind == Calibration::Kind::none)
    card.calibration = training::choose_calibration(valid.logits, valid.wrong, 1).calibration;
  CACTUS_TRY(chosen, choose(flags, confidences(valid, card.calibration), valid.wrong));
  card.threshold = std::clamp(chosen.confidence, 0.0, 1.0);
  CACTUS_TRY(test, read_split(*features, *probe, "test"));
  const std::string out = flags.out.empty() ? flags.probe : flags.out;
  CACTUS_CHECK(write_file(out, write_probe(card, probe->head()), 0644));
  Json tested;
  if (!test.logits.empty()) {
    const training::Threshold t =
        training::at_threshold(confidences(test, card.calibration), test.wrong, *card.threshold);
    tested = {{"answers", test.logits.size()}, {"share", t.share}, {"risk", t.risk}};
  }
  if (context.format != Format::text) {
    terminal.out(
        dump_json(
            {{"v", 1},
             {"success", true},
             {"probe", out},
             {"threshold", *card.threshold},
             {"calibration", calibration_json(card.calibration)["kind"]},
             {"valid",
              {{"answers", valid.logits.size()}, {"share", chosen.share}, {"risk", chosen.risk}}},
             {"test", std::move(tested)}}) +
        "\n");
    return static_cast<int>(kOk);
  }
  char threshold[32];
  std::snprintf(threshold, sizeof threshold, "%.4f", *card.threshold);
  std::string text = std::string("threshold ") + threshold +
                     "\nvalidation: " + percent(chosen.share) + " handed off, " +
                     percent(chosen.risk) + " of the kept answers wrong\n";
  if (tested.is_object())
    text += "test:       " + percent(tested["share"].get<double>()) + " handed off, " +
            percent(tested["risk"].get<double>()) + " of the kept answers wrong\n";
  terminal.out(text);
  return static_cast<int>(kOk);
}

}  // namespace

void add_probe_calibrate(CLI::App& probe, Context& context) {
  CLI::App& app = *probe.add_subcommand("calibrate", "A threshold from a target, into the probe");
  const auto flags = std::make_shared<CalibrateFlags>();
  app.add_option("probe", flags->probe, "A probe's file")->type_name("PROBE")->required();
  app.add_option("--features", flags->features,
                 "Folder of probe collect; chosen on its valid split, shown on its test split")
      ->type_name("FOLDER")
      ->required();
  app.add_option("--share", flags->share, "Hand off at most this share of the turns")
      ->type_name("N")
      ->group("Target");
  app.add_option("--error", flags->error, "Keep answers of which at most this share is wrong")
      ->type_name("N")
      ->group("Target");
  app.add_option("--money", flags->money, "Spend at most this for 100 turns")
      ->type_name("N")
      ->group("Target");
  app.add_option("--price", flags->price, "What a turn that is handed off costs")
      ->type_name("N")
      ->group("Target");
  app.add_flag("--refit", flags->refit, "Fit the map to probabilities again, on these answers");
  app.add_option("--out", flags->out, "Probe to write; default: the same file")->type_name("FILE");
  app.add_flag("--json", flags->json, "The result as JSON")->group("Output");
  app.add_flag("-q,--quiet", flags->quiet, "No notes")->group("Output");
  set_examples(app,
               {"cactus probe calibrate my.cactus --features answers --share 0.2",
                "cactus probe calibrate my.cactus --features answers --money 0.5 --price 0.02"});
  app.callback(
      [&context, flags] { context.action = [&context, flags] { return run(context, *flags); }; });
}

}  // namespace cactus::cli
