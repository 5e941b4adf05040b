// The folder of collected answers: what a kill leaves, what damage does.
#include "engine/probe/training/features.h"

#include <filesystem>
#include <fstream>

#include "engine/probe/training/evaluate.h"
#include "engine/probe/training/make_probe.h"
#include "engine/probe/training/threshold.h"
#include "kernels/pack.h"
#include "tests/engine/probe/support.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

namespace cactus::test {
namespace {

using namespace cactus::training;

constexpr std::int64_t kHidden = 6;

FeatureHeader header() {
  FeatureHeader h;
  h.model = example_card(kHidden).model;
  h.variant = "int8";
  h.layers = {3, 6};
  h.fingerprints = {std::string(32, 'e'), std::string(32, 'f')};
  h.settings = {{"prompts", "aa"}};
  return h;
}

FeatureRecord record(std::int64_t line, std::int64_t states) {
  FeatureRecord r;
  r.line = line;
  r.id = "case " + std::to_string(line);
  r.set = line % 2 ? "odd" : "even";
  r.split = "train";
  r.right = line % 3 == 0;
  r.states = states;
  r.statistics.mean_entropy = 0.5;
  r.answer = "ünïcode \n text";
  r.finish = "stop";
  return r;
}

std::vector<std::uint16_t> states_of(std::int64_t line, std::int64_t states) {
  std::vector<std::uint16_t> out;
  const auto n = static_cast<std::size_t>(2 * (1 + states) * kHidden);
  for (const float v : random_floats(n, static_cast<std::uint64_t>(line)))
    out.push_back(kernels::f32_to_f16(v));
  return out;
}

void fill(const std::filesystem::path& folder, std::initializer_list<std::int64_t> lines) {
  auto writer = FeatureWriter::open(folder, header());
  if (!writer) FAIL(writer.error().what << ": " << writer.error().why);
  for (const std::int64_t line : lines)
    REQUIRE(writer->add(record(line, line), states_of(line, line)));
  REQUIRE(writer->sync());
}

std::shared_ptr<const Features> must_open(const std::filesystem::path& folder) {
  const auto features = Features::open(folder);
  if (!features) FAIL(features.error().what << ": " << features.error().why);
  return *features;
}

}  // namespace

TEST_CASE("features: what is added is read, in the order of the prompts", "[engine]") {
  const TempDir folder;
  fill(folder / "f", {4, 0, 2});
  fill(folder / "f", {1});
  const auto features = must_open(folder / "f");
  REQUIRE(features->records().size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const FeatureRecord& r = features->records()[i];
    const std::int64_t line = std::vector<std::int64_t>{0, 1, 2, 4}[i];
    CHECK(r.line == line);
    CHECK(r.answer == record(0, 0).answer);
    CHECK(r.right == (line % 3 == 0));
    CHECK(r.statistics.mean_entropy == 0.5);
    const auto states = states_of(line, line);
    const std::size_t each = static_cast<std::size_t>((1 + line) * kHidden);
    CHECK(std::equal(states.begin(), states.begin() + static_cast<std::ptrdiff_t>(each),
                     features->rows(r, 0)));
    CHECK(std::equal(states.begin() + static_cast<std::ptrdiff_t>(each), states.end(),
                     features->rows(r, 1)));
  }
  CHECK(*features->layer_index(6) == 1);
  CHECK_FALSE(features->layer_index(4));
}

TEST_CASE("features: a kill anywhere leaves whole answers, and the run goes on", "[engine]") {
  const TempDir folder;
  fill(folder / "f", {0, 1, 2});
  const std::string records = read_file(folder / "f/records.jsonl");
  const std::string states = read_file(folder / "f/states.f16");
  for (const std::size_t cut : {records.size() - 1, records.size() - 40, std::size_t{10}}) {
    // States beyond the last whole record, too: they are written first.
    write_file(folder / "f/records.jsonl", records.substr(0, cut));
    write_file(folder / "f/states.f16", states + "half of an answ");
    auto writer = FeatureWriter::open(folder / "f", header());
    REQUIRE(writer);
    const std::size_t whole = cut == 10 ? 0 : 2;
    CHECK(writer->done().size() == whole);
    REQUIRE(writer->add(record(9, 2), states_of(9, 2)));
    const auto features = must_open(folder / "f");
    REQUIRE(features->records().size() == whole + 1);
    const auto expected = states_of(9, 2);
    CHECK(std::equal(expected.begin(), expected.end(),
                     features->rows(features->records().back(), 0)));
  }
}

TEST_CASE("features: other settings and a second writer are refused", "[engine]") {
  const TempDir folder;
  fill(folder / "f", {0});
  FeatureHeader other = header();
  other.settings["prompts"] = "bb";
  CHECK(FeatureWriter::open(folder / "f", other).error().kind == ErrorKind::usage);
  const auto first = FeatureWriter::open(folder / "f", header());
  REQUIRE(first);
  CHECK(FeatureWriter::open(folder / "f", header()).error().what.find("in use") !=
        std::string::npos);
}

TEST_CASE("features: damage is refused, never followed", "[engine]") {
  const TempDir folder;
  fill(folder / "f", {0, 1});
  CHECK(Features::open(folder / "nothing").error().kind == ErrorKind::not_found);
  const std::string records = read_file(folder / "f/records.jsonl");
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = records;
    text.replace(text.find(from), from.size(), to);
    write_file(folder / "f/records.jsonl", text);
    const auto features = Features::open(folder / "f");
    INFO(to);
    REQUIRE_FALSE(features);
    CHECK(features.error().kind == ErrorKind::incompatible);
  };
  replaced("\"states\":1", "\"states\":99999");
  replaced("\"states\":1", "\"states\":-1");
  replaced("\"states\":1", "\"states\":9223372036854775807");
  replaced("\"offset\":24", "\"offset\":9223372036854775806");
  replaced("\"offset\":24", "\"offset\":25");
  replaced("\"right\":", "\"right\":3,\"x\":");
  write_file(folder / "f/records.jsonl", records);
  std::string head = read_file(folder / "f/features.json");
  for (const char* bad : {"", "[]", "{\"cactus\": \"probe-features\", \"version\": 1}"}) {
    write_file(folder / "f/features.json", bad);
    CHECK_FALSE(Features::open(folder / "f"));
  }
}

