// The program with the real engine: a checkpoint of random weights converted, run, verified, and
// its stages compared with the reference through `cactus debug`.
#include <signal.h>

#include <fstream>

#include "engine/base/json.h"
#include "engine/builtin/builtin.h"
#include "tests/support/calling_model.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/golden.h"
#include "tests/support/process.h"

using namespace cactus;
using cactus::test::Finished;

namespace {

struct Place {
  Finished run(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), CACTUS_BINARY);
    return test::run({std::move(arguments), input, {}, folder.path()});
  }
  test::TempDir folder;
  std::string checkpoint = test::fixture("gemma4_text").string();
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("convert, run, verify: from a checkpoint to an answer", "[cli]") {
  const Place place;
  for (const char* bits : {"4", "8", "16"}) {
    const std::string bundle = std::string("b") + bits;
    REQUIRE(place.run({"convert", place.checkpoint, bundle, "--bits", bits}).code == 0);
    const std::vector<std::string> ask = {"run", bundle, "--temp", "0", "--max-tokens", "12", "hi"};
    const Finished one = place.run(ask);
    CHECK(one.code == 0);
    CHECK(one.out.size() > 1);
    CHECK(one.out == place.run(ask).out);  // greedy repeats
    CHECK(place.run({"verify", bundle}).code == 0);
  }
  const auto seeded = [&](const char* seed) {
    const Finished f =
        place.run({"run", "b4", "--json", "--seed", seed, "--max-tokens", "12"}, "hi");
    return Json::parse(f.out)["response"].get<std::string>();
  };
  CHECK(seeded("7") == seeded("7"));
  CHECK(seeded("7") != seeded("8"));
  const Json object =
      Json::parse(place.run({"run", "b8", "--json", "--temp", "0", "--max-tokens", "3", "hi"}).out);
  CHECK(object["variant"] == "int8");
  CHECK(object["model"] == "b8");
  CHECK(object["usage"]["output"] == 3);
  CHECK(object["finish_reason"] == "length");
  CHECK(object["confidence"].is_null());
}

TEST_CASE("convert: what cannot be done says why", "[cli]") {
  const Place place;
  CHECK(place.run({"convert", "nothing", "b"}).code == 3);
  CHECK(place.run({"convert", place.checkpoint, "b", "--bits", "5"}).code == 2);
  REQUIRE(place.run({"convert", "-q", place.checkpoint, "b"}).code == 0);
  CHECK(place.run({"convert", "-q", place.checkpoint, "b", "--bits", "8"}).code == 2);
  CHECK(place.run({"convert", "-q", place.checkpoint, "b", "--bits", "8", "--force"}).code == 0);
  CHECK(place.run({"run", "b", "--ctx", "8", "a", "question", "longer", "than", "that"}).code == 7);
}

TEST_CASE("verify: one flipped bit is found", "[cli]") {
  const Place place;
  REQUIRE(place.run({"convert", "-q", place.checkpoint, "b"}).code == 0);
  {
    std::fstream file(place.folder / "b/weights.cactus",
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(4096);
    const char byte = static_cast<char>(file.get() ^ 4);
    file.seekp(4096);
    file.put(byte);
  }
  const Finished damaged = place.run({"verify", "b"});
  CHECK(damaged.code == 6);
  CHECK(has(damaged.err, "damaged"));
  const Finished json = place.run({"verify", "b", "--json"});
  CHECK(json.code == 6);
  const Json problems = Json::parse(json.out)["problems"];
  REQUIRE(problems.size() == 1);
  // Also where only problems are printed, and of each model.
  const Finished quiet = place.run({"verify", "-q", "b", "b"});
  CHECK(quiet.code == 6);
  const std::string problem = problems[0].get<std::string>();
  const std::size_t first = quiet.err.find(problem);
  REQUIRE(first != std::string::npos);
  CHECK(quiet.err.find(problem, first + 1) != std::string::npos);
}

TEST_CASE("debug logits: parity with the reference through the command line", "[cli]") {
  const Place place;
  const auto golden = test::read_safetensors(test::fixture("gemma4_text") / "golden.safetensors");
  test::write_file(place.folder / "ids.json", Json(golden.at("input_ids").ints).dump());
  const Finished finished = place.run({"debug", "logits", place.checkpoint, "--bits", "f32",
                                       "--act", "f32", "--kv", "f32", "--hidden", "--greedy", "32",
                                       "--ids", "ids.json", "--out", "out.safetensors"});
  INFO(finished.err);
  REQUIRE(finished.code == 0);
  const auto ours = test::read_safetensors(place.folder / "out.safetensors");
  const auto& logits = ours.at("logits");
  CHECK(logits.shape == std::vector<std::int64_t>{51, 768});
  CHECK(test::max_abs_difference(logits.values.data(), golden.at("logits").values.data(),
                                 logits.values.size()) < 5e-3);
  for (int layer = 0; layer <= 8; ++layer) {
    const std::string name = "hidden_states." + std::to_string(layer);
    const auto& states = ours.at(name).values;
    CHECK(test::relative_rms(states.data(), golden.at(name).values.data(), states.size()) < 1e-4);
  }
  CHECK(ours.at("generated_ids").ints == golden.at("generated_ids").ints);
}

TEST_CASE("debug tokens and render: stable files", "[cli]") {
  const Place place;
  const Finished ids =
      place.run({"debug", "tokens", place.checkpoint, "--special"}, R"(["Hello", "a b"])");
  REQUIRE(ids.code == 0);
  const Json lists = Json::parse(ids.out);
  REQUIRE(lists.size() == 2);
  const Finished texts =
      place.run({"debug", "tokens", place.checkpoint, "--decode", "--skip-special"}, ids.out);
  CHECK(Json::parse(texts.out) == Json::parse(R"(["Hello", "a b"])"));
  const Finished rendered = place.run({"debug", "render", place.checkpoint},
                                      R"([{"messages": [{"role": "user", "content": "Hi"}],
                                           "add_generation_prompt": true}, {"messages": 5}])");
  REQUIRE(rendered.code == 0);
  const Json out = Json::parse(rendered.out);
  CHECK(out[0] == "<bos><|turn>user\nHi<turn|>\n<|turn>model\n");
  CHECK(out[1].contains("error"));
  CHECK(place.run({"debug", "tokens", place.checkpoint}, "{}").code == 2);
  CHECK(place.run({"debug", "tokens", "nothing"}, "[]").code == 3);
}

