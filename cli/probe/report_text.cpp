#include "cli/probe/report_text.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "cli/render/format.h"

namespace cactus::cli {
namespace {

using Row = std::vector<std::string>;

std::string number(const Json& value, int digits = 3) {
  if (!value.is_number()) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value.get<double>());
  return text;
}

std::string percent(const Json& value) {
  return value.is_number() ? number(Json(100 * value.get<double>()), 1) + "%" : "-";
}

// Columns aligned: the first to the left, the others to the right.
std::string table(const std::vector<Row>& rows) {
  std::vector<int> width;
  for (const Row& row : rows) {
    width.resize(std::max(width.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      width[i] = std::max(width[i], display_width(row[i]));
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string pad(static_cast<std::size_t>(width[i] - display_width(row[i])), ' ');
      line += i == 0 ? row[i] + pad : "  " + pad + row[i];
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  return out;
}

}  // namespace

std::string probe_report_text(const Json& report) {
  const Json& all = report["all"];
  std::string out = std::to_string(all["answers"].get<std::int64_t>()) + " test answers, " +
                    percent(all["accuracy"]) + " right; calibration error " + number(all["ece"]) +
                    ", Brier " + number(all["brier"]) + "\n\n";
  std::vector<Row> rows = {{"score", "AUROC", "95%", "seen sets", "unseen sets"}};
  for (const auto& [name, row] : all["scores"].items()) {
    const auto mean = [&report, &score = name](const char* key) {
      return number(report[key]["auroc"].value(score, Json()));
    };
    rows.push_back({name, number(row["auroc"]),
                    number(row.value("low", Json())) + " to " + number(row.value("high", Json())),
                    mean("mean_over_seen_sets"), mean("mean_over_unseen_sets")});
  }
  out += table(rows) + "\n";
  rows = {{"set", "answers", "accuracy", "ECE", "probe", "entropy"}};
  for (const auto& [set, group] : report["sets"].items())
    rows.push_back({set + (group["trained_on"] == true ? "" : " (unseen)"),
                    std::to_string(group["answers"].get<std::int64_t>()),
                    percent(group["accuracy"]), number(group["ece"]),
                    number(group["scores"]["probe"]["auroc"]),
                    number(group["scores"]["token entropy"]["auroc"])});
  out += table(rows);
  if (report["sweep"].is_array()) {
    rows = {{"layer", "valid AUROC", "test AUROC"}};
    for (const Json& layer : report["sweep"])
      rows.push_back({std::to_string(layer["layer"].get<std::int64_t>()),
                      number(layer["valid_auroc"]), number(layer["test_auroc"])});
    out += "\n" + table(rows);
  }
  if (report["leave_one_out"].is_object()) {
    rows = {{"trained without", "AUROC on it"}};
    for (const auto& [set, value] : report["leave_one_out"].items())
      rows.push_back({set, number(value)});
    out += "\n" + table(rows);
  }
  const Json& t = report["at_threshold"];
  if (t.is_object())
    out += "\nthreshold " + number(t["threshold"]) + ": " + percent(t["share"]) + " handed off, " +
           percent(t["risk"]) + " of the kept answers wrong\n";
  return out;
}

std::string probe_card_text(const ProbeCard& card, const std::string& name) {
  const ModelIdentity& m = card.model;
  std::vector<Row> rows;
  std::string out = name + "\n";
  out += "  for        " + (m.repository.empty() ? "a local model" : m.repository) +
         (m.commit.empty() ? "" : " @ " + m.commit) + " (" + m.family + ", " +
         std::to_string(m.layers) + " layers of " + std::to_string(m.hidden) + ")\n";
  out += "  reads      the state after layer " + std::to_string(card.layer) + "\n";
  if (card.blend) out += "             blended with the probabilities of the answer's tokens\n";
  out += "  weights    " + m.fingerprint + "\n";
  const char* kinds[] = {"none", "Platt", "isotonic"};
  out += std::string("  calibrated ") + kinds[static_cast<int>(card.calibration.kind)] + "\n";
  out += "  threshold  " +
         (card.threshold ? number(Json(*card.threshold)) : "none: the user's choice") + "\n";
  if (!card.measured.is_object()) return out + "  measured   nothing\n";
  rows = {{"  set", "answers", "accuracy", "AUROC", "95%", "ECE"}};
  const auto figures = [&](const std::string& label, const Json& g) {
    if (!g.is_object()) return;
    const auto get = [&g](const char* key) { return g.value(key, Json()); };
    const Json answers = get("answers");
    rows.push_back({"  " + label, answers.is_number() ? answers.dump() : "-",
                    percent(get("accuracy")), number(get("auroc")),
                    number(get("auroc_low")) + " to " + number(get("auroc_high")),
                    number(get("ece"))});
  };
  figures("in distribution", card.measured.value("in_distribution", Json()));
  figures("out of distribution", card.measured.value("out_of_distribution", Json()));
  const Json sets = card.measured.value("sets", Json());
  if (sets.is_object())
    for (const auto& [set, group] : sets.items()) figures(set, group);
  return out + "\n" + table(rows);
}

}  // namespace cactus::cli
