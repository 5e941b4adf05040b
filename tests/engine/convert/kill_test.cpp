// A conversion that is killed at any moment leaves nothing that looks finished, and the next run
// ends with the same bytes as one that was never disturbed.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "engine/convert/convert.h"
#include "engine/weights/verify.h"
#include "tests/engine/convert/checkpoint_files.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/slow.h"

using namespace cactus;
namespace fs = std::filesystem;

namespace {

// Converts in a process of its own; returns its id.
pid_t start(const fs::path& source, const fs::path& destination, const ConvertOptions& options) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(convert(source, destination, options) ? 0 : 1);
  return child;
}

bool ended_well(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    // Between the rename and the next run, the journal may still be there.
    if (entry.path().filename() != ".convert-journal") {
      files[entry.path().filename()] = test::read_file(entry.path());
    }
  }
  return files;
}

void write_source(const fs::path& folder) {
  test::Checkpoint c = test::Checkpoint::load(test::fixture("gemma4_text"));
  Json config = *parse_json(c.files["config.json"], "config.json");
  config["vocab_size"] = config["vocab_size_per_layer_input"] = 12000;
  test::random_checkpoint(config, c);
  c.save(folder);
}

}  // namespace

TEST_CASE("killed at random moments, resumed, and the bytes are the same",
          "[engine][convert][slow]") {
  test::TempDir dir;
  write_source(dir / "in");
  ConvertOptions options;
  options.threads = 2;
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(ended_well(start(dir / "in", dir / "undisturbed", options)));
  const auto took = std::chrono::steady_clock::now() - begin;
  const auto expected = contents(dir / "undisturbed");

  std::mt19937 random(4);
  int killed_midway = 0, resumed = 0;
  for (int trial = 0; trial < 5; ++trial) {
    const fs::path out = dir / ("out" + std::to_string(trial)), partial = out.string() + ".partial";
    for (int kill = 0; kill < 5; ++kill) {
      const pid_t child = start(dir / "in", out, options);
      const double share = std::uniform_real_distribution<double>(0, 0.7)(random);
      std::this_thread::sleep_for(took * share);
      ::kill(child, SIGKILL);
      const bool well = ended_well(child);
      killed_midway += well ? 0 : 1;
      // What stands at DEST is whole; what stands beside it is no bundle, unless it is a whole one.
      if (fs::exists(out)) REQUIRE(contents(out) == expected);
      if (Bundle::open(partial)) REQUIRE(contents(partial) == expected);
    }
    const auto report = convert(dir / "in", out, options);
    if (report) {
      resumed += report->resumed > 0 ? 1 : 0;
    } else {
      REQUIRE(report.error().why.empty());  // "is a bundle already": a run got through before
    }
    REQUIRE(contents(out) == expected);
    REQUIRE_FALSE(fs::exists(partial));
    REQUIRE_FALSE(fs::exists(out / ".convert-journal"));
  }
  CHECK(killed_midway > 3);
  CHECK(resumed > 0);
}

TEST_CASE("killed while it replaces a bundle, one of the two is there", "[engine][convert][slow]") {
  test::TempDir dir;
  write_source(dir / "in");
  ConvertOptions eight, four;
  eight.bits = 8;
  four.force = true;
  REQUIRE(convert(dir / "in", dir / "out", eight).ok());
  const auto old_files = contents(dir / "out");
  REQUIRE(convert(dir / "in", dir / "new", four).ok());
  const auto new_files = contents(dir / "new");
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(convert(dir / "in", dir / "new", four).ok());
  const auto took = std::chrono::steady_clock::now() - begin;
  std::mt19937 random(5);
  for (int kill = 0; kill < 8; ++kill) {
    const pid_t child = start(dir / "in", dir / "out", four);
    std::this_thread::sleep_for(took * std::uniform_real_distribution<double>(0, 1)(random));
    ::kill(child, SIGKILL);
    ended_well(child);
    const auto now = contents(dir / "out");
    REQUIRE((now == old_files || now == new_files));
  }
  REQUIRE(convert(dir / "in", dir / "out", four).ok());
  REQUIRE(contents(dir / "out") == new_files);
  REQUIRE_FALSE(fs::exists(dir / "out.partial"));
}

TEST_CASE("two conversions to one place: the second is told", "[engine][convert]") {
  test::TempDir dir;
  write_source(dir / "in");
  ConvertOptions options;
  bool told = false;
  options.progress = [&](const ConvertProgress&) {
    if (told) return;
    const auto second = convert(dir / "in", dir / "out");
    told = !second && second.error().what.find("another conversion") != std::string::npos;
  };
  CHECK(convert(dir / "in", dir / "out", options).ok());
  CHECK(told);
}

TEST_CASE("peak memory does not depend on the largest tensor", "[engine][convert][slow]") {
  test::TempDir dir;
  const fs::path source = dir / "in";
  test::Checkpoint c = test::Checkpoint::load(test::fixture("gemma4_text"));
  Json config = *parse_json(c.files["config.json"], "config.json");
  constexpr std::int64_t kRows = 600'000;  // of 256 float32: 614 MB
  config["vocab_size_per_layer_input"] = kRows;
  c.files["config.json"] = dump_json(config);
  // The large tensor last, as a hole in the file.
  const std::string large = "model.embed_tokens_per_layer.weight";
  c.tensors.erase(large);
  fs::create_directory(source);
  const std::uint64_t hole = test::save_with_hole(c, source, large, {kRows, 256});
  CHECK(hole == 614'400'000);

  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    rusage before{}, after{};
    ::getrusage(RUSAGE_SELF, &before);
    const auto report = convert(source, dir / "out");
    ::getrusage(RUSAGE_SELF, &after);
#ifdef __APPLE__
    const long unit = 1;
#else
    const long unit = 1024;
#endif
    const auto grown = (after.ru_maxrss - before.ru_maxrss) * unit >> 20;
    ::_exit(!report ? 255 : static_cast<int>(std::min<long>(grown, 254)));  // MiB
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CAPTURE(WEXITSTATUS(status));
  if (test::kShadowed) WARN("not judged under the thread sanitizer: peak memory");
  CHECK(WEXITSTATUS(status) < (test::kShadowed ? 255 : 254));
  CHECK(fs::file_size(dir.path() / "out" / "weights.cactus") > kRows * 144);
}
