// What is installed: listed, replaced, pinned, upgraded, checked, removed.
#include <signal.h>

#include <fstream>
#include <thread>

#include "tests/cli/models/hub_place.h"

using namespace cactus;
using namespace cactus::test;
namespace fs = std::filesystem;

namespace {

constexpr char kModel[] = "google/gemma-tiny";

// Changes a byte in the middle of a file, as a failing disk would.
void damage(const fs::path& file) {
  std::string bytes = read_file(file);
  bytes[bytes.size() / 2] ^= 1;
  write_file(file, bytes);
}

std::string status_of(const HubPlace& place) {
  const Json list = place.installed();
  REQUIRE(list.size() == 1);
  return list[0]["version"].get<std::string>();
}

}  // namespace

TEST_CASE("reconvert: the newest source takes the old one's place, or nothing changes",
          "[hub][cli]") {
  HubPlace place;
  HubRepo& repo = place.hub.add(kModel);
  const std::string first = repo.commit(tiny_checkpoint()).substr(0, 12);
  REQUIRE(place.run({"download", kModel}).code == 0);
  const auto old_files = bundle_files(place.place("google--gemma-tiny"));
  const auto still_old = [&] {
    CHECK(status_of(place) == first);
    CHECK(bundle_files(place.place("google--gemma-tiny")) == old_files);
    CHECK(place.run({"run", kModel, "--max-tokens", "1", "Hello"}).code == 0);
  };

  // Damage is repaired from the same commit.
  damage(place.place("google--gemma-tiny") / "weights.cactus");
  CHECK(place.run({"verify"}).code == 6);
  CHECK(place.run({"download", kModel, "--reconvert"}).code == 0);
  CHECK(place.run({"verify"}).code == 0);
  still_old();

  // A source that cannot be converted.
  auto broken = changed_checkpoint();
  broken.back().second.resize(broken.back().second.size() / 2);
  repo.commit(broken);
  CHECK(place.run({"download", kModel, "--reconvert"}).code == 6);
  still_old();
  // One that can, but that cannot be opened then.
  auto unusable = changed_checkpoint();
  unusable[2].second = R"({"version": "1.0", "model": {"type": "Unheard of"}})";
  repo.commit(unusable);
  const Finished refused = place.run({"download", kModel, "--reconvert"});
  INFO(refused.err);
  CHECK(refused.code == 6);
  still_old();
  // No hub.
  place.hub.inject({.where = "/api/", .kind = Fault::Kind::status, .times = -1, .status = 404});
  CHECK(place.run({"download", kModel, "--reconvert"}).code != 0);
  still_old();
  place.hub.clear_faults();

  const std::string second = repo.commit(changed_checkpoint()).substr(0, 12);
  REQUIRE(place.run({"download", kModel, "--reconvert"}).code == 0);
  CHECK(status_of(place) == second);
  CHECK(bundle_files(place.place("google--gemma-tiny")) != old_files);
  CHECK(fs::is_empty(place.models() / ".staging"));
}

TEST_CASE("outdated and upgrade: what applies, and not what is pinned", "[hub][cli]") {
  HubPlace place;
  HubRepo& repo = place.hub.add(kModel);
  const std::string first = repo.commit(tiny_checkpoint()).substr(0, 12);
  REQUIRE(place.run({"download", kModel}).code == 0);
  CHECK(place.run({"outdated"}).out.empty());
  // Another commit with the same weights is nothing new.
  auto readme = tiny_checkpoint();
  readme.emplace_back("README.md", "---\nlicense: mit\n---\nNew words.\n");
  repo.commit(readme);
  CHECK(place.run({"outdated"}).out.empty());
  const std::string second = repo.commit(changed_checkpoint()).substr(0, 12);
  CHECK(place.run({"outdated"}).out == "google/gemma-tiny:int4\n");
  const Json json = place.json({"outdated"});
  CHECK(json["models"][0]["installed"] == first);
  CHECK(json["models"][0]["available"] == second);

  REQUIRE(place.run({"pin", kModel}).code == 0);
  CHECK(place.json({"upgrade"})["models"].empty());
  CHECK(status_of(place) == first);
  REQUIRE(place.run({"unpin", kModel}).code == 0);
  CHECK(place.json({"upgrade", "--dry-run"})["models"].size() == 1);
  CHECK(status_of(place) == first);
  CHECK(place.json({"upgrade"})["models"][0]["to"] == second);
  CHECK(status_of(place) == second);  // and the old version has gone
  CHECK(place.json({"upgrade"})["models"].empty());

  // Published weights: only a newer tag that this program can read counts.
  HubRepo& publisher = place.hub.add("Cactus-Compute/gemma-tiny");
  REQUIRE(place.run({"convert", "-q", fixture("gemma4_text").string(), "b"}).code == 0);
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& [name, bytes] : bundle_files(place.folder / "b"))
    files.emplace_back(name, bytes);
  const std::string commit = publisher.commit(files);
  publisher.tag("v1.3", commit);
  CHECK(place.json({"upgrade"})["models"][0]["to"] == "v1.3");
  publisher.tag("v3.0", commit);
  CHECK(place.run({"outdated"}).out.empty());
  publisher.tag("v1.14", commit);
  CHECK(place.run({"outdated"}).out == "google/gemma-tiny:int4\n");
  CHECK(place.json({"upgrade"})["models"][0]["to"] == "v1.14");
  CHECK(status_of(place) == "v1.14");
}

