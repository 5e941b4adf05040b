// Keys in a file: whose it is, who may read it, what survives.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/store.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using namespace cactus::auth;
using cactus::test::TempDir;
namespace fs = std::filesystem;

namespace {
const Secret kKey("key-of-a-test-0123456789-abcdef");

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}
}  // namespace

TEST_CASE("file store: keeps, gives and forgets keys", "[auth]") {
  const TempDir folder;
  FileStore store(folder / "cactus/credentials.json");
  CHECK(store.get("openai")->empty());
  CHECK_FALSE(*store.erase("openai"));
  CHECK_FALSE(fs::exists(folder / "cactus"));  // looking makes nothing
  REQUIRE(store.put("openai", kKey));
  REQUIRE(store.put("gemini", Secret("another")));
  REQUIRE(store.put("openai", Secret("newer")));
  CHECK(store.get("openai")->expose() == "newer");
  CHECK(*store.names() == std::vector<std::string>{"gemini", "openai"});
  CHECK(*store.erase("openai"));
  CHECK(store.get("openai")->empty());
  CHECK(store.get("gemini")->expose() == "another");
}

TEST_CASE("file store: 0600 in 0700, whatever the umask and whatever was there", "[auth]") {
  const TempDir folder;
  fs::create_directory(folder / "cactus");
  fs::permissions(folder / "cactus", fs::perms(0755));
  const mode_t before = umask(0);
  FileStore store(folder / "cactus/credentials.json");
  const bool stored = store.put("openai", kKey).ok();
  umask(before);
  REQUIRE(stored);
  CHECK(mode_of(folder / "cactus") == 0700);
  CHECK(mode_of(folder / "cactus/credentials.json") == 0600);
  for (const auto& entry : fs::directory_iterator(folder / "cactus"))
    CHECK(entry.path().filename().string().rfind("credentials.", 0) == 0);
}

TEST_CASE("file store: a file that others may read is refused, with the repair", "[auth]") {
  const TempDir folder;
  const fs::path path = folder / "cactus/credentials.json";
  FileStore store(path);
  REQUIRE(store.put("openai", kKey));
  for (const int mode : {0640, 0604, 0620, 0666}) {
    fs::permissions(path, fs::perms(mode));
    const auto read = store.get("openai");
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::auth);
    CHECK(read.error().fix == "chmod 600 " + path.string());
    CHECK_FALSE(store.put("gemini", kKey));
    CHECK_FALSE(store.erase("openai"));
  }
  fs::permissions(path, fs::perms(0600));
  CHECK(*store.get("openai") == kKey);
}

TEST_CASE("file store: links and strange files are not followed", "[auth]") {
  const TempDir folder;
  fs::create_directory(folder / "cactus");
  const fs::path path = folder / "cactus/credentials.json";
  test::write_file(folder / "elsewhere", R"({"version": 1, "keys": {"openai": "x"}})");
  fs::permissions(folder / "elsewhere", fs::perms(0600));
  fs::create_symlink(folder / "elsewhere", path);
  FileStore store(path);
  CHECK_FALSE(store.get("openai"));
  CHECK_FALSE(store.put("openai", kKey));
  CHECK(test::read_file(folder / "elsewhere").find("key-of") == std::string::npos);
  fs::remove(path);
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  CHECK_FALSE(store.get("openai"));  // and does not wait for a writer
  fs::remove(path);
  const std::string secret = "secret-that-must-not-be-quoted";
  for (const std::string& text : {std::string("{"), "[\"" + secret + "\"]", secret,
                                  "{\"keys\": \"" + secret + "\"}", std::string()}) {
    test::write_file(path, text);
    fs::permissions(path, fs::perms(0600));
    const auto read = store.get("openai");
    REQUIRE_FALSE(read);
    for (const std::string& part : {read.error().what, read.error().why, read.error().fix})
      CHECK(part.find(secret) == std::string::npos);
    CHECK_FALSE(store.put("openai", kKey));  // what cannot be read is not thrown away
    CHECK(test::read_file(path) == text);
  }
}

TEST_CASE("file store: eight processes at once lose no key", "[auth]") {
  const TempDir folder;
  const fs::path path = folder / "cactus/credentials.json";
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t pid = fork();
    if (pid == 0) {
      FileStore store(path);
      for (int j = 0; j < 5; ++j)
        if (!store.put("p" + std::to_string(i * 10 + j), kKey)) _exit(1);
      _exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t child : children) {
    int status = 1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  CHECK(FileStore(path).names()->size() == 40);
}
