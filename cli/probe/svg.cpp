#include "cli/probe/svg.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cactus::cli {
namespace {

constexpr double kWidth = 460, kHeight = 320, kLeft = 56, kRight = 12, kTop = 30, kBottom = 44;
constexpr const char* kColours[] = {"#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#b9770e",
                                    "#5d6d7e", "#117a65", "#a04000", "#7f8c8d"};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

struct Frame {
  const Plot& plot;
  std::string x(double v) const {
    const double share = (v - plot.x_low) / (plot.x_high - plot.x_low);
    return number(kLeft + std::clamp(share, 0.0, 1.0) * (kWidth - kLeft - kRight));
  }
  std::string y(double v) const {
    const double share = (v - plot.y_low) / (plot.y_high - plot.y_low);
    return number(kHeight - kBottom - std::clamp(share, 0.0, 1.0) * (kHeight - kTop - kBottom));
  }
};

std::string text(double x, double y, const std::string& anchor, const std::string& value,
                 const std::string& more = "") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\"" +
         more + ">" + html_text(value) + "</text>\n";
}

std::string axes(const Frame& f) {
  std::string out;
  for (int i = 0; i <= 5; ++i) {
    const double share = i / 5.0;
    const double x = f.plot.x_low + share * (f.plot.x_high - f.plot.x_low);
    const double y = f.plot.y_low + share * (f.plot.y_high - f.plot.y_low);
    out += "<path class=\"grid\" d=\"M" + f.x(f.plot.x_low) + " " + f.y(y) + "H" +
           f.x(f.plot.x_high) + "M" + f.x(x) + " " + f.y(f.plot.y_low) + "V" + f.y(f.plot.y_high) +
           "\"/>\n";
    out += text(kLeft + share * (kWidth - kLeft - kRight), kHeight - kBottom + 16, "middle",
                number(x));
    out += text(kLeft - 6, kHeight - kBottom - share * (kHeight - kTop - kBottom) + 4, "end",
                number(y));
  }
  out += text(kWidth / 2, 18, "middle", f.plot.title, " class=\"title\"");
  out += text(kWidth / 2, kHeight - 8, "middle", f.plot.x_label);
  out += text(14, kHeight / 2, "middle", f.plot.y_label,
              " transform=\"rotate(-90 14 " + number(kHeight / 2) + ")\"");
  if (f.plot.diagonal)
    out += "<path class=\"diagonal\" d=\"M" + f.x(f.plot.x_low) + " " + f.y(f.plot.y_low) + "L" +
           f.x(f.plot.x_high) + " " + f.y(f.plot.y_high) + "\"/>\n";
  return out;
}

std::string line(const Frame& f, const PlotLine& l, const std::string& colour) {
  std::string out, path;
  for (std::size_t i = 0; i < std::min(l.x.size(), l.y.size()); ++i) {
    if (!std::isfinite(l.x[i]) || !std::isfinite(l.y[i])) continue;
    path += (path.empty() ? "M" : "L") + f.x(l.x[i]) + " " + f.y(l.y[i]);
    if (l.points)
      out += "<circle cx=\"" + f.x(l.x[i]) + "\" cy=\"" + f.y(l.y[i]) + "\" r=\"4\" fill=\"" +
             colour + "\"/>\n";
  }
  if (!l.points && !path.empty())
    out += "<path fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"" +
           (l.strong ? "2.5" : "1.2") + "\" d=\"" + path + "\"/>\n";
  return out;
}

}  // namespace

std::string html_text(const std::string& value) {
  std::string out;
  for (const char c : value) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string svg_plot(const Plot& plot) {
  const Frame frame{plot};
  const double rows = static_cast<double>((plot.lines.size() + 2) / 3);
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(kWidth) +
                    "\" height=\"" + number(kHeight + 16 * rows) + "\" role=\"img\">\n" +
                    axes(frame);
  for (std::size_t i = 0; i < plot.lines.size(); ++i) {
    const std::string colour = kColours[i % std::size(kColours)];
    out += line(frame, plot.lines[i], colour);
    if (plot.lines[i].name.empty()) continue;
    const double x = kLeft + static_cast<double>(i % 3) * 134;
    const double y = kHeight + 10 + 16 * static_cast<double>(i / 3);
    out += "<rect x=\"" + number(x) + "\" y=\"" + number(y - 8) +
           "\" width=\"9\" height=\"9\" fill=\"" + colour + "\"/>\n";
    out += text(x + 13, y, "start", plot.lines[i].name);
  }
  return out + "</svg>\n";
}

}  // namespace cactus::cli
