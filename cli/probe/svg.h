// Small plots as SVG text: lines and points in a frame, nothing loaded from anywhere.
#pragma once
#include <string>
#include <vector>

namespace cactus::cli {

struct PlotLine {
  std::string name;
  std::vector<double> x, y;
  bool points = false;  // marks instead of a line
  bool strong = false;  // the one to look at
};

struct Plot {
  std::string title, x_label, y_label;
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  bool diagonal = false;
  std::vector<PlotLine> lines;
};

std::string svg_plot(const Plot& plot);

// Text made safe between tags and inside quoted attributes.
std::string html_text(const std::string& text);

}  // namespace cactus::cli
