#include "cli/repl/history.h"

#include <fcntl.h>
#include <unistd.h>

#include "cli/environment.h"
#include "cli/files.h"
#include "engine/base/json.h"

namespace cactus::cli {
namespace {

// Lines that are no JSON string (another program's, a half-written one) are left out.
std::vector<std::string> read_entries(const std::filesystem::path& file, std::size_t* lines) {
  std::vector<std::string> entries;
  *lines = 0;
  const auto content = read_file(file, 64u << 20);
  if (!content) return entries;
  for (std::string_view rest = *content; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const auto entry = parse_json(rest.substr(0, end), "history", ErrorKind::usage, 4);
    if (entry && entry->is_string()) entries.push_back(entry->get<std::string>());
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++*lines;
  }
  if (entries.size() > History::kMost)
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(History::kMost));
  return entries;
}

std::filesystem::path lock_file(const std::filesystem::path& file) {
  return file.string() + ".lock";
}

}  // namespace

std::filesystem::path history_file() {
  const auto off = env_bool("CACTUS_NO_HISTORY", false);
  if (!off || *off || state_folder().empty()) return {};
  return state_folder() / "history";
}

History::History(std::filesystem::path file) : file_(std::move(file)) {
  if (file_.empty()) return;
  const FileLock lock(lock_file(file_));
  std::size_t lines = 0;
  entries_ = read_entries(file_, &lines);
  if (lines <= kMost) return;
  std::string content;
  for (const std::string& entry : entries_) content += dump_json(Json(entry)) + "\n";
  // Best effort: a history that cannot be shortened is still a history.
  const Status shortened = write_file(file_, content, 0600);
  static_cast<void>(shortened);
}

bool History::add(const std::string& entry) {
  if (entry.find_first_not_of(" \t\n") == std::string::npos || entry.front() == ' ') return false;
  if (!entries_.empty() && entries_.back() == entry) return false;
  entries_.push_back(entry);
  if (file_.empty()) return true;
  const FileLock lock(lock_file(file_));
  const int fd = open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return true;
  write_fully(fd, dump_json(Json(entry)) + "\n");
  close(fd);
  return true;
}

}  // namespace cactus::cli
