// From a name to an installed model: what is fetched, from where, and that nothing is asked again.
#include <cstring>

#include "tests/cli/models/hub_place.h"

using namespace cactus;
using namespace cactus::test;
namespace fs = std::filesystem;

namespace {

constexpr char kModel[] = "google/gemma-tiny";

// A bundle of the fixture, as a publisher has it.
std::vector<std::pair<std::string, std::string>> published_bundle(const HubPlace& place) {
  const fs::path made = place.folder / "published";
  if (!fs::exists(made))
    REQUIRE(place.run({"convert", "-q", fixture("gemma4_text").string(), made.string()}).code == 0);
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& [name, bytes] : bundle_files(made)) files.emplace_back(name, bytes);
  return files;
}

}  // namespace

TEST_CASE("download: a source is converted while it arrives, and run needs no network",
          "[hub][cli]") {
  HubPlace place;
  const std::string commit = place.hub.add(kModel).commit(tiny_checkpoint());
  const Json made = place.json({"download", kModel});
  CHECK(made["models"][0]["commit"] == commit);
  CHECK(made["models"][0]["tag"].is_null());
  const fs::path bundle = place.place("google--gemma-tiny");
  CHECK(bundle.filename() == "int4-v1.15-" + commit.substr(0, 12));
  // No byte of the weights is stored but in the bundle.
  for (const auto& entry : fs::recursive_directory_iterator(place.folder / "hf"))
    CHECK((!entry.is_regular_file() || entry.file_size() < 200'000));
  // The same tensors as a conversion of the files.
  REQUIRE(place.run({"convert", "-q", fixture("gemma4_text").string(), "local"}).code == 0);
  CHECK(read_file(bundle / "weights.cactus") == read_file(place.folder / "local/weights.cactus"));
  const Json manifest = Json::parse(read_file(bundle / "cactus.json"));
  CHECK(manifest["source"]["repository"] == kModel);
  CHECK(manifest["source"]["commit"] == commit);
  CHECK(manifest["source"]["files"]["model.safetensors"]["sha256"].get<std::string>().size() == 64);

  place.hub.forget_requests();
  const Finished answer = place.run({"run", kModel, "--max-tokens", "3", "--seed", "1", "Hello"});
  INFO(answer.err);
  CHECK(answer.code == 0);
  CHECK(place.run({"run", "GOOGLE/Gemma-Tiny:int4", "--max-tokens", "1", "Hello"}).code == 0);
  CHECK(place.run({"download", kModel}).code == 0);
  CHECK(place.run({"list"}).code == 0);
  CHECK(place.run({"verify"}).code == 0);
  CHECK(place.run({"info", kModel}).code == 0);
  CHECK(place.hub.requests().empty());
}

TEST_CASE("download: published weights go by the greatest tag that fits", "[hub][cli]") {
  HubPlace place;
  HubRepo& publisher = place.hub.add("Cactus-Compute/gemma-tiny");
  place.hub.add(kModel).commit(tiny_checkpoint());
  const std::string old = publisher.commit({{"x", "old"}});
  const std::string good = publisher.commit(published_bundle(place));
  publisher.tag("v1.7", old);
  publisher.tag("v1.15", good);
  publisher.tag("v2.0", publisher.commit({{"x", "too new"}}));
  const Json made = place.json({"download", kModel});
  const Json& model = made["models"][0];
  CHECK(model["tag"] == "v1.15");
  CHECK(model["commit"] == good);
  CHECK(model["repository"] == "Cactus-Compute/gemma-tiny");
  // In the cache, in its layout, and not a second time in the store.
  const fs::path bundle = model["path"].get<std::string>();
  CHECK(bundle == place.folder / "hf/hub/models--Cactus-Compute--gemma-tiny/snapshots" / good);
  CHECK(fs::is_symlink(bundle / "weights.cactus"));
  CHECK(bundle_files(place.place("google--gemma-tiny")).empty());
  place.hub.forget_requests();
  CHECK(place.run({"run", kModel, "--max-tokens", "2", "Hello"}).code == 0);
  CHECK(place.run({"run", std::string(kModel) + "@v1.15", "--max-tokens", "2", "Hello"}).code == 0);
  CHECK(place.hub.requests().empty());

  // A tag by name: refused when it is too new, with both numbers.
  const Finished refused = place.run({"download", std::string(kModel) + "@v2.0"});
  CHECK(refused.code == 6);
  CHECK(has(refused.err, "v2.0"));
  CHECK(has(refused.err, "1.15"));

  // One that is not there: those that are.
  const Finished absent = place.run({"download", std::string(kModel) + "@v1.9"});
  CHECK(absent.code == 3);
  CHECK(has(absent.err, "(tags: v1.7, v1.15, v2.0)"));

  // Gone from the cache, it is fetched again by itself.
  fs::remove_all(place.folder / "hf/hub");
  CHECK(place.installed()[0]["status"] == "missing");
  CHECK(place.run({"run", kModel, "--max-tokens", "2", "Hello"}).code == 0);
}

TEST_CASE("download: no tag fits, so the source is converted and that is said", "[hub][cli]") {
  HubPlace place;
  HubRepo& publisher = place.hub.add("Cactus-Compute/gemma-tiny");
  publisher.tag("v7.1", publisher.commit(published_bundle(place)));
  const std::string source = place.hub.add(kModel).commit(tiny_checkpoint());
  const Finished made = place.run({"download", kModel});
  INFO(made.err);
  CHECK(made.code == 0);
  CHECK(has(made.err, "tags: v7.1"));
  CHECK(has(made.err, source.substr(0, 12)));

  SECTION("a bundle of another variant does not serve") {
    publisher.tag("v1.15", publisher.commit(published_bundle(place)));
    const Json other = place.json({"download", std::string(kModel) + ":int8"});
    CHECK(other["models"][0]["tag"].is_null());
    CHECK(other["models"][0]["variant"] == "int8");
    CHECK(place.installed().size() == 2);
  }
  SECTION("a tag that fits, but no bundle there") {
    publisher.tag("v1.10", publisher.commit({{"model.bin", "another program's"}}));
    REQUIRE(place.run({"rm", "-y", kModel}).code == 0);
    const Finished again = place.run({"download", kModel});
    INFO(again.err);
    CHECK(again.code == 0);
    CHECK(has(again.err, "v1.10 does not serve"));
    CHECK(place.installed()[0]["commit"] == source);
  }
  SECTION("other publishers, in their order") {
    HubRepo& mine = place.hub.add("mine/gemma-tiny");
    mine.tag("v1.2", mine.commit(published_bundle(place)));
    REQUIRE(place.run({"config", "set", "hub.publishers", "nobody, mine"}).code == 0);
    const Json json = place.json({"download", std::string(kModel) + "@v1.2"});
    CHECK(json["models"][0]["repository"] == "mine/gemma-tiny");
  }
}

TEST_CASE("download: a main branch is never taken unasked", "[hub][cli]") {
  HubPlace place;
  place.hub.add("somebody/bundle").commit(published_bundle(place));
  const Finished refused = place.run({"download", "somebody/bundle"});
  CHECK(refused.code == 6);
  CHECK(has(refused.err, "somebody/bundle@main"));
  const Finished taken = place.run({"download", "somebody/bundle@main"});
  INFO(taken.err);
  CHECK(taken.code == 0);
  CHECK(place.run({"run", "somebody/bundle", "--max-tokens", "2", "Hello"}).code == 0);
}

TEST_CASE("run: what is not installed is fetched, refused, or asked about", "[hub][cli]") {
  HubPlace place;
  place.hub.add(kModel).commit(tiny_checkpoint());
  const Finished refused = place.run({"run", kModel, "--no-download", "Hello"});
  CHECK(refused.code == 3);
  CHECK(has(refused.err, "cactus download google/gemma-tiny"));
  for (const char* variable : {"CACTUS_OFFLINE", "HF_HUB_OFFLINE"}) {
    const Finished offline = place.run({"run", kModel, "Hello"}, {{variable, "1"}});
    CHECK(offline.code == 3);
    CHECK(has(offline.err, "no model is installed"));
  }
  CHECK(place.run({"run", kModel, "--offline", "Hello"}).code == 3);
  CHECK(place.hub.requests().empty());

  // On a terminal there is a question.
  {
    test::Terminal terminal(place.launch({"run", kModel, "--max-tokens", "2", "Hello"}));
    REQUIRE(terminal.expect("fetch? [Y/n]"));
    CHECK(has(terminal.shown(), "google/gemma-tiny:int4 @"));
    CHECK(has(terminal.shown(), "free"));
    terminal.type("n\r");
    CHECK(terminal.wait() == 3);
  }
  CHECK(place.installed().empty());
  {
    test::Terminal terminal(place.launch({"run", kModel, "--max-tokens", "2", "Hello"}));
    REQUIRE(terminal.expect("[Y/n]"));
    terminal.type("\x03");
    CHECK(terminal.wait() == 130);
  }
  {
    test::Terminal terminal(place.launch({"run", kModel, "--max-tokens", "2", "Hello"}));
    REQUIRE(terminal.expect("[Y/n]"));
    terminal.type("\r");
    CHECK(terminal.wait() == 0);
  }
  CHECK(place.run({"rm", "-y", kModel}).code == 0);
  // Off a terminal there is none.
  const Finished piped = place.run({"run", kModel, "--max-tokens", "2", "--seed", "1", "Hello"});
  INFO(piped.err);
  CHECK(piped.code == 0);
  CHECK(has(piped.err, "google/gemma-tiny:int4 @"));
  CHECK_FALSE(has(piped.out, "gemma-tiny"));
}

TEST_CASE("download: what people meet on the way", "[hub][cli]") {
  HubPlace place;
  HubRepo& repo = place.hub.add(kModel);
  repo.commit(tiny_checkpoint());
  const auto fails = [&](std::vector<std::string> arguments, int code, const std::string& text) {
    const Finished finished = place.run(std::move(arguments));
    INFO(finished.err);
    CHECK(finished.code == code);
    CHECK(has(finished.err, text));
    CHECK(finished.out.empty());
    CHECK_FALSE(fs::exists(place.models() / "google--gemma-tiny"));
  };
  fails({"download", "google"}, 2, "ORGANISATION/NAME");
  fails({"download", "../../etc/passwd"}, 2, "not a model's name");
  fails({"download", "a/b:int5"}, 2, "int4, int8, f16");
  fails({"download", "google/nothing"}, 3, "google/nothing");
  fails({"download", std::string(kModel) + "@nope"}, 3, "nope");
  fails({"download", kModel, "--offline"}, 8, "");
  place.hub.inject({.where = "/api/", .kind = Fault::Kind::html, .times = -1});
  fails({"download", kModel}, 5, "");
  place.hub.clear_faults();
  repo.set_access(HubRepo::Access::gated);
  fails({"download", kModel}, 4, "auth login huggingface");
  repo.set_access(HubRepo::Access::open);
  auto evil = tiny_checkpoint();
  evil.emplace_back("../../../evil.json", "{}");
  repo.commit(evil);
  fails({"download", kModel}, 6, "evil");
  CHECK_FALSE(fs::exists(place.folder / "evil.json"));
  auto strange = tiny_checkpoint();
  strange[0].second = R"({"architectures": ["StrangeForCausalLM"], "model_type": "strange"})";
  repo.commit(strange);
  fails({"download", kModel}, 6, "StrangeForCausalLM");
  auto gguf = tiny_checkpoint();
  gguf.back().first = "model.gguf";
  repo.commit(gguf);
  fails({"download", kModel}, 3, "GGUF");
}

TEST_CASE("download: dry runs, kept sources, servers that ignore ranges", "[hub][cli]") {
  HubPlace place;
  place.hub.add(kModel).commit(tiny_checkpoint());
  const Json dry = place.json({"download", kModel, "--dry-run"});
  CHECK(dry["models"][0]["convert"] == true);
  // Of the weights the tensors (32-bit ones here), of the other files all.
  std::uint64_t tensors = 0, others = 0, length = 0;
  for (const auto& [name, bytes] : tiny_checkpoint())
    (name == "model.safetensors" ? tensors : others) += bytes.size();
  const std::string weights = read_file(fixture("gemma4_text") / "model.safetensors");
  std::memcpy(&length, weights.data(), 8);
  CHECK(dry["models"][0]["fetch_bytes"] == tensors - 8 - length + others);
  CHECK_FALSE(fs::exists(place.models()));
  SECTION("sizes are those of what is installed then") {
    for (const char* variant : {":int4", ":int8", ":f16"}) {
      const std::string name = kModel + std::string(variant);
      const std::uint64_t disk = place.json({"download", name, "-n"})["models"][0]["disk_bytes"];
      const Json made = place.json({"download", name});
      const fs::path bundle = made["models"][0]["path"].get<std::string>();
      CHECK(made["models"][0]["bytes"] == disk + fs::file_size(bundle / "cactus.json"));
    }
  }
  SECTION("kept") {
    const Json made = place.json({"download", kModel, "--keep-source"});
    const fs::path snapshot = place.folder / "hf/hub/models--google--gemma-tiny/snapshots" /
                              made["models"][0]["commit"].get<std::string>();
    CHECK(read_file(snapshot / "model.safetensors") ==
          read_file(fixture("gemma4_text") / "model.safetensors"));
    // Another variant needs no byte of the weights again.
    place.hub.forget_requests();
    CHECK(place.run({"download", std::string(kModel) + ":int8"}).code == 0);
    for (const SeenRequest& request : place.hub.requests()) CHECK_FALSE(request.second_host);
  }
  SECTION("only the source") {
    CHECK(place.run({"download", kModel, "--source-only"}).code == 0);
    CHECK(place.installed().empty());
  }
  SECTION("ranges ignored") {
    place.hub.inject(
        {.where = "/cdn/", .kind = Fault::Kind::ignore_range, .times = -1, .second_host = true});
    const Finished made = place.run({"download", kModel});
    INFO(made.err);
    CHECK(made.code == 0);
    CHECK(place.run({"verify", "-q"}).code == 0);
  }
}
