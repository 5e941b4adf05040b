#include <cstring>

#include "engine/base/hash.h"
#include "tests/engine/probe/support.h"
#include "tests/support/catch.h"

namespace cactus::test {
namespace {

constexpr std::size_t kHash = 8, kHeader = 40, kCard = 72;

std::string example() {
  return write_probe(example_card(24), Head(24, random_parameters(24, 5)));
}

void reseal(std::string& bytes) {
  bytes.replace(kHash, 32, hash_of(std::string_view(bytes).substr(kHeader)));
}

std::string why(const std::string& bytes) {
  const auto probe = Probe::parse(bytes, "it");
  REQUIRE_FALSE(probe);
  CHECK(probe.error().kind == ErrorKind::incompatible);
  return probe.error().what + ": " + probe.error().why;
}

// With one word of the header replaced, sealed again.
std::string with_word(std::size_t index, std::uint32_t value) {
  std::string bytes = example();
  std::memcpy(bytes.data() + kHeader + 4 * index, &value, 4);
  reseal(bytes);
  return bytes;
}

std::string with_card(const Json& card, bool blended = false) {
  ProbeCard plain = example_card(24);
  plain.training = nullptr;
  if (blended) plain.blend = example_blend();
  std::string bytes = write_probe(plain, Head(24, random_parameters(24, 5)));
  std::uint32_t old = 0;
  std::memcpy(&old, bytes.data() + kHeader + 24, 4);
  std::string text = dump_json(card);
  const auto size = static_cast<std::uint32_t>(text.size());
  text.resize((text.size() + 63) / 64 * 64, '\0');
  bytes.replace(kCard, (old + 63) / 64 * 64, text);
  std::memcpy(bytes.data() + kHeader + 24, &size, 4);
  reseal(bytes);
  return bytes;
}

}  // namespace

TEST_CASE("probe file: what is written is read, and written the same again", "[engine]") {
  const std::string bytes = example();
  const auto probe = Probe::parse(bytes, "it");
  REQUIRE(probe);
  CHECK(card_json((*probe)->card()) == card_json(example_card(24)));
  CHECK((*probe)->card().threshold == 0.7);
  const auto numbers = (*probe)->head().parameters();
  CHECK(std::vector<float>(numbers.begin(), numbers.end()) == random_parameters(24, 5));
  CHECK(write_probe((*probe)->card(), (*probe)->head()) == bytes);
  // docs/probe.md: the magic, then where things lie
  CHECK(bytes.substr(0, 8) == std::string("CACTPRB\0", 8));
  CHECK(bytes.size() % 64 == (kCard + HeadLayout(24).total * 4) % 64);
}

TEST_CASE("probe file: every damage is found and named", "[engine]") {
  const std::string good = example();
  for (std::size_t cut = 0; cut < good.size(); cut += cut < 200 ? 1 : 997)
    CHECK_FALSE(Probe::parse(good.substr(0, cut), "it"));
  for (std::size_t at = 0; at < good.size(); at += 61) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 16);
    CHECK_FALSE(Probe::parse(bad, "it"));
  }
  CHECK_FALSE(Probe::parse(good + "x", "it"));
  CHECK(why(with_word(0, 2)).find("version") != std::string::npos);
  CHECK(why(with_word(1, 0)).find("header") != std::string::npos);
  CHECK(why(with_word(1, 0xffffffff)).find("header") != std::string::npos);
  CHECK(why(with_word(2, 64)).find("32, 128, 64") != std::string::npos);
  CHECK(why(with_word(5, 7)).find("different layers") != std::string::npos);
  CHECK(why(with_word(6, 0xffffff00)).find("header") != std::string::npos);
  CHECK(why(with_word(7, 1)).find("header") != std::string::npos);
  std::string infinite = good;
  const float bad = INFINITY;
  std::memcpy(infinite.data() + infinite.size() - 4, &bad, 4);
  reseal(infinite);
  CHECK(why(infinite).find("not finite") != std::string::npos);
}

TEST_CASE("probe file: cards that cannot be meant are refused", "[engine]") {
  const Json good = card_json(example_card(24));
  CHECK(Probe::parse(with_card(good), "it"));
  const auto bad = [&](const char* pointer, const Json& value) {
    Json card = good;
    card[Json::json_pointer(pointer)] = value;
    CHECK_FALSE(Probe::parse(with_card(card), "it"));
  };
  bad("/layer", "six");
  bad("/layer", 9);
  bad("/layer", -1);
  bad("/model", nullptr);
  bad("/model/hidden", 25);
  bad("/model/fingerprint", 3);
  bad("/threshold", 1.5);
  bad("/threshold", "half");
  bad("/calibration", {{"kind", "wish"}});
  bad("/calibration/slope", -1);
  bad("/calibration/slope", nullptr);
  bad("/calibration", {{"kind", "isotonic"}, {"x", {1, 0}}, {"y", {0, 1}}});
  bad("/calibration", {{"kind", "isotonic"}, {"x", {0, 1}}, {"y", {1, 0}}});
  bad("/calibration", {{"kind", "isotonic"}, {"x", {0, 1}}, {"y", {0, 1.5}}});
  bad("/calibration", {{"kind", "isotonic"}, {"x", Json::array()}, {"y", Json::array()}});
  bad("/calibration", {{"kind", "isotonic"}, {"x", {0}}, {"y", {0, 1}}});
  CHECK_FALSE(Probe::parse(with_card(Json::array()), "it"));
}

