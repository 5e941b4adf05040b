// Reading and writing files in tests, and a folder that goes away with its test.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace cactus::test {

std::string read_file(const std::filesystem::path& path);  // fails the test when it cannot
void write_file(const std::filesystem::path& path, std::string_view bytes);

// A folder of the repository's fixtures: fixture("gemma4_text").
std::filesystem::path fixture(std::string_view name);

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace cactus::test
