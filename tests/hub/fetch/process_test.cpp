// Downloaders as processes: killed at any moment, several at once, a full disk.
#include "tests/support/process.h"

#include <signal.h>

#include <chrono>
#include <random>
#include <thread>

#include "hub/fetch/digest.h"
#include "hub/fetch/hub_cache.h"
#include "tests/hub/support.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::hub;
using test::HubFixture;
namespace fs = std::filesystem;

namespace {

struct Processes : HubFixture {
  Processes() : cache(home / "hub") {
    commit = server.add("org/model")
                 .commit({{"config.json", "{\"a\":1}"},
                          {"sub/tokenizer.json", test::noise(50'000, 2)},
                          {"one.safetensors", test::noise(700'000, 3)},
                          {"two.safetensors", test::noise(1'300'000, 4)}});
    files = api.tree("org/model", commit).value();
  }
  test::Launch launch(std::vector<std::string> more = {}) const {
    test::Launch launch;
    launch.arguments = {FETCH_PROGRAM, server.endpoint(), cache.folder().string(), "org/model",
                        commit};
    launch.arguments.insert(launch.arguments.end(), more.begin(), more.end());
    return launch;
  }
  // A file of the final name always has the right bytes, whenever one looks.
  void check_published() const {
    for (const TreeFile& file : files) {
      const fs::path blob = cache.blob("org/model", file.etag);
      if (fs::exists(blob)) CHECK(verify_file(blob, file).ok());
    }
  }
  void check_complete() const {
    for (const TreeFile& file : files) {
      INFO(file.path);
      REQUIRE(cache.find("org/model", commit, file.path).has_value());
    }
    check_published();
    CHECK(cache.commit_of("org/model", "main") == commit);
    for (const auto& entry : fs::directory_iterator(cache.repository("org/model") / "blobs")) {
      INFO(entry.path());
      CHECK(entry.path().filename().string().find('.') == std::string::npos);
    }
  }

  HubCache cache;
  std::string commit;
  std::vector<TreeFile> files;
};

long number_after(const std::string& text, const std::string& word) {
  const auto at = text.find(word + " ");
  return at == std::string::npos ? -1 : std::atol(text.c_str() + at + word.size() + 1);
}

}  // namespace

TEST_CASE("fetch process: killed at many moments, then it goes on", "[hub]") {
  Processes hub;
  hub.server.set_rate(1'500'000);  // about 0.4 s for an undisturbed run
  // Machines differ, and so do loads: the moments are shares of what an undisturbed run takes here.
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(test::run(hub.launch()).code == 0);
  const auto took = std::chrono::steady_clock::now() - begin;
  fs::remove_all(hub.cache.folder());
  std::mt19937 random(20261124);
  std::uniform_real_distribution<double> share(0.02, 0.8);
  long resumed = 0;
  int kills = 0;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 3; ++i) {
      test::Child child(hub.launch());
      std::this_thread::sleep_for(took * share(random));
      child.send(SIGKILL);
      child.wait();
      ++kills;
      hub.check_published();
    }
    const test::Finished last = test::run(hub.launch());
    INFO(last.out << last.err);
    REQUIRE(last.code == 0);
    resumed += number_after(last.out, "resumed");
    hub.check_complete();
    fs::remove_all(hub.cache.folder());
  }
  CHECK(kills == 36);
  CHECK(resumed > 0);
}

TEST_CASE("fetch process: two at once download once", "[hub]") {
  Processes hub;
  hub.server.set_rate(1'500'000);
  test::Child first(hub.launch()), second(hub.launch());
  const test::Finished a = first.wait(), b = second.wait();
  INFO(a.out << b.out);
  CHECK(a.code == 0);
  CHECK(b.code == 0);
  hub.check_complete();
  // Between them, the bytes of the repository and no more.
  CHECK(number_after(a.out, "fetched") + number_after(b.out, "fetched") == 2'050'007);
}

TEST_CASE("fetch process: who waits takes over from one that was killed", "[hub]") {
  Processes hub;
  hub.server.set_rate(600'000);
  test::Child first(hub.launch());
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  test::Child second(hub.launch());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  first.send(SIGKILL);
  first.wait();
  hub.server.set_rate(0);
  const test::Finished b = second.wait();
  INFO(b.out << b.err);
  CHECK(b.code == 0);
  hub.check_complete();
}

TEST_CASE("fetch process: a disk that fills up loses nothing that is finished", "[hub]") {
  Processes hub;
  const test::Finished full = test::run(hub.launch({"800000"}));
  CHECK(full.code == 1);
  CHECK(full.out.rfind(std::to_string(static_cast<int>(ErrorKind::resources)) + " cannot write",
                       0) == 0);
  hub.check_published();
  const test::Finished after = test::run(hub.launch());
  INFO(after.out << after.err);
  CHECK(after.code == 0);
  CHECK(number_after(after.out, "fetched") < 2'050'007);
  hub.check_complete();
}
