#include "engine/weights/verify.h"

#include "tests/engine/weights/small_bundle.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
namespace fs = std::filesystem;

TEST_CASE("a whole bundle verifies, with progress", "[engine][weights]") {
  test::TempDir dir;
  test::write_small_bundle(dir / "b");
  std::uint64_t last = 0;
  VerifyOptions options;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    CHECK(done >= last);
    CHECK(done <= total);
    last = done;
  };
  const auto report = verify_bundle(dir / "b", options);
  REQUIRE(report.ok());
  CHECK(report->problems.empty());
  CHECK(report->tensors == 5);
  CHECK(last > 2000);
  const std::atomic<bool> cancel = true;
  options.cancel = &cancel;
  CHECK(verify_bundle(dir / "b", options).error().kind == ErrorKind::cancelled);
}

TEST_CASE("one flipped bit anywhere is found, and its tensor is named", "[engine][weights]") {
  test::TempDir dir;
  test::write_small_bundle(dir / "b");
  const fs::path path = dir.path() / "b" / "weights.cactus";
  const std::string good = test::read_file(path);
  const auto b = *Bundle::open(dir / "b");
  VerifyOptions options;
  options.threads = 1;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << i % 8));
    test::write_file(path, bad);
    const auto report = verify_bundle(dir / "b", options);
    REQUIRE(report.ok());
    REQUIRE(report->problems.size() == 1);
    std::string name;  // the last tensor that begins at or before the byte
    for (const TensorInfo& t : b->manifest().tensors) {
      if (t.offset <= i) name = t.name;
    }
    REQUIRE(report->problems[0].find("tensor " + name + ":") == 0);
  }
}

TEST_CASE("one flipped bit in the manifest or beside the weights is found", "[engine][weights]") {
  test::TempDir dir;
  test::write_small_bundle(dir / "b");
  for (const char* name : {"cactus.json", "tokenizer.json"}) {
    const fs::path path = dir.path() / "b" / name;
    const std::string good = test::read_file(path);
    for (std::size_t i = 0; i < good.size(); ++i) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << i % 8));
      test::write_file(path, bad);
      const auto report = verify_bundle(dir / "b");
      CAPTURE(name, i);
      REQUIRE((!report.ok() || !report->problems.empty()));
      if (name[0] == 't') REQUIRE(report->problems[0].find("tokenizer.json") == 0);
    }
    test::write_file(path, good);
  }
  CHECK(verify_bundle(dir / "b")->problems.empty());
}

TEST_CASE("a cut or grown weights file is reported", "[engine][weights]") {
  test::TempDir dir;
  test::write_small_bundle(dir / "b");
  const fs::path path = dir.path() / "b" / "weights.cactus";
  const std::string good = test::read_file(path);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{100}, good.size() - 1, good.size() + 5}) {
    std::string bad = good;
    bad.resize(size);
    test::write_file(path, bad);
    const auto report = verify_bundle(dir / "b");
    REQUIRE(report.ok());
    CHECK_FALSE(report->problems.empty());
  }
}