TEST_CASE("features: states beyond f16 keep their shape", "[engine]") {
  const std::vector<float> state{1e6f, -2.5e5f, 3.f, 0.f};
  std::vector<std::uint16_t> half(4);
  store_state(state, half.data());
  float a[4], b[4], back[4];
  for (int i = 0; i < 4; ++i) back[i] = kernels::f16_to_f32(half[static_cast<std::size_t>(i)]);
  REQUIRE(normalise(state.data(), 4, a));
  REQUIRE(normalise(back, 4, b));
  for (int i = 0; i < 4; ++i) CHECK(a[i] == Approx(b[i]).margin(1e-3));
}

TEST_CASE("thresholds reach their targets", "[engine]") {
  std::vector<double> confidence;
  std::vector<bool> wrong;
  for (int i = 0; i < 100; ++i) {
    confidence.push_back((i + 0.5) / 100);
    wrong.push_back(i < 50 && i % 2 == 0);  // 25 wrong ones, all below one half
  }
  CHECK(threshold_for_share(confidence, wrong, 0.2).share == Approx(0.2));
  CHECK(threshold_for_share(confidence, wrong, 0).share == 0);
  CHECK(threshold_for_share(confidence, wrong, 1).share == 1);
  const auto risk = threshold_for_risk(confidence, wrong, 0.1);
  REQUIRE(risk);
  CHECK(risk->risk <= 0.1);
  CHECK(at_threshold(confidence, wrong, risk->confidence - 0.02).risk > 0.1);
  CHECK(threshold_for_risk(confidence, wrong, 0.9)->share == 0);
  CHECK(threshold_for_money(confidence, wrong, 0.5, 0.05)->share == Approx(0.1));
  CHECK(threshold_for_money(confidence, wrong, 50, 0.05)->share == 1);
  CHECK_FALSE(threshold_for_money(confidence, wrong, 1, 0));
  // equal confidences go together or not at all
  const std::vector<double> flat(10, 0.5);
  CHECK(threshold_for_share(flat, std::vector<bool>(10), 0.5).share == 0);
  std::vector<bool> all(10, true);
  CHECK_FALSE(threshold_for_risk(flat, all, 0.5));
}

