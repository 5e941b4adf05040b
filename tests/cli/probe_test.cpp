// `cactus probe` as a process, from prompts to a confidence in an answer, on a model of random
// weights: what is tested is the path, not what the probe knows.
#include <signal.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "engine/base/json.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

using namespace cactus;
using cactus::test::Finished;

namespace {

struct Place {
  Place() {
    REQUIRE(run({"convert", "-q", test::fixture("gemma4_text").string(), "model"}).code == 0);
  }
  Finished run(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), CACTUS_BINARY);
    return test::run({std::move(arguments), input, {}, folder.path()});
  }
  // The JSON of a command that succeeds.
  Json json(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    const Finished finished = run(std::move(arguments));
    INFO(finished.err);
    REQUIRE(finished.code == 0);
    return Json::parse(finished.out);
  }
  void write(const std::string& name, const std::string& text) const {
    test::write_file(folder / name, text);
  }
  test::TempDir folder;
};

// Half of the answers count as right: anything matches, or nothing does.
std::string prompts(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const bool right = i % 2 == 0;
    const int place = i / 2 % 4;
    text += Json({{"prompt", (right ? "Say yes " : "Do not say ") + std::to_string(i)},
                  {"answer", right ? "(?s)." : "(?!)x"},
                  {"grader", "regex"},
                  {"set", i % 3 == 0 ? "one" : "two"},
                  {"split", place < 2    ? "train"
                            : place == 2 ? "valid"
                                         : "test"}})
                .dump() +
            "\n";
  }
  return text;
}

std::vector<std::string> collect(const std::string& out) {
  return {"probe",    "collect", "model",        "--in", "prompts.jsonl", "--out", out,
          "--layers", "5,6",     "--max-tokens", "6"};
}

