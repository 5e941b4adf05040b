// Files being downloaded: what is recorded, who takes them over.
#include "hub/fetch/partial.h"

#include "hub/fetch/digest.h"
#include "hub/fetch/sidecar.h"
#include "tests/hub/support.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::hub;
namespace fs = std::filesystem;

namespace {

TreeFile listed(std::uint64_t size) {
  TreeFile file;
  file.path = "model.safetensors";
  file.size = size;
  file.etag = std::string(64, 'a');
  return file;
}

std::vector<fs::path> names(const fs::path& folder) {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(folder)) all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

// Makes the sidecars of a folder those of a process that is no more.
void orphan(const fs::path& folder, const TreeFile& file) {
  for (const fs::path& path : names(folder)) {
    if (path.extension() != ".json") continue;
    auto sidecar = read_sidecar(path, file);
    REQUIRE(sidecar.has_value());
    sidecar->owner.started = "long ago";
    test::write_file(path, write_sidecar(file, *sidecar));
  }
}

}  // namespace

TEST_CASE("partial: segments cover the file", "[hub]") {
  for (const std::uint64_t size : {0u, 1u, 99u, 100u, 199u, 200u, 1234u}) {
    const auto segments = split(size, 100);
    CHECK(segments.size() == std::max<std::uint64_t>(1, size / 100));
    CHECK(segments.front().begin == 0);
    CHECK(segments.back().end == size);
    for (std::size_t i = 1; i < segments.size(); ++i)
      CHECK(segments[i].begin == segments[i - 1].end);
  }
}

TEST_CASE("partial: what is recorded is found again, once", "[hub]") {
  test::TempDir folder;
  const TreeFile file = listed(1000);
  {
    auto first = Partial::open(folder.path(), file, 250);
    REQUIRE(first.ok());
    CHECK((*first)->write(0, std::string(100, 'x')).value() == 100);
    CHECK((*first)->write(500, std::string(250, 'y')).value() == 250);
    CHECK((*first)->write(600, std::string(50, 'y')).value() == 0);  // there already
    CHECK((*first)->prefix() == 100);
    REQUIRE((*first)->checkpoint().ok());
    CHECK((*first)->write(250, std::string(10, 'z')).value() == 10);  // not recorded any more
  }
  // Its owner, this process, lives: nobody takes it.
  CHECK(Partial::left_over(folder.path(), file) == 0);
  {
    auto other = Partial::open(folder.path(), file, 250);
    REQUIRE(other.ok());
    CHECK((*other)->arrived() == 0);
    (*other)->discard();
  }
  orphan(folder.path(), file);
  CHECK(Partial::left_over(folder.path(), file) == 350);
  auto next = Partial::open(folder.path(), file, 250);
  REQUIRE(next.ok());
  CHECK((*next)->arrived() == 350);
  std::string bytes(100, ' ');
  REQUIRE((*next)->read(0, std::as_writable_bytes(std::span(bytes))).ok());
  CHECK(bytes == std::string(100, 'x'));
  CHECK(names(folder.path()).size() == 2);
  (*next)->discard();
  CHECK(names(folder.path()).empty());
}

TEST_CASE("partial: files of other programs are left alone", "[hub]") {
  test::TempDir folder;
  const TreeFile file = listed(10);
  const fs::path foreign = folder / (file.etag + ".incomplete");
  const fs::path unique = folder / (file.etag + ".0123abcd.incomplete");
  test::write_file(foreign, "theirs");
  test::write_file(unique, "theirs");
  auto partial = Partial::open(folder.path(), file, 5);
  REQUIRE(partial.ok());
  CHECK((*partial)->arrived() == 0);
  (*partial)->discard();
  CHECK(names(folder.path()) == std::vector<fs::path>{unique, foreign});
}

TEST_CASE("partial: the end that power took is fetched again", "[hub]") {
  test::TempDir folder;
  const TreeFile file = listed(1000);
  REQUIRE((*Partial::open(folder.path(), file, 1000))->write(0, std::string(800, 'x')).ok());
  for (const fs::path& path : names(folder.path())) {
    if (path.extension() == ".json")
      test::write_file(path, write_sidecar(file, {Owner{}, {{0, 1000, 800}}}));
    else
      fs::resize_file(path, 300);
  }
  CHECK((*Partial::open(folder.path(), file, 1000))->arrived() == 300);
}

TEST_CASE("partial: sidecars that lie are not believed", "[hub]") {
  const TreeFile file = listed(100);
  const Owner owner = Owner::self();
  CHECK(parse_sidecar(write_sidecar(file, {owner, {{0, 60, 60}, {60, 100, 1}}}), file).has_value());
  const std::vector<std::vector<Segment>> bad = {{},
                                                 {{0, 99, 0}},
                                                 {{1, 100, 0}},
                                                 {{0, 100, 101}},
                                                 {{0, 50, 0}, {60, 100, 0}},
                                                 {{0, 60, 0}, {50, 100, 0}}};
  for (const auto& segments : bad)
    CHECK_FALSE(parse_sidecar(write_sidecar(file, {owner, segments}), file).has_value());
  TreeFile other = file;
  other.etag = std::string(64, 'b');
  CHECK_FALSE(parse_sidecar(write_sidecar(other, {owner, {{0, 100, 0}}}), file).has_value());
  for (const char* text : {"", "{", "[]", "null", "{\"v\":1}"})
    CHECK_FALSE(parse_sidecar(text, file).has_value());
}

TEST_CASE("partial: owners", "[hub]") {
  Owner owner = Owner::self();
  CHECK_FALSE(owner.is_gone());
  CHECK_FALSE(owner.started.empty());
  CHECK_FALSE(owner.boot.empty());
  CHECK_FALSE(Owner::from_json(owner.to_json()).is_gone());
  Owner reused = owner;  // the same process id, another process
  reused.started += "1";
  CHECK(reused.is_gone());
  Owner rebooted = owner;
  rebooted.boot = "another";
  CHECK(rebooted.is_gone());
  Owner elsewhere = rebooted;
  elsewhere.host = "another-machine";
  CHECK_FALSE(elsewhere.is_gone());
  CHECK(Owner{}.is_gone());
}

TEST_CASE("digest: as git and the hub compute them", "[hub]") {
  test::TempDir folder;
  test::write_file(folder / "f", "hello");
  TreeFile file;
  file.path = "f";
  file.size = 5;
  file.etag = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0";  // git hash-object
  CHECK(verify_file(folder / "f", file).ok());
  file.etag = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";  // sha256sum
  CHECK(verify_file(folder / "f", file).ok());
  test::write_file(folder / "f", "hellO");
  CHECK(verify_file(folder / "f", file).error().kind == ErrorKind::incompatible);
  test::write_file(folder / "f", "hello!");
  CHECK(verify_file(folder / "f", file).error().kind == ErrorKind::incompatible);
}