TEST_CASE("from features to a probe to a report: a planted signal in the right layer", "[engine]") {
  const TempDir folder;
  {
    auto writer = FeatureWriter::open(folder / "f", header());
    REQUIRE(writer);
    Random random(5);
    for (std::int64_t line = 0; line < 900; ++line) {
      FeatureRecord r = record(line, 1 + static_cast<std::int64_t>(random.next() % 5));
      r.split = line % 10 < 6 ? "train" : line % 10 < 8 ? "valid" : "test";
      r.set = line % 3 == 0 ? "a" : "b";
      if (r.split == "test" && line % 4 == 0) r.set = "new";
      r.right = random.uniform() < 0.6;
      r.statistics.tokens = r.states;
      r.statistics.mean_entropy = random.uniform();
      auto states = random_floats(static_cast<std::size_t>(2 * (1 + r.states) * kHidden),
                                  static_cast<std::uint64_t>(line));
      // the second layer's generated rows alone
      for (std::int64_t t = 1; t <= r.states; ++t)
        states[static_cast<std::size_t>(((1 + r.states) + t) * kHidden + 2)] +=
            r.right ? -1.5f : 1.5f;
      std::vector<std::uint16_t> half;
      for (const float v : states) half.push_back(kernels::f32_to_f16(v));
      REQUIRE(writer->add(r, half));
    }
  }
  const auto features = must_open(folder / "f");
  MakeOptions options;
  options.train.seeds = 2;
  options.train.epochs = 12;
  const auto made = make_probe(*features, options);
  REQUIRE(made);
  CHECK(made->card.layer == 6);
  REQUIRE(made->sweep.size() == 2);
  CHECK(made->sweep[1].valid_auroc > made->sweep[0].valid_auroc + 0.2);
  CHECK(made->card.model.fingerprint == std::string(32, 'f'));
  CHECK(made->card.measured["in_distribution"]["auroc"] > 0.85);
  CHECK(made->card.measured["out_of_distribution"]["auroc"] > 0.85);
  CHECK(made->card.measured["sets"]["new"]["trained_on"] == false);
  CHECK(made->card.measured["in_distribution"]["ece"] < 0.15);

  const auto probe = Probe::parse(write_probe(made->card, made->head), "it");
  REQUIRE(probe);
  EvaluateOptions evaluation;
  evaluation.train = options.train;
  evaluation.sweep = evaluation.leave_one_out = true;
  evaluation.resamples = 100;
  const auto report = evaluate(*features, **probe, evaluation);
  REQUIRE(report);
  const Json& scores = (*report)["all"]["scores"];
  CHECK(scores["probe"]["auroc"] > scores["token entropy"]["auroc"].get<double>() + 0.2);
  CHECK(scores["prompt only"]["auroc"] < 0.65);
  CHECK(scores["linear, mean pool"]["auroc"] > 0.8);
  CHECK((*report)["mean_over_unseen_sets"]["sets"] == 1);
  CHECK((*report)["leave_one_out"]["a"] > 0.8);
  CHECK((*report)["sweep"].size() == 2);
  CHECK((*report)["curves"]["probe"]["risk"].size() == 51);
  // the same again, bit for bit
  evaluation.train.threads = 3;
  const auto again = evaluate(*features, **probe, evaluation);
  REQUIRE(again);
  CHECK(*again == *report);

  ProbeCard other = made->card;
  other.model.fingerprint[3] = '0';
  CHECK_FALSE(evaluate(*features, Probe(other, made->head), evaluation));
}

