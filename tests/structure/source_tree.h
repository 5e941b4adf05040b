// The project's own source files, as the tests of its structure read them.
#pragma once
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace cactus::structure {

inline const std::vector<std::string>& folders() {
  static const std::vector<std::string> all = {"kernels", "engine", "hub", "auth", "router", "cli"};
  return all;
}

struct SourceFile {
  std::string path;  // from the project's root, with '/'
  std::vector<std::string> lines;
};

inline std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// C++ files below `folder`, in order of their paths; empty where the folder does not exist.
inline std::vector<SourceFile> sources(const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path root = CACTUS_SOURCE;
  static const std::set<std::string> endings = {".cpp", ".h", ".mm", ".inc"};
  std::vector<SourceFile> files;
  if (!fs::exists(root / folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    if (!entry.is_regular_file() || !endings.count(entry.path().extension().string())) continue;
    files.push_back({fs::relative(entry.path(), root).generic_string(), read_lines(entry.path())});
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

}  // namespace cactus::structure
