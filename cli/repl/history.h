// What was typed before: one JSON string a line, so that entries of several lines survive; mode
// 0600, at most 2,000 entries, appended under a lock so that several chats may share it.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace cactus::cli {

class History {
 public:
  static constexpr std::size_t kMost = 2000;

  // An empty path keeps everything in memory only (CACTUS_NO_HISTORY).
  explicit History(std::filesystem::path file);

  const std::vector<std::string>& entries() const { return entries_; }  // oldest first
  // Entries that are blank, that begin with a space, or that repeat the last one are not recorded.
  // True when it was recorded.
  bool add(const std::string& entry);

 private:
  std::filesystem::path file_;
  std::vector<std::string> entries_;
};

// $XDG_STATE_HOME/cactus/history, or empty when CACTUS_NO_HISTORY is set.
std::filesystem::path history_file();

}  // namespace cactus::cli
