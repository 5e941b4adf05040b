// The layout of the Hugging Face cache, as its other users write and read it.
#include "hub/fetch/hub_cache.h"
#include "tests/hub/support.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::hub;
namespace fs = std::filesystem;

namespace {

const std::string kCommit(40, 'c');
const std::string kSha1(40, 'a');
const std::string kSha256(64, 'b');

TreeFile listed(const std::string& path, std::uint64_t size, const std::string& etag) {
  TreeFile file;
  file.path = path;
  file.size = size;
  file.etag = etag;
  file.git_oid = kSha1;
  return file;
}

void put(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  test::write_file(path, bytes);
}

}  // namespace

TEST_CASE("hub cache: names of folders", "[hub]") {
  const HubCache cache("/c");
  CHECK(cache.repository("org/name") == "/c/models--org--name");
  CHECK(cache.blob("org/name", kSha1) == "/c/models--org--name/blobs/" + kSha1);
  CHECK(cache.snapshot("org/name", kCommit) == "/c/models--org--name/snapshots/" + kCommit);
  CHECK(cache.lock_file("org/name", kSha1) == "/c/.locks/models--org--name/" + kSha1 + ".lock");
}

TEST_CASE("hub cache: links are relative, also below folders", "[hub]") {
  test::TempDir folder;
  const HubCache cache(folder.path());
  put(cache.blob("org/name", kSha256), "weights");
  const TreeFile top = listed("model.safetensors", 7, kSha256);
  const TreeFile deep = listed("a/b/model.safetensors", 7, kSha256);
  REQUIRE(cache.has_blob("org/name", top));
  CHECK_FALSE(cache.has_blob("org/name", listed("x", 8, kSha256)));
  for (int twice = 0; twice < 2; ++twice) {
    REQUIRE(cache.link("org/name", kCommit, top).ok());
    REQUIRE(cache.link("org/name", kCommit, deep).ok());
  }
  const fs::path snapshot = cache.snapshot("org/name", kCommit);
  CHECK(fs::read_symlink(snapshot / top.path) == "../../blobs/" + kSha256);
  CHECK(fs::read_symlink(snapshot / deep.path) == "../../../../blobs/" + kSha256);
  CHECK(test::read_file(*cache.find("org/name", kCommit, deep.path)) == "weights");
  CHECK_FALSE(cache.find("org/name", kCommit, "other").has_value());
  // A link to a blob that is gone is no file.
  fs::remove(cache.blob("org/name", kSha256));
  CHECK_FALSE(cache.find("org/name", kCommit, top.path).has_value());
}

TEST_CASE("hub cache: copies where links are off", "[hub]") {
  test::TempDir folder;
  const HubCache cache(folder.path(), false);
  put(cache.blob("org/name", kSha256), "weights");
  REQUIRE(cache.link("org/name", kCommit, listed("a/m", 7, kSha256)).ok());
  const fs::path file = cache.snapshot("org/name", kCommit) / "a/m";
  CHECK_FALSE(fs::is_symlink(file));
  CHECK(test::read_file(file) == "weights");
}

TEST_CASE("hub cache: refs", "[hub]") {
  test::TempDir folder;
  const HubCache cache(folder.path());
  CHECK_FALSE(cache.commit_of("org/name", "main").has_value());
  REQUIRE(cache.write_ref("org/name", "main", kCommit).ok());
  REQUIRE(cache.write_ref("org/name", "refs/pr/1", kCommit).ok());
  CHECK(test::read_file(folder / "models--org--name/refs/main") == kCommit);
  CHECK(cache.commit_of("org/name", "main") == kCommit);
  CHECK(cache.commit_of("org/name", "refs/pr/1") == kCommit);
  CHECK(cache.commit_of("org/name", kCommit) == kCommit);
  put(folder / "models--org--name/refs/bad", "../../../etc/passwd");
  CHECK_FALSE(cache.commit_of("org/name", "bad").has_value());
  CHECK(cache.repositories() == std::vector<std::string>{"org/name"});

  const std::string other(40, 'b');
  REQUIRE(cache.write_ref("org/name", "v1.15", other).ok());
  REQUIRE(cache.write_tree("org/name", kCommit, {}).ok());
  cache.forget("org/name", kCommit);
  CHECK_FALSE(cache.commit_of("org/name", "main").has_value());
  CHECK_FALSE(cache.commit_of("org/name", "refs/pr/1").has_value());
  CHECK_FALSE(cache.tree("org/name", kCommit).has_value());
  CHECK(cache.commit_of("org/name", "v1.15") == other);
}

TEST_CASE("hub cache: nothing is written or read outside", "[hub]") {
  test::TempDir folder;
  const HubCache cache(folder / "cache");
  CHECK_FALSE(cache.write_ref("org/name", "../../../x", kCommit).ok());
  CHECK_FALSE(cache.write_ref("../x", "main", kCommit).ok());
  CHECK_FALSE(cache.write_ref("org/name", "main", "not a commit").ok());
  CHECK_FALSE(cache.commit_of("org/name", "../../x").has_value());
  CHECK_FALSE(cache.link("org/name", kCommit, listed("../../x", 1, kSha1)).ok());
  CHECK_FALSE(cache.link("org/name", kCommit, listed("x", 1, "../../../x")).ok());
  CHECK_FALSE(cache.link("org/name", "..", listed("x", 1, kSha1)).ok());
  CHECK_FALSE(cache.mark_missing("org/name", kCommit, "../x").ok());
  CHECK_FALSE(cache.find("org/name", kCommit, "../../refs/main").has_value());
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("hub cache: missing files and listings are remembered", "[hub]") {
  test::TempDir folder;
  const HubCache cache(folder.path());
  CHECK_FALSE(cache.known_missing("org/name", kCommit, "probe.cactus"));
  REQUIRE(cache.mark_missing("org/name", kCommit, "probe.cactus").ok());
  CHECK(cache.known_missing("org/name", kCommit, "probe.cactus"));
  CHECK(fs::file_size(folder / ("models--org--name/.no_exist/" + kCommit + "/probe.cactus")) == 0);

  CHECK_FALSE(cache.tree("org/name", kCommit).has_value());
  REQUIRE(cache
              .write_tree("org/name", kCommit,
                          {listed("a/config.json", 3, kSha1), listed("m", 9, kSha256)})
              .ok());
  const auto tree = cache.tree("org/name", kCommit);
  REQUIRE(tree.has_value());
  REQUIRE(tree->size() == 2);
  CHECK((*tree)[0].path == "a/config.json");
  CHECK((*tree)[1].etag == kSha256);
  CHECK((*tree)[1].size == 9);
  for (const char* bad :
       {"", "[]", R"({"format_version":2,"files":{}})", R"({"format_version":1,"files":[]})",
        R"({"format_version":1,"files":{"../x":{"size":1,"blob_id":"aa"}}})"}) {
    put(folder / ("models--org--name/trees/" + kCommit + ".json"), bad);
    CHECK_FALSE(cache.tree("org/name", kCommit).has_value());
  }
}
