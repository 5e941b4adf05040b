#include "hub/store/store.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/hub/store/sample_record.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using namespace cactus::hub;
namespace fs = std::filesystem;

namespace {

// A staged folder that stands for a bundle, published.
Installed install(const Store& store, Record record, std::string_view content = "bundle") {
  const fs::path staged = store.staging() / "new";
  fs::create_directories(staged);
  test::write_file(staged / "weights.cactus", content);
  record.bytes = content.size();
  auto made = store.publish(record, staged);
  REQUIRE(made.ok());
  CHECK_FALSE(fs::exists(staged));
  return *made;
}

Record record(const std::string& name, const std::string& variant, char commit,
              std::uint64_t installed) {
  Record r = test::sample_record();
  r.name = r.repository = name;
  r.variant = variant;
  r.commit = std::string(40, commit);
  r.installed = installed;
  return r;
}

ModelName named(const char* text) {
  return *parse_name(text);
}

}  // namespace

TEST_CASE("store: lists what is installed, newest first", "[hub]") {
  const test::TempDir dir;
  const Store store(dir / "models");
  CHECK(store.list().empty());
  install(store, record("org/Model", "int4", 'a', 1));
  install(store, record("org/Model", "int4", 'b', 2));
  install(store, record("org/Model", "int8", 'a', 3));
  install(store, record("Other/x", "f16", 'c', 4));
  fs::create_directories(store.root() / "org--Model" / "no-record");
  test::write_file(store.root() / "stray", "");
  const auto all = store.list();
  REQUIRE(all.size() == 4);
  CHECK(all[0].title() == "Other/x:f16");
  CHECK(all[1].title() == "org/Model:int4");
  CHECK(all[1].record.commit == std::string(40, 'b'));
  CHECK(all[1].current);
  CHECK_FALSE(all[2].current);
  CHECK(all[3].current);
  CHECK(all[1].place == store.root() / "org--Model/int4-v1.15-bbbbbbbbbbbb");
}

TEST_CASE("store: finds what a name stands for", "[hub]") {
  const test::TempDir dir;
  const Store store(dir / "models");
  install(store, record("org/Model", "int4", 'a', 1));
  install(store, record("org/Model", "int4", 'b', 2));
  install(store, record("org/Model", "int8", 'c', 9));
  Record published = record("org/Model", "int8", 'd', 5);
  published.repository = "Publisher/Model";
  published.tag = "v1.15";
  install(store, published);
  const auto commit = [&](const char* name) {
    const auto found = store.find(named(name));
    return found ? found->record.commit.substr(0, 1) : std::string("none");
  };
  CHECK(commit("org/Model") == "b");
  CHECK(commit("ORG/model") == "b");
  CHECK(commit("org/Model:int8") == "c");
  CHECK(commit("org/Model:int4@aaaaaaa") == "a");
  CHECK(commit("org/Model@v1.15") == "d");
  CHECK(commit("publisher/model") == "d");
  CHECK(commit("org/Model:f16") == "none");
  CHECK(commit("org/Model@eeeeeee") == "none");
  CHECK(commit("org/Mode") == "none");
  CHECK(store.matches(named("org/Model")).size() == 4);
  CHECK(store.find(named("a/b")).error().kind == ErrorKind::not_found);
}

TEST_CASE("store: publishing over an install exchanges it", "[hub]") {
  const test::TempDir dir;
  const Store store(dir / "models");
  install(store, record("org/Model", "int4", 'a', 1), "old");
  const Installed made = install(store, record("org/Model", "int4", 'a', 2), "new");
  CHECK(test::read_file(made.place / "weights.cactus") == "new");
  REQUIRE(store.list().size() == 1);
  CHECK(store.list()[0].record.installed == 2);
  CHECK(fs::is_empty(store.staging()));
}

TEST_CASE("store: pins survive, removal leaves nothing", "[hub]") {
  const test::TempDir dir;
  const Store store(dir / "models");
  const Installed made = install(store, record("org/Model", "int4", 'a', 1));
  REQUIRE(store.set_pinned(made, true).ok());
  CHECK(store.list()[0].record.pinned);
  REQUIRE(store.remove(made).ok());
  CHECK(store.list().empty());
  CHECK_FALSE(fs::exists(made.place.parent_path()));
  CHECK(fs::is_empty(store.staging()));
}

TEST_CASE("store: what another process uses stays", "[hub]") {
  const test::TempDir dir;
  const Store store(dir / "models");
  const Installed made = install(store, record("org/Model", "int4", 'a', 1));
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const UsageMark mark = store.use(made);
    if (::write(ready[1], "x", 1) == 1)
      for (;;) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  const Status refused = store.remove(made);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::policy);
  CHECK(refused.error().why.find(std::to_string(child)) != std::string::npos);
  CHECK(fs::exists(made.place / "weights.cactus"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(store.list()[0].last_used > 0);
  CHECK(store.remove(made).ok());
}

TEST_CASE("store: what a kill in the middle of a removal leaves is a leftover", "[hub]") {
  const test::TempDir dir;
  const Store store(dir / "models");
  const Installed made = install(store, record("org/Model", "int4", 'a', 1));
  install(store, record("org/Model", "int4", 'b', 2));
  fs::create_directories(store.staging() / "removed--x");
  test::write_file(store.staging() / "removed--x/weights.cactus", "12345");
  { const auto lock = Lock::acquire(store.lock_file("Org/Model", "int4"), "", {}); }
  const auto left = store.leftovers();
  REQUIRE(left.size() == 3);
  CHECK(left[0].kind == "unfinished");
  CHECK(left[0].bytes == 5);
  CHECK(left[1].kind == "old version");
  CHECK(left[1].path == made.place);
  CHECK(left[2].kind == "lock");
  CHECK(left[2].path.filename() == "org--model--int4.lock");
  REQUIRE(store.set_pinned(made, true).ok());
  CHECK(store.leftovers().size() == 2);
}
