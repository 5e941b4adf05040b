// The downloader is killed, starved and run twice: what is finished is never lost, and the next run
// ends with the bundle an undisturbed one makes.
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <random>
#include <thread>

#include "tests/cli/models/hub_place.h"

using namespace cactus;
using namespace cactus::test;
namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

constexpr char kModel[] = "google/gemma-tiny";

fs::path model_folder(const HubPlace& place) {
  return place.models() / "google--gemma-tiny";
}

// Bundles in the store; every one that is there must be whole.
void check_whole(const HubPlace& place, const std::map<std::string, std::string>& expected) {
  if (!fs::exists(model_folder(place))) return;
  for (const auto& entry : fs::directory_iterator(model_folder(place))) {
    const auto found = bundle_files(entry.path());
    std::string names;
    for (const auto& [name, bytes] : found) names += " " + name;
    INFO(names);
    REQUIRE(found == expected);
  }
}

}  // namespace

TEST_CASE("killed at any moment, the next run makes the same bundle", "[hub][cli][slow]") {
  HubPlace place;
  place.hub.add(kModel).commit(tiny_checkpoint());
  // Small pieces, so that a kill falls between them: 2.8 MB in about a third of a second.
  place.hub.set_rate(9'000'000);
  const Environment one_connection = {{"CACTUS_HUB_JOBS", "1"}};
  const auto begin = steady_clock::now();
  REQUIRE(place.run({"download", "-q", kModel}, one_connection).code == 0);
  const auto took = steady_clock::now() - begin;
  const auto expected = bundle_files(place.place("google--gemma-tiny"));
  fs::remove_all(place.folder / "cactus");

  std::mt19937 random(7);
  std::uniform_real_distribution<double> share(0, 0.8);
  int killed = 0, rounds = 0, resumed = 0, finished_early = 0;
  while (killed < 100) {
    REQUIRE(++rounds < 80);
    for (int kill = 0; kill < 4; ++kill) {
      Child child(place.launch({"download", "-q", kModel}, one_connection));
      std::this_thread::sleep_for(took * share(random));
      child.send(SIGKILL);
      (child.wait().code == 128 + SIGKILL ? killed : finished_early) += 1;
      check_whole(place, expected);
    }
    const Finished last = place.run({"download", "-q", "--json", kModel}, one_connection);
    INFO(last.err);
    REQUIRE(last.code == 0);
    resumed += Json::parse(last.out)["models"][0].value("resumed_tensors", 0) > 0 ? 1 : 0;
    REQUIRE(bundle_files(place.place("google--gemma-tiny")) == expected);
    REQUIRE(fs::is_empty(place.models() / ".staging"));
    // The small files in the cache stay: what is finished there is not fetched again.
    fs::remove_all(place.folder / "cactus");
  }
  CAPTURE(rounds, finished_early);
  CHECK(killed >= 100);
  CHECK(resumed > 0);
}

TEST_CASE("connections that break while a model is converted", "[hub][cli]") {
  HubPlace place;
  place.hub.add(kModel).commit(tiny_checkpoint());
  REQUIRE(place.run({"download", "-q", kModel}).code == 0);
  const auto expected = bundle_files(place.place("google--gemma-tiny"));
  fs::remove_all(place.folder / "cactus");
  place.hub.links_work(2);
  for (const std::uint64_t at : {1ull, 70'000ull, 900'000ull})
    place.hub.inject(
        {.where = "/cdn/", .kind = Fault::Kind::cut, .bytes = at, .second_host = true});
  place.hub.inject({.where = "/cdn/",
                    .kind = Fault::Kind::status,
                    .status = 503,
                    .headers = {{"Retry-After", "0"}},
                    .second_host = true});
  const Finished made = place.run({"download", kModel});
  INFO(made.err);
  REQUIRE(made.code == 0);
  CHECK(bundle_files(place.place("google--gemma-tiny")) == expected);
}

