#include "cli/models/table.h"

#include <algorithm>
#include <ctime>

#include "cli/render/format.h"

namespace cactus::cli {
namespace {

std::string padded(const std::string& cell, int width) {
  return cell + std::string(static_cast<std::size_t>(std::max(0, width - display_width(cell))), ' ');
}

std::string counted(std::uint64_t n, const char* unit) {
  return std::to_string(n) + " " + unit + (n == 1 ? "" : "s") + " ago";
}

}  // namespace

std::string Table::text() const {
  std::vector<int> widths(rows_[0].size(), 0);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += i + 1 == row.size() ? row[i] : padded(row[i], widths[i] + 2);
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
  }
  return text;
}

std::string fact(const std::string& name, const std::string& value) {
  return padded(name, 14) + value + "\n";
}

std::string ago(std::uint64_t seconds) {
  if (seconds == 0) return "never";
  const auto now = static_cast<std::uint64_t>(std::time(nullptr));
  const std::uint64_t age = now > seconds ? now - seconds : 0;
  if (age < 60) return "just now";
  if (age < 3600) return counted(age / 60, "minute");
  if (age < 86'400) return counted(age / 3600, "hour");
  return counted(age / 86'400, "day");
}

}  // namespace cactus::cli
