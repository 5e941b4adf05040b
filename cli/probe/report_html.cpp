#include "cli/probe/report_html.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "cli/probe/svg.h"

namespace cactus::cli {
namespace {

constexpr const char* kStyle =
    "body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}table{border-collapse:collapse;margin:.6rem 0 1.4rem}"
    "td,th{padding:.15rem .7rem;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child,th:first-child{text-align:left}tr.own td{font-weight:600}"
    "svg{margin:.4rem .8rem .4rem 0}svg text{font:11px system-ui,sans-serif;fill:#333}"
    "svg text.title{font-size:13px;font-weight:600}.grid{stroke:#e4e4e4}"
    ".diagonal{stroke:#999;stroke-dasharray:4 3}p.small{color:#555}";

std::string number(const Json& value, int digits = 3) {
  if (!value.is_number()) return "–";
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value.get<double>());
  return text;
}

std::string percent(const Json& value) {
  return value.is_number() ? number(Json(100 * value.get<double>()), 1) + "%" : "–";
}

std::string cell(const std::string& text, const char* tag = "td") {
  return std::string("<") + tag + ">" + html_text(text) + "</" + tag + ">";
}

std::string header(const std::vector<std::string>& names) {
  std::string out = "<tr>";
  for (const std::string& name : names) out += cell(name, "th");
  return out + "</tr>\n";
}

std::string score_table(const Json& report) {
  std::string out = "<table>\n" + header({"score", "AUROC, all", "95%", "seen sets, mean",
                                          "unseen sets, mean", "area under risk"});
  for (const auto& [name, row] : report["all"]["scores"].items()) {
    const auto mean = [&report, &score = name](const char* key) {
      return number(report[key]["auroc"].value(score, Json()));
    };
    out += name == "probe" ? "<tr class=\"own\">" : "<tr>";
    out += cell(name) + cell(number(row["auroc"])) +
           cell(number(row.value("low", Json())) + " – " + number(row.value("high", Json()))) +
           cell(mean("mean_over_seen_sets")) + cell(mean("mean_over_unseen_sets")) +
           cell(number(row["area_under_risk"]));
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

std::string set_table(const Json& report) {
  std::vector<std::string> names = {"set", "answers", "accuracy", "ECE"};
  for (const auto& [name, row] : report["all"]["scores"].items()) names.push_back(name);
  std::string out = "<table>\n" + header(names);
  for (const auto& [set, group] : report["sets"].items()) {
    out += "<tr>" + cell(set + (group["trained_on"] == true ? "" : " (unseen)")) +
           cell(std::to_string(group["answers"].get<std::int64_t>())) +
           cell(percent(group["accuracy"])) + cell(number(group["ece"]));
    for (const auto& [name, row] : group["scores"].items()) out += cell(number(row["auroc"]));
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

std::vector<double> numbers(const Json& list, const char* key = nullptr) {
  std::vector<double> out;
  for (const Json& item : list) {
    const Json value = key != nullptr ? item.value(key, Json()) : item;
    out.push_back(value.is_number() ? value.get<double>() : std::nan(""));
  }
  return out;
}

std::string curve_plot(const Json& report, const char* key, const std::string& title,
                       const std::string& y_label) {
  Plot plot{title, "share handed off", y_label, 0, 1, 0, 1, false, {}};
  double least = 1, most = 0;
  for (const auto& [name, curve] : report["curves"].items()) {
    PlotLine line{name, numbers(curve["share"]), numbers(curve[key]), false, name == "probe"};
    for (const double y : line.y) {
      least = std::min(least, y);
      most = std::max(most, y);
    }
    plot.lines.push_back(std::move(line));
  }
  if (most > least) {
    plot.y_low = std::max(0.0, std::floor(least * 20 - 1e-9) / 20);
    plot.y_high = std::min(1.0, std::ceil(most * 20 + 1e-9) / 20);
  }
  return svg_plot(plot);
}

std::string reliability_plot(const Json& report) {
  Plot plot{
      "calibration", "said: chance of being wrong", "found: share wrong", 0, 1, 0, 1, true, {}};
  plot.lines.push_back({"", numbers(report["reliability"], "p"),
                        numbers(report["reliability"], "wrong"), true, true});
  return svg_plot(plot);
}

std::string competence_plot(const Json& report) {
  Plot plot{"a probe is worth what its model is",
            "accuracy of the local model",
            "AUROC",
            0,
            1,
            0.4,
            1,
            false,
            {}};
  PlotLine seen{"seen sets", {}, {}, true, false}, unseen{"unseen sets", {}, {}, true, false};
  for (const auto& [set, group] : report["sets"].items()) {
    const Json& auroc = group["scores"]["probe"]["auroc"];
    if (!auroc.is_number()) continue;
    PlotLine& line = group["trained_on"] == true ? seen : unseen;
    line.x.push_back(group["accuracy"].get<double>());
    line.y.push_back(auroc.get<double>());
  }
  plot.lines = {seen, unseen};
  return svg_plot(plot);
}

std::string sweep_plot(const Json& report) {
  if (!report["sweep"].is_array() || report["sweep"].empty()) return {};
  const std::vector<double> layers = numbers(report["sweep"], "layer");
  Plot plot{"layers", "state after layer", "AUROC", 0, layers.back(), 0.4, 1, false, {}};
  plot.lines = {{"validation", layers, numbers(report["sweep"], "valid_auroc"), false, true},
                {"test", layers, numbers(report["sweep"], "test_auroc"), false, false}};
  return svg_plot(plot);
}

std::string left_out(const Json& report) {
  if (!report["leave_one_out"].is_object()) return {};
  std::string out =
      "<h2>Leaving one set out</h2>\n<table>\n" + header({"trained without, tested on", "AUROC"});
  for (const auto& [set, value] : report["leave_one_out"].items())
    out += "<tr>" + cell(set) + cell(number(value)) + "</tr>\n";
  return out + "</table>\n";
}

std::string threshold_line(const Json& report) {
  const Json& t = report["at_threshold"];
  if (!t.is_object())
    return "<p>The probe has no threshold yet: <code>cactus probe calibrate</code>.</p>\n";
  return "<p>Threshold " + number(t["threshold"]) + ": " + percent(t["share"]) + " handed off, " +
         percent(t["risk"]) + " of the kept answers wrong, accuracy " + percent(t["accuracy"]) +
         " when who is asked instead is right in " + percent(report["other_accuracy"]) + ".</p>\n";
}

}  // namespace

std::string probe_report_html(const Json& report, const std::string& title) {
  const Json& all = report["all"];
  const std::string model = report["model"].value("repository", "");
  std::string out = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>" +
                    html_text(title) + "</title>\n<style>" + kStyle + "</style>\n<h1>" +
                    html_text(title) + "</h1>\n";
  out += "<p>" + html_text(model.empty() ? "a local model" : model) + ", " +
         html_text(report.value("variant", "")) + " weights, state after layer " +
         std::to_string(report["layer"].get<std::int64_t>()) + ". " +
         std::to_string(all["answers"].get<std::int64_t>()) + " test answers, " +
         percent(all["accuracy"]) + " of them right. Calibration error " + number(all["ece"]) +
         " (" + html_text(report.value("calibration", "")) + "), Brier " + number(all["brier"]) +
         ".</p>\n";
  out += threshold_line(report);
  out += "<h2>How well wrong answers are told from right ones</h2>\n" + score_table(report);
  out +=
      "<h2>Set by set</h2>\n<p class=\"small\">AUROC of each score; unseen sets gave no training "
      "answer.</p>\n" +
      set_table(report);
  out += "<h2>Plots</h2>\n" +
         curve_plot(report, "risk", "risk and coverage", "wrong among the kept") +
         curve_plot(report, "accuracy", "accuracy and hand-off",
                    "accuracy, handed off at " + percent(report["other_accuracy"])) +
         reliability_plot(report) + competence_plot(report) + sweep_plot(report);
  out += left_out(report);
  out += "<h2>What each score is</h2>\n<table>\n";
  for (const auto& [name, about] : report["scores"].items())
    out += "<tr>" + cell(name) + cell(about.get<std::string>()) + "</tr>\n";
  return out + "</table>\n</html>\n";
}

}  // namespace cactus::cli