// Records by line without what depends on the order of the work.
Json records(const std::filesystem::path& folder) {
  std::map<std::int64_t, Json> by_line;
  std::ifstream in(folder / "records.jsonl");
  for (std::string line; std::getline(in, line);) {
    Json record = Json::parse(line);
    record.erase("offset");
    by_line[record["line"].get<std::int64_t>()] = record;
  }
  Json all = Json::array();
  for (const auto& [line, record] : by_line) all.push_back(record);
  return all;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("probe: from prompts to a confidence", "[cli]") {
  const Place place;
  place.write("prompts.jsonl", prompts(48));
  const Json collected = place.json(collect("answers"));
  CHECK(collected["collected"] == 48);
  CHECK(collected["right"] == 24);
  CHECK(place.json(collect("answers"))["already_there"] == 48);

  const Json trained = place.json(
      {"probe", "train", "answers", "--out", "my.cactus", "--seeds", "2", "--epochs", "3"});
  CHECK(trained["sweep"].size() == 2);
  const std::string layer = trained["card"]["layer"].dump();
  CHECK((layer == "5" || layer == "6"));
  CHECK(trained["card"]["measured"]["sets"].size() == 2);
  // the same command, the same file
  const std::string first = test::read_file(place.folder / "my.cactus");
  place.json({"probe", "train", "answers", "--out", "my.cactus", "--seeds", "2", "--epochs", "3"});
  CHECK(test::read_file(place.folder / "my.cactus") == first);

  const Json report = place.json({"probe", "eval", "my.cactus", "--features", "answers", "--report",
                                  "report", "--seeds", "1", "--epochs", "2", "--resamples", "50",
                                  "--sweep", "--leave-one-out"});
  CHECK(report["all"]["answers"] == 12);
  // With a blend the head alone is one more to compare with.
  CHECK(report["all"]["scores"].size() == (report["blend"].is_null() ? 8 : 9));
  CHECK(trained["card"]["training"]["blend"]["used"] == report["blend"].is_object());
  CHECK(Json::parse(test::read_file(place.folder / "report.json")) == report);
  const std::string page = test::read_file(place.folder / "report.html");
  CHECK(has(page, "<svg"));
  CHECK_FALSE(has(page, "src="));
  CHECK_FALSE(has(page, "<script"));
  CHECK_FALSE(has(page, "nan"));

  const Json calibrated =
      place.json({"probe", "calibrate", "my.cactus", "--features", "answers", "--share", "0.5"});
  CHECK(calibrated["valid"]["share"] <= 0.5);
  const Json card = place.json({"probe", "info", "my.cactus", "--model", "model"});
  CHECK(card["threshold"] == calibrated["threshold"]);
  CHECK(card["parameters"].is_number());

  const std::vector<std::string> ask = {"run",          "model", "--temp", "0",
                                        "--max-tokens", "6",     "hello"};
  CHECK(place.json(ask)["confidence"].is_null());
  std::vector<std::string> with = ask;
  with.insert(with.end(), {"--probe", "my.cactus"});
  const Json answer = place.json(with);
  REQUIRE(answer["confidence"].is_number());
  CHECK(answer["confidence_source"] == "probe");
  CHECK((answer["confidence"] > 0.0 && answer["confidence"] < 1.0));
  CHECK(answer["response"] == place.json(ask)["response"]);

  // In the bundle it is found by itself, and can be turned off.
  std::filesystem::copy(place.folder / "my.cactus", place.folder / "model/probe.cactus");
  CHECK(place.json(ask)["confidence"] == answer["confidence"]);
  std::vector<std::string> off = ask;
  off.insert(off.end(), {"--probe", "off"});
  CHECK(place.json(off)["confidence"].is_null());
  CHECK(place.run({"probe", "info", "model"}).code == 0);
  CHECK(place.run({"verify", "model"}).code == 0);

  // Other bits of the same model take the same probe.
  REQUIRE(
      place.run({"convert", "-q", test::fixture("gemma4_text").string(), "model8", "--bits", "8"})
          .code == 0);
  std::vector<std::string> other = with;
  other[1] = "model8";
  CHECK(place.json(other)["confidence"].is_number());
}

TEST_CASE("probe: refused for another model, with the reason", "[cli]") {
  const Place place;
  REQUIRE(place.run({"convert", "-q", test::fixture("gemma4_mm").string(), "other"}).code == 0);
  place.write("prompts.jsonl", prompts(16));
  place.json(collect("answers"));
  place.json({"probe", "train", "answers", "--out", "my.cactus", "--layer", "6", "--seeds", "1",
              "--epochs", "1"});
  const Finished refused = place.run({"run", "other", "--probe", "my.cactus", "hi"});
  CHECK(refused.code == 6);
  CHECK(has(refused.err, "was made for another model"));
  CHECK(place.run({"probe", "info", "my.cactus", "--model", "other"}).code == 6);
  // A bundle's own that does not fit is said and not used: the answer comes all the same.
  std::filesystem::copy(place.folder / "my.cactus", place.folder / "other/probe.cactus");
  const Finished warned =
      place.run({"run", "other", "--temp", "0", "--max-tokens", "3", "--json", "hi"});
  CHECK(warned.code == 0);
  CHECK(has(warned.err, "no confidence"));
  CHECK(Json::parse(warned.out)["confidence"].is_null());
  place.write("model/probe.cactus", "rubbish");
  CHECK(place.run({"run", "model", "--max-tokens", "2", "hi"}).code == 0);
  CHECK(place.run({"run", "model", "--probe", "model/probe.cactus", "hi"}).code == 6);
  CHECK(place.run({"run", "model", "--probe", "nothing", "hi"}).code == 3);
}

TEST_CASE("probe collect: killed and started again, the same answers", "[cli]") {
  const Place place;
  place.write("prompts.jsonl", prompts(120));
  std::vector<std::string> arguments = collect("killed");
  arguments.insert(arguments.begin(), CACTUS_BINARY);
  {
    test::Child child({arguments, "", {}, place.folder.path()});
    for (int i = 0; i < 2000; ++i) {
      std::error_code ignored;
      if (std::filesystem::file_size(place.folder / "killed/records.jsonl", ignored) > 1500 &&
          !ignored)
        break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    child.send(SIGKILL);
    child.wait();
  }
  const Json report = place.json(collect("killed"));
  CHECK(report["already_there"] > 0);
  CHECK(report["collected"] == 120 - report["already_there"].get<int>());
  place.json(collect("whole"));
  CHECK(records(place.folder / "killed") == records(place.folder / "whole"));
  // Ctrl-C ends it in order.
  arguments[7] = "interrupted";
  test::Child child({arguments, "", {}, place.folder.path()});
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  child.send(SIGINT);
  const int code = child.wait().code;
  CHECK((code == 130 || code == 0));
}

TEST_CASE("probe import: the published format", "[cli]") {
  const Place place;
  const std::uint32_t sizes[] = {1, 64, 32, 128, 64};
  std::string file("CHP10P6\0", 8);
  file.append(reinterpret_cast<const char*>(sizes), sizeof sizes);
  const std::size_t count = 2 * 64 + 32 * 64 + 32 + 32 + 128 * 32 + 128 + 64 * 128 + 64 + 64 + 1;
  for (std::size_t i = 0; i < count; ++i) {
    const float value = i < 64 ? 1.0f : static_cast<float>(i % 7) * 0.01f - 0.03f;
    file.append(reinterpret_cast<const char*>(&value), 4);
  }
  place.write("published.bin", file);
  const std::vector<std::string> import = {
      "probe", "import", "published.bin", "--model", "model", "--layer", "6", "--out", "my.cactus"};
  CHECK(place.json(import)["card"]["calibration"]["kind"] == "none");
  CHECK(place
            .json({"run", "model", "--probe", "my.cactus", "--temp", "0", "--max-tokens", "4",
                   "hi"})["confidence"]
            .is_number());
  std::vector<std::string> wrong = import;
  wrong[6] = "9";
  CHECK(place.run(wrong).code == 2);
  for (const std::string& bad : {file.substr(0, 20), file + "x", "x" + file, std::string()}) {
    place.write("published.bin", bad);
    CHECK(place.run(import).code == 6);
  }
}

TEST_CASE("probe: what cannot be done says why", "[cli]") {
  const Place place;
  place.write("prompts.jsonl", prompts(16));
  place.write("bad.jsonl", "{\"prompt\": \"p\"}\n");
  const auto code = [&](std::vector<std::string> arguments) {
    const Finished finished = place.run(std::move(arguments));
    INFO(finished.err);
    CHECK(has(finished.err, "error: "));
    return finished.code;
  };
  CHECK(code({"probe", "collect", "model", "--in", "bad.jsonl", "--out", "x"}) == 2);
  CHECK(code({"probe", "collect", "model", "--in", "nothing", "--out", "x"}) == 3);
  CHECK(code({"probe", "collect", "nothing", "--in", "prompts.jsonl", "--out", "x"}) == 3);
  CHECK(code({"probe", "collect", "model", "--in", "prompts.jsonl", "--out", "x", "--layers",
              "9"}) == 2);
  CHECK(code({"probe", "collect", "model", "--in", "prompts.jsonl", "--out", "x", "--layers",
              "a"}) == 2);
  CHECK(code({"probe", "train", "nothing", "--out", "p"}) == 3);
  CHECK(code({"probe", "info", "nothing"}) == 3);
  place.json(collect("answers"));
  CHECK(code({"probe", "collect", "model", "--in", "prompts.jsonl", "--out", "answers", "--layers",
              "3"}) == 2);
  CHECK(code({"probe", "train", "answers", "--out", "p", "--layer", "3"}) == 2);
  CHECK(code({"probe", "train", "answers", "--out", "p", "--dropout", "1"}) == 2);
  place.json(
      {"probe", "train", "answers", "--out", "p", "--layer", "6", "--seeds", "1", "--epochs", "1"});
  CHECK(code({"probe", "calibrate", "p", "--features", "answers"}) == 2);
  CHECK(code({"probe", "calibrate", "p", "--features", "answers", "--share", "2"}) == 2);
  CHECK(code({"probe", "calibrate", "p", "--features", "answers", "--money", "1"}) == 2);
  CHECK(code({"probe", "calibrate", "p", "--features", "answers", "--share", "0.2", "--error",
              "0.1"}) == 2);
  // All answers of one kind: nothing can be learnt.
  place.write("prompts.jsonl", prompts(1));
  place.json(collect("single"));
  CHECK(code({"probe", "train", "single", "--out", "p2"}) == 2);
}
