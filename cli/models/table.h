// Columns for people: as wide as their widest cell, the last one free.
#pragma once
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace cactus::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> heading) : rows_{std::move(heading)} {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.size() < 2; }
  std::string text() const;  // one line a row, no trailing blanks

 private:
  std::vector<std::vector<std::string>> rows_;
};

// "  name       value" lines.
std::string fact(const std::string& name, const std::string& value);

// Nanoseconds or seconds since 1970 as "2 days ago"; "never" for 0.
std::string ago(std::uint64_t seconds);

}  // namespace cactus::cli
