// The hand-off with the real engine: a checkpoint of random weights, and a probe that always says
// the same.
#include <cmath>

#include "engine/model.h"
#include "engine/models/decoder.h"
#include "engine/probe/probe.h"
#include "engine/weights/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/support/handoff_place.h"

using namespace cactus;
using namespace cactus::test;

namespace {

const std::string kCloudText = ScriptedAnswer().text;

// Puts a probe into a bundle whose head is zero but for its last bias.
void give_probe(const std::filesystem::path& bundle, double confidence, double threshold) {
  const auto model = Model::open(bundle);
  REQUIRE(model.ok());
  const DecoderInfo& info = (*model)->decoder().info();
  const auto hidden = static_cast<std::size_t>(info.hidden);
  const HeadLayout at(hidden);
  std::vector<float> parameters(at.total, 0.0f);
  parameters[at.b3] = static_cast<float>(std::log((1 - confidence) / confidence));
  ProbeCard card;
  card.layer = info.layers / 2;
  card.model = identity_of((*model)->bundle().manifest(), info.hidden, info.layers, card.layer);
  card.threshold = threshold;
  write_file(bundle / kProbeFile, write_probe(card, Head(hidden, parameters)));
}

struct EnginePlace : HandoffPlace {
  EnginePlace() {
    Launch convert = launch(CACTUS_BINARY, {"convert", "-q", fixture("gemma4_text").string(), "b"});
    REQUIRE(test::run(convert).code == 0);
  }
  Finished run(std::vector<std::string> arguments, const Environment& more = {},
               const std::string& input = "") const {
    arguments.insert(arguments.begin() + 1, {"b", "--temp", "0", "--max-tokens", "40"});
    return test::run(launch(CACTUS_BINARY, std::move(arguments), input, more));
  }
  Json ask(const std::string& question, const Environment& more = {}) const {
    const Finished finished = run({"run", "--json", question}, more);
    INFO(finished.err);
    REQUIRE(finished.code == 0);
    return Json::parse(finished.out);
  }
};

}  // namespace

TEST_CASE("handoff: the bundle's probe and its threshold decide", "[router][cli]") {
  const EnginePlace place;
  give_probe(place.folder / "b", 0.5, 0.6);
  const Json unsure = place.ask("hi");
  CHECK(unsure["response"] == kCloudText);
  CHECK(unsure["reason"] == "0.50 < 0.60");
  CHECK(unsure["confidence_source"] == "probe");
  CHECK(unsure["threshold"] == 0.6);
  CHECK(place.server.requests().size() == 1);
  const Json told = place.ask("hi", {{"CACTUS_HANDOFF_THRESHOLD", "0.4"}});
  CHECK(told["cloud_handoff"] == false);
  CHECK(told["reason"] == "0.50 ≥ 0.40");
  give_probe(place.folder / "b", 0.1, 0.6);
  const Json hopeless = place.ask("hi");
  CHECK(hopeless["response"] == kCloudText);
  CHECK(hopeless["reason"] == "0.10 < 0.60 after 16 tokens");
  CHECK(hopeless["usage"]["output"].get<int>() < 40);
  give_probe(place.folder / "b", 0.9, 0.6);
  const Json sure = place.ask("hi");
  CHECK(sure["cloud_handoff"] == false);
  CHECK(sure["confidence"].get<double>() == Approx(0.9));
  CHECK(place.server.requests().size() == 2);
  // What streams and what does not are the same bytes, whoever answered.
  CHECK(place.run({"run", "hi"}).out == place.run({"run", "--no-stream", "hi"}).out);
  CHECK(place.run({"run", "hi"}).out == sure["response"].get<std::string>() + "\n");
}

TEST_CASE("handoff: log-probabilities decide only when asked to", "[router][cli]") {
  const EnginePlace place;
  const Environment strict = {{"CACTUS_HANDOFF_THRESHOLD", "1"}};
  const Json plain = place.ask("hi", strict);
  CHECK(plain["cloud_handoff"] == false);
  CHECK(plain["confidence"].is_null());
  CHECK(place.server.connections() == 0);
  Environment logprob = strict;
  logprob["CACTUS_HANDOFF_LOGPROB"] = "true";
  const Json asked = place.ask("hi", logprob);
  CHECK(asked["response"] == kCloudText);
  CHECK(asked["confidence_source"] == "logprob");
  CHECK(asked["confidence"].get<double>() > 0);
  CHECK(asked["confidence"].get<double>() < 1);
}

TEST_CASE("handoff: in a chat the local model goes on from the answer that stood",
          "[router][cli]") {
  const EnginePlace place;
  give_probe(place.folder / "b", 0.5, 0.6);
  const Finished finished = place.run({"chat"}, {}, "one\n/cloud off\ntwo\n/stats\n");
  INFO(finished.err);
  CHECK(finished.code == 0);
  CHECK(finished.out.rfind(kCloudText + "\n", 0) == 0);
  CHECK(finished.err.find(" cached)") != std::string::npos);
  CHECK(place.server.requests().size() == 1);
}