TEST_CASE("two downloaders at once: one works, the other waits and finds it done", "[hub][cli]") {
  HubPlace place;
  place.hub.add(kModel).commit(tiny_checkpoint());
  place.hub.set_rate(3'000'000);
  Child first(place.launch({"download", "--json", kModel}));
  Child second(place.launch({"download", "--json", kModel}));
  const Finished a = first.wait(), b = second.wait();
  INFO(a.err << b.err);
  REQUIRE(a.code == 0);
  REQUIRE(b.code == 0);
  const bool already_a = Json::parse(a.out)["models"][0]["already_there"] == true;
  const bool already_b = Json::parse(b.out)["models"][0]["already_there"] == true;
  CHECK(already_a != already_b);
  CHECK(has(already_a ? a.err : b.err, "waiting for process"));
  CHECK(place.installed({"--all"}).size() == 1);
  CHECK(place.run({"verify", "-q"}).code == 0);
  // Killed while the other waits: that one takes over.
  fs::remove_all(place.folder / "cactus");
  Child doomed(place.launch({"download", "-q", kModel}));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  Child heir(place.launch({"download", "-q", kModel}));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  doomed.send(SIGKILL);
  doomed.wait();
  CHECK(heir.wait().code == 0);
  CHECK(place.run({"verify", "-q"}).code == 0);
}

TEST_CASE("everything at once: no deadlock, nothing broken", "[hub][cli]") {
  HubPlace place;
  HubRepo& repo = place.hub.add(kModel);
  repo.commit(tiny_checkpoint());
  REQUIRE(place.run({"download", "-q", kModel}).code == 0);
  const auto expected = bundle_files(place.place("google--gemma-tiny"));
  const std::vector<std::vector<std::string>> verbs = {
      {"download", "-q", kModel},
      {"download", "-q", kModel, "--reconvert"},
      {"rm", "-y", kModel},
      {"cleanup"},
      {"list"},
      {"verify", "-q"},
      {"pin", kModel},
      {"run", kModel, "--max-tokens", "1", "Hello"}};
  std::mt19937 random(11);
  for (int round = 0; round < 4; ++round) {
    std::vector<std::vector<std::string>> todo = verbs;
    todo.insert(todo.end(), {verbs[0], verbs[1]});
    std::shuffle(todo.begin(), todo.end(), random);
    std::vector<std::unique_ptr<Child>> children;
    for (const auto& verb : todo) children.push_back(std::make_unique<Child>(place.launch(verb)));
    for (std::size_t i = 0; i < children.size(); ++i) {
      const Finished finished = children[i]->wait();
      INFO(todo[i][0] << ": " << finished.err);
      // Gone (3) or in use (8) are fair answers; a crash or damage is not.
      CHECK((finished.code == 0 || finished.code == 3 || finished.code == 8));
    }
    check_whole(place, expected);
  }
  CHECK(place.run({"download", "-q", kModel}).code == 0);
  CHECK(place.run({"verify", "-q"}).code == 0);
  check_whole(place, expected);
  CHECK(place.run({"cleanup"}).code == 0);
  CHECK(fs::is_empty(place.models() / ".staging"));
}

TEST_CASE("a full disk: exit 7, and the next run goes on", "[hub][cli]") {
  HubPlace place;
  place.hub.add(kModel).commit(tiny_checkpoint());
  REQUIRE(place.run({"download", "-q", kModel}).code == 0);
  const auto expected = bundle_files(place.place("google--gemma-tiny"));
  fs::remove_all(place.folder / "cactus");

  // A limit on the size of files stands for a disk that fills up in the middle.
  const Launch limited = {
      {"/bin/bash", "-c", "ulimit -f 200; exec " CACTUS_BINARY " download " + std::string(kModel)},
      "",
      place.environment(),
      place.folder.path()};
  const Finished full = test::run(limited);
  INFO(full.err);
  CHECK(full.code == 7);
  CHECK(has(full.err, "free some space"));
  const Finished again = place.run({"download", "--json", kModel});
  REQUIRE(again.code == 0);
  CHECK(Json::parse(again.out)["models"][0]["resumed_tensors"] > 0);
  CHECK(bundle_files(place.place("google--gemma-tiny")) == expected);
  fs::remove_all(place.folder / "cactus");

#ifdef __linux__
  fs::create_directories(place.folder / "small");
  const std::string small = (place.folder / "small").string();
  if (::geteuid() != 0 || ::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=300k") != 0) {
    WARN("skipped: a small file system of its own (needs root and mount)");
    return;
  }
  const Finished little = place.run({"download", kModel}, {{"CACTUS_MODELS_DIR", small + "/m"}});
  ::umount(small.c_str());
  INFO(little.err);
  CHECK(little.code == 7);
  CHECK(has(little.err, "are free"));
#endif
}