TEST_CASE("probe file: version 2 has a blend, version 1 has none", "[engine]") {
  ProbeCard card = example_card(24);
  card.blend = example_blend();
  const Head head(24, random_parameters(24, 5));
  const std::string bytes = write_probe(card, head);
  CHECK(bytes[kHeader] == 2);
  CHECK(example()[kHeader] == 1);
  const auto probe = Probe::parse(bytes, "it");
  if (!probe) FAIL(probe.error().what << ": " << probe.error().why);
  CHECK((*probe)->reads_tokens());
  CHECK((*probe)->card().blend->weight == card.blend->weight);
  CHECK((*probe)->card().blend->mean == card.blend->mean);
  CHECK((*probe)->card().blend->head == card.blend->head);
  CHECK(write_probe((*probe)->card(), (*probe)->head()) == bytes);

  // The head alone says what it says, whatever the tokens were.
  const auto alone = Probe::parse(example(), "it");
  REQUIRE(alone);
  TokenStatistics tokens;
  tokens.tokens = 3;
  tokens.choice_logprob = -9;
  CHECK((*alone)->logit(0.3, tokens) == 0.3);
  CHECK((*alone)->logit(0.3, {}) == 0.3);
  CHECK((*probe)->logit(0.3, tokens) == (*card.blend)(0.3, tokens));

  const Json good = card_json(card);
  CHECK(Probe::parse(with_card(good, true), "it"));
  CHECK(why(with_card(good)).find("its version says that it has none") != std::string::npos);
  CHECK(why(with_card(card_json(example_card(24)), true)).find("its card has none") !=
        std::string::npos);
  const auto bad = [&](const char* pointer, const Json& value) {
    Json changed = good;
    changed[Json::json_pointer(pointer)] = value;
    INFO(pointer);
    CHECK_FALSE(Probe::parse(with_card(changed, true), "it"));
  };
  bad("/blend", 3);
  bad("/blend", Json::array());
  bad("/blend/head", nullptr);
  bad("/blend/bias", "0");
  bad("/blend/features", Json::object());
  bad("/blend/features", Json::array());
  bad("/blend/features/2", Json());
  bad("/blend/features/2/name", "horoscope");
  bad("/blend/features/2/mean", nullptr);
  bad("/blend/features/4/weight", "much");
  // Who cannot read a version names it, and those it can.
  std::string later = bytes;
  later[kHeader] = 3;
  reseal(later);
  CHECK(why(later).find("its version is 3, this runtime reads 1 and 2") != std::string::npos);
}

TEST_CASE("identity: what makes a probe another model's", "[engine]") {
  const ModelIdentity mine = example_card(24).model;
  CHECK(check_identity(mine, mine, "it"));
  const auto refused = [&](auto change) {
    ModelIdentity other = mine;
    change(other);
    const Status status = check_identity(mine, other, "it");
    REQUIRE_FALSE(status);
    CHECK(status.error().kind == ErrorKind::incompatible);
    CHECK_FALSE(status.error().why.empty());
  };
  refused([](ModelIdentity& m) { m.family = "qwen3"; });
  refused([](ModelIdentity& m) { m.hidden = 25; });
  refused([](ModelIdentity& m) { m.layers = 9; });
  refused([](ModelIdentity& m) { m.fingerprint[0] = 'e'; });
  refused([](ModelIdentity& m) { m.fingerprint.clear(); });
  refused([](ModelIdentity& m) { m.repository = "maker/fine-tune"; });
  ModelIdentity local = mine;  // converted from a folder: nobody knows where it is from
  local.repository.clear();
  local.commit = "another";
  CHECK(check_identity(mine, local, "it"));
}

TEST_CASE("identity: the fingerprint does not depend on quantisation, and on every norm",
          "[engine]") {
  const auto tensor = [](const char* name, std::vector<std::int64_t> shape, kernels::Type type,
                         const char* hash) {
    TensorInfo t;
    t.name = name;
    t.shape = std::move(shape);
    t.type = type;
    t.hash = hash;
    return t;
  };
  Manifest m;
  m.family = "gemma4";
  m.tensors = {tensor("layers.0.norm.weight", {4}, kernels::Type::f32, "aa"),
               tensor("layers.0.q_proj.weight", {4, 4}, kernels::Type::q4, "bb"),
               tensor("layers.1.norm.weight", {4}, kernels::Type::f32, "cc"),
               tensor("layers.2.norm.weight", {4}, kernels::Type::f32, "dd"),
               tensor("vision_tower.encoder.layers.0.norm.weight", {4}, kernels::Type::f32, "ee")};
  const auto print = [&](const Manifest& manifest) {
    return identity_of(manifest, 4, 3, 2).fingerprint;
  };
  const std::string first = print(m);
  CHECK(first.size() == 32);
  Manifest other = m;
  other.tensors[1].type = kernels::Type::f32;  // an f32 bundle's matrices are no vectors
  other.tensors[1].hash = "99";
  std::swap(other.tensors[0], other.tensors[2]);
  other.tensors[3].hash = "99";  // beyond the layer
  other.tensors[4].hash = "99";  // a tower
  CHECK(print(other) == first);
  other = m;
  other.tensors[2].hash = "99";
  CHECK(print(other) != first);
  other = m;
  other.tensors.erase(other.tensors.begin());
  CHECK(print(other) != first);
  other.tensors.clear();
  CHECK(print(other).empty());
}

}  // namespace cactus::test