TEST_CASE("debug calls: a line for each case, in order, at any number of threads", "[cli]") {
  const Place place;
  test::write_calling_checkpoint(place.folder / "model");
  const std::string tools =
      R"([{"type":"function","function":{"name":"light","parameters":{"type":"object",)"
      R"("properties":{"on":{"type":"boolean"}},"required":["on"]}}}])";
  std::string cases;
  for (int i = 0; i < 7; ++i)
    cases += "{\"id\":\"case " + std::to_string(i) + "\",\"tools\":" + tools +
             ",\"messages\":[{\"role\":\"user\",\"content\":\"request " + std::to_string(i) +
             "\"}]}\n\n";
  const auto calls = [&](std::vector<std::string> flags) {
    std::vector<std::string> line = {"debug", "calls", "model", "--bits", "8", "--longest", "900"};
    line.insert(line.end(), flags.begin(), flags.end());
    return place.run(line, cases);
  };
  const Finished one = calls({"--threads", "1"});
  REQUIRE(one.code == 0);
  CHECK(has(one.err, "7 cases"));
  CHECK(calls({"--threads", "3"}).out == one.out);
  int lines = 0;
  for (std::size_t at = 0; at < one.out.size(); ++lines) {
    const std::size_t end = one.out.find('\n', at);
    const Json line = Json::parse(one.out.substr(at, end - at));
    at = end + 1;
    CHECK(line["id"] == "case " + std::to_string(lines));
    CHECK(line["text"] == "");
    for (const Json& call : line["tool_calls"]) {
      CHECK(call["name"] == "light");
      CHECK(call["arguments"]["on"].is_boolean());
    }
  }
  CHECK(lines == 7);
  CHECK(calls({"--free"}).out != one.out);
  CHECK(calls({"--out", "calls.jsonl"}).out == "");
  CHECK(test::read_file(place.folder / "calls.jsonl") == one.out);
  CHECK(place.run({"debug", "calls", "model"}, "{\"messages\":[]}\n{\n").code == 2);
  CHECK(place.run({"debug", "calls", "model"}, "{\"tools\":[]}\n").code == 2);
  CHECK(place.run({"debug", "calls", "nothing"}, "").code == 3);
}

TEST_CASE("the model inside the program needs no file and no home", "[cli]") {
  if (builtin_files().empty()) {
    WARN("this build has no model inside: not checked");
    return;
  }
  const test::TempDir folder;
  const std::string one =
      R"({"id":1,"tools":[{"name":"ping"}],"messages":[{"role":"user","content":"ping it"}]})";
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
  const auto ran = test::run({{CACTUS_BINARY, "debug", "calls", "builtin"},
                              one,
                              {{"HOME", "/nonexistent"}, {"TMPDIR", "/nonexistent"}},
                              folder.path()});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const Json line = Json::parse(ran.out);
  CHECK(line["text"] == "");
  for (const Json& call : line["tool_calls"]) CHECK(call["name"] == "ping");
  CHECK(std::filesystem::is_empty(folder.path()));
}