TEST_CASE("a probe: what lies in the tokens alone is found by the blend", "[engine]") {
  const TempDir folder;
  {
    auto writer = FeatureWriter::open(folder / "f", header());
    REQUIRE(writer);
    Random random(8);
    for (std::int64_t line = 0; line < 600; ++line) {
      FeatureRecord r = record(line, 1 + static_cast<std::int64_t>(random.next() % 4));
      r.group = "about " + std::to_string(line % 40);
      r.split = line % 10 < 6 ? "train" : line % 10 < 8 ? "valid" : "test";
      r.set = line % 2 == 0 ? "a" : "b";
      r.right = random.uniform() < 0.6;
      r.statistics.tokens = r.states;
      r.statistics.choice_logprob = -(r.right ? 0.3 : 2.0) * random.uniform();
      r.statistics.choice_entropy = random.uniform();
      r.statistics.first_choice_logprob = -random.uniform();
      if (line % 3 == 0) r.statistics.margin = r.right ? 2.5 : -0.5;
      REQUIRE(writer->add(r, states_of(line, r.states)));
    }
  }
  const auto features = must_open(folder / "f");
  CHECK(features->records()[7].group == "about 7");
  CHECK_FALSE(features->records()[7].statistics.margin);
  CHECK(std::abs(*features->records()[9].statistics.margin) >= 0.5);
  MakeOptions options;
  options.layer = 6;
  options.train.seeds = 1;
  options.train.epochs = 4;
  const auto made = make_probe(*features, options);
  REQUIRE(made);
  REQUIRE(made->card.blend);
  CHECK(made->card.measured["in_distribution"]["auroc"] > 0.85);
  CHECK(made->card.training["blend"]["used"] == true);
  const auto probe = Probe::parse(write_probe(made->card, made->head), "it");
  REQUIRE(probe);
  EvaluateOptions evaluation;
  evaluation.train = options.train;
  evaluation.simpler_heads = false;
  evaluation.leave_one_out = true;
  evaluation.resamples = 20;
  const auto report = evaluate(*features, **probe, evaluation);
  REQUIRE(report);
  const Json& scores = (*report)["all"]["scores"];
  CHECK(scores["probe"]["auroc"] == made->card.measured["in_distribution"]["auroc"]);
  CHECK(scores["hidden states alone"]["auroc"] < 0.65);
  // left out, the set is judged by a blend as well
  CHECK((*report)["leave_one_out"]["a"] > 0.8);
  CHECK((*report)["leave_one_out"]["b"] > 0.8);

  options.train.threads = 3;
  const auto again = make_probe(*features, options);
  REQUIRE(again);
  CHECK(write_probe(again->card, again->head) == write_probe(made->card, made->head));
  options.head_alone = true;
  const auto alone = make_probe(*features, options);
  REQUIRE(alone);
  CHECK_FALSE(alone->card.blend);
  CHECK(alone->head.parameters()[3] == made->head.parameters()[3]);
  CHECK(alone->card.measured["in_distribution"]["auroc"] < 0.65);

  // Answers collected before there were such statistics: a head, no blend; and no eval of one.
  std::string head = read_file(folder / "f/features.json");
  head.replace(head.find("\"version\": 2"), 12, "\"version\": 1");
  write_file(folder / "f/features.json", head);
  const auto old = must_open(folder / "f");
  const auto from_old = make_probe(*old, options);
  REQUIRE(from_old);
  CHECK_FALSE(from_old->card.blend);
  CHECK(evaluate(*old, **probe, evaluation).error().kind == ErrorKind::usage);
}

}  // namespace cactus::test
