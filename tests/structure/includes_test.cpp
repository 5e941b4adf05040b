// Dependencies run one way: cli -> router, hub, auth -> engine -> kernels (docs/architecture.md).
#include <map>

#include "tests/structure/source_tree.h"
#include "tests/support/catch.h"

using namespace cactus::structure;

namespace {

// The path between quotes or brackets of an #include line, or nothing.
std::string included(const std::string& line) {
  const auto hash = line.find_first_not_of(" \t");
  if (hash == std::string::npos || line.compare(hash, 8, "#include") != 0) return {};
  const auto open = line.find_first_of("\"<", hash);
  const auto close = line.find_first_of("\">", open + 1);
  if (open == std::string::npos || close == std::string::npos) return {};
  return line.substr(open + 1, close - open - 1);
}

bool starts_with_any(const std::string& path, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& p) { return path.rfind(p, 0) == 0; });
}

bool is_ours(const std::string& path) {
  if (path.rfind("tests/", 0) == 0 || path.rfind("cactus/", 0) == 0) return true;
  return std::any_of(folders().begin(), folders().end(),
                     [&](const std::string& f) { return path.rfind(f + "/", 0) == 0; });
}

}  // namespace

TEST_CASE("structure: a folder includes only what lies below it", "[structure]") {
  const std::map<std::string, std::vector<std::string>> allowed = {
      {"kernels", {"kernels/"}},
      {"engine", {"engine/", "kernels/", "cactus/"}},
      {"hub", {"hub/", "engine/"}},
      {"auth", {"auth/", "hub/net/", "engine/base/"}},
      {"router", {"router/", "hub/net/", "engine/"}},
      {"cli", {"cli/", "router/", "auth/", "hub/", "engine/", "kernels/", "cactus/"}},
  };
  int seen = 0;
  for (const auto& [folder, prefixes] : allowed) {
    for (const auto& file : sources(folder)) {
      for (const auto& line : file.lines) {
        const std::string path = included(line);
        if (path.empty() || !is_ours(path)) continue;
        ++seen;
        INFO(file.path << " includes " << path);
        CHECK(starts_with_any(path, prefixes));
      }
    }
  }
  CHECK(seen > 20);  // the reader of include lines itself works
}

TEST_CASE("structure: instruction-set folders instantiate nothing the linker might share",
          "[structure]") {
  // An inline function of the standard library that is compiled with AVX-512 may be the copy the
  // linker keeps for every CPU.
  const std::vector<std::string> safe = {"immintrin.h", "arm_neon.h", "cstdint", "cstddef",
                                         "kernels/"};
  for (const char* isa : {"avx2", "avxvnni", "avx512vnni", "neon", "dotprod", "i8mm"}) {
    for (const auto& file : sources(std::string("kernels/") + isa)) {
      for (const auto& line : file.lines) {
        const std::string path = included(line);
        INFO(file.path << " includes " << path);
        if (!path.empty()) CHECK(starts_with_any(path, safe));
      }
    }
  }
}

TEST_CASE("structure: only the one HTTP client and its peers open sockets", "[structure]") {
  for (const char* folder : {"kernels", "engine"}) {
    for (const auto& file : sources(folder)) {
      for (const auto& line : file.lines) {
        const std::string path = included(line);
        INFO(file.path << " includes " << path);
        CHECK_FALSE(starts_with_any(path, {"sys/socket", "netdb", "curl/", "arpa/"}));
      }
    }
  }
}