TEST_CASE("rm, cleanup: what goes, what stays", "[hub][cli]") {
  HubPlace place;
  HubRepo& repo = place.hub.add(kModel);
  const std::string first = repo.commit(tiny_checkpoint());
  const std::string second = repo.commit(changed_checkpoint());
  REQUIRE(place.run({"download", std::string(kModel) + "@" + first}).code == 0);
  REQUIRE(place.run({"download", std::string(kModel) + "@" + second}).code == 0);
  CHECK(status_of(place) == second.substr(0, 12));
  CHECK(place.installed({"--all"}).size() == 2);
  CHECK(
      has(place.run({"list", "--all", "-q"}).out, "google/gemma-tiny:int4@" + first.substr(0, 12)));

  fs::create_directories(place.models() / ".staging/google--gemma-tiny--int8-v1.15-x.partial");
  const Json dry = place.json({"cleanup", "--dry-run"});
  CHECK(dry["bytes"] > 200'000);
  CHECK(place.installed({"--all"}).size() == 2);
  CHECK(place.json({"cleanup", "--older-than", "1h"})["removed"].empty());
  CHECK(place.run({"cleanup", "--older-than", "soon"}).code == 2);
  CHECK(place.json({"cleanup"})["bytes"] == dry["bytes"]);
  CHECK(place.installed({"--all"}).size() == 1);
  CHECK(fs::is_empty(place.models() / ".staging"));
  CHECK(place.run({"run", kModel, "--max-tokens", "1", "Hello"}).code == 0);

  CHECK(place.run({"rm", "google/gema-tiny"}).code == 3);
  CHECK(has(place.run({"rm", "google/gema-tiny"}).err, "did you mean google/gemma-tiny?"));
  CHECK(place.json({"rm", "--dry-run", kModel})["models"].size() == 1);
  CHECK(place.installed().size() == 1);
  {
    // In use by a chat: refused, and the process is named.
    test::Terminal chat(place.launch({"chat", kModel}));
    REQUIRE(chat.expect(">>> "));
    const Finished refused = place.run({"rm", "-y", kModel});
    CHECK(refused.code == 8);
    CHECK(has(refused.err, std::to_string(chat.pid())));
    CHECK(has(place.run({"list"}).out, "in use"));
    chat.send(SIGKILL);
    chat.wait();
  }
  CHECK(place.run({"rm", "-y", kModel}).code == 0);
  CHECK(place.installed().empty());
  CHECK_FALSE(fs::exists(place.models() / "google--gemma-tiny"));
}

TEST_CASE("info, search, path, doctor: what they say", "[hub][cli]") {
  HubPlace place;
  HubRepo& repo = place.hub.add(kModel);
  repo.commit(tiny_checkpoint());
  repo.set_info(R"({"tags": ["safetensors", "gemma4_text", "license:gemma"], "downloads": 7})");
  place.hub.add("other/strange").commit({{"config.json", "{}"}});
  const Json remote = place.json({"info", kModel});
  CHECK(remote["installed"] == false);
  CHECK(remote["family"] == "gemma4");
  CHECK(remote["plan"]["convert"] == true);
  CHECK(place.run({"info", "google/nothing"}).code == 3);
  const Json found = place.json({"search", "gemma"});
  REQUIRE(found["models"].size() == 1);
  CHECK(found["models"][0]["name"] == kModel);
  CHECK(place.run({"path", kModel}).code == 3);
  CHECK(place.run({"path", "models"}).out == place.models().string() + "\n");
  CHECK(place.run({"doctor"}).code == 0);

  REQUIRE(place.run({"download", kModel}).code == 0);
  const Json local = place.json({"info", kModel});
  CHECK(local["installed"] == true);
  CHECK(local["parameters"] > 100'000);
  CHECK(place.run({"path", kModel}).out == place.place("google--gemma-tiny").string() + "\n");
  CHECK(place.run({"info", "google/nothing", "--offline"}).code == 3);
  if (fs::exists(CACTUS_SOURCE "/packaging/builtin/bundle/cactus.json")) {
    const Json inside = place.json({"info", "builtin"});
    CHECK(inside["family"] == "llama");
    CHECK(inside["path"].is_null());
    CHECK(place.json({"list"})["models"][0]["name"] == "builtin");
  }

  // What is broken is found and named.
  fs::remove(place.place("google--gemma-tiny") / "cactus.json");
  const Finished sick = place.run({"doctor", "models"});
  CHECK(sick.code == 1);
  CHECK(has(sick.out, "cactus download --reconvert google/gemma-tiny:int4"));
  write_file(place.place("google--gemma-tiny") / "install.json", "{");
  CHECK(place.run({"doctor", "models"}).code == 1);
  CHECK(place.run({"list"}).code == 0);
  CHECK(place.run({"doctor", "modles"}).code == 2);
  place.hub.inject({.where = "/api/", .kind = Fault::Kind::html, .times = -1});
  const Finished portal = place.run({"doctor", "hub"});
  CHECK(portal.code == 1);
  CHECK(has(portal.out, "web page"));
  place.hub.clear_faults();
  CHECK(place.run({"doctor", "--offline"}, {{"HOME", ""}, {"CACTUS_HOME", ""}}).code == 1);
}
