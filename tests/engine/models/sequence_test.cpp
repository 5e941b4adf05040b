// What a sequence goes through: chunks, split prefill, rings, rewinding, marks, cancellation.
#include "tests/engine/models/decoder_support.h"

namespace cactus::test {
namespace {

using kernels::Type;

// One way of computing: weights, keys and values, activations.
struct Way {
  const char* name;
  Type weights;
  Type kv;
  bool exact;
};
const Way kWays[] = {{"f32", Type::f32, Type::f32, true},
                     {"f16 kv", Type::f32, Type::f16, true},
                     {"int8", Type::q8, Type::q8, false},
                     {"int4", Type::q4, Type::q8, false},
                     {"int4 exact", Type::q4, Type::f32, true}};

// Every family on every instruction set that this CPU has.
std::vector<std::pair<std::string, std::string>> fixtures_and_isas() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const char* name : {"gemma4_text", "smollm2_llama"}) {
    for (const std::string_view isa : kernels::available_isas()) all.emplace_back(name, isa);
  }
  return all;
}

std::vector<float> last_row(const std::vector<float>& logits, std::int64_t vocab) {
  return {logits.end() - vocab, logits.end()};
}

double difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  return max_abs_difference(a.data(), b.data(), a.size());
}

TEST_CASE("split prefill changes nothing", "[engine]") {
  for (const char* name : {"gemma4_text", "gemma4_mm", "smollm2_llama"}) {
    for (const Way& way : kWays) {
      INFO(name << " " << way.name);
      Engine engine(name, way.weights);
      const auto ids = some_ids(307, 640, 1);  // more than two of attention's blocks of keys
      auto split = engine.state(way.kv, way.exact);
      auto whole = engine.state(way.kv, way.exact);
      const auto on = engine.forward(*split, ids);
      const auto off = last_row(engine.forward_all(*whole, ids), engine.decoder->info().vocab);
      CHECK(on == off);
      // And it leaves the same keys and values behind.
      const std::int32_t next = best_of(on);
      CHECK(engine.forward(*split, {&next, 1}) == engine.forward(*whole, {&next, 1}));
    }
  }
}

TEST_CASE("prefill in chunks of any size, then decode, equals one pass bit for bit", "[engine]") {
  for (const auto& [name, isa] : fixtures_and_isas()) {
    for (const Way& way : kWays) {
      Engine engine(name, way.weights, isa);
      const auto ids = some_ids(51, 640, 2);
      const auto reply = some_ids(20, 640, 3);
      auto one = engine.state(way.kv, way.exact);
      const auto expected = engine.forward(*one, ids);
      for (const std::size_t chunk : {1u, 3u, 7u, 16u, 50u, 51u}) {
        INFO(name << ", " << isa << ", " << way.name << ", chunks of " << chunk);
        auto state = engine.state(way.kv, way.exact, static_cast<std::int64_t>(chunk));
        CHECK(engine.prefill(*state, ids, chunk) == expected);
        CHECK(state->length() == 51);
      }
      std::vector<std::int32_t> all = ids;
      all.insert(all.end(), reply.begin(), reply.end());
      auto whole = engine.state(way.kv, way.exact);
      const auto rows = engine.forward_all(*whole, all);
      const auto vocab = engine.decoder->info().vocab;
      for (std::size_t i = 0; i < reply.size(); ++i) {
        INFO(name << ", " << isa << ", " << way.name << ", token " << i << " of the reply");
        const auto logits = engine.forward(*one, {&reply[i], 1});
        const auto row = rows.begin() + static_cast<std::int64_t>(ids.size() + i) * vocab;
        CHECK(std::equal(logits.begin(), logits.end(), row));
      }
    }
  }
}

TEST_CASE("sequences far beyond the window equal one pass without a ring", "[engine][slow]") {
  // 700 tokens over windows of 8 and 16: rings of 128 slots turn over five times.
  for (const char* name : {"gemma4_text", "gemma4_mm"}) {
    Engine engine(name, Type::f32);
    const auto ids = some_ids(700, 700, 4);
    const auto vocab = engine.decoder->info().vocab;
    auto whole = engine.state(Type::f32, true, 700);
    const auto rows = engine.forward_all(*whole, ids);
    auto ring = engine.state(Type::f32, true, 5);
    std::vector<float> all;
    for (std::size_t i = 0; i < ids.size(); i += 5) {
      const auto part = engine.forward_all(*ring, std::span(ids).subspan(i, 5));
      all.insert(all.end(), part.begin(), part.end());
    }
    CHECK(difference(all, rows) <= 2e-3);
    CHECK(ring->bytes() < whole->bytes());
    auto prompt = engine.state(Type::f32, true, 5);
    CHECK(difference(engine.prefill(*prompt, ids, 5), last_row(rows, vocab)) <= 2e-3);
  }
}

TEST_CASE("results do not depend on the number of threads", "[engine]") {
  for (const char* name : {"gemma4_text", "smollm2_llama"}) {
    for (const Way& way : kWays) {
      INFO(name << " " << way.name);
      Engine one(name, way.weights, "", 1);
      Engine three(name, way.weights, "", 3);
      const auto ids = some_ids(90, 640, 5);
      auto a = one.state(way.kv, way.exact);
      auto b = three.state(way.kv, way.exact);
      CHECK(one.forward(*a, ids) == three.forward(*b, ids));
      CHECK(one.forward(*a, {&ids[7], 1}) == three.forward(*b, {&ids[7], 1}));
    }
  }
}

TEST_CASE("rewinding equals never having gone on", "[engine]") {
  Engine engine("gemma4_text", Type::q8);
  const auto ids = some_ids(300, 700, 6);
  const auto other = some_ids(9, 700, 7);
  auto fresh = engine.state(Type::q8, false, 16);
  engine.prefill(*fresh, std::span(ids).first(40), 16);
  const auto expected = engine.forward(*fresh, other);

  auto state = engine.state(Type::q8, false, 16);
  engine.prefill(*state, std::span(ids).first(40), 16);
  engine.prefill(*state, std::span(ids).subspan(40, 10), 1);
  REQUIRE(state->rewind(40));  // the ring of 128 slots still has what 40 sees
  CHECK(state->length() == 40);
  CHECK(engine.forward(*state, other) == expected);

  // After 300 tokens the ring has lost it.
  auto far = engine.state(Type::q8, false, 16);
  engine.prefill(*far, ids, 16);
  CHECK_FALSE(far->rewind(40));
  CHECK(far->length() == 300);
  CHECK_FALSE(far->rewind(301));
  REQUIRE(far->rewind(0));
  engine.prefill(*far, std::span(ids).first(40), 16);
  CHECK(engine.forward(*far, other) == expected);
}

TEST_CASE("a mark keeps rewinding possible however much follows", "[engine]") {
  Engine engine("gemma4_text", Type::q8);
  const auto ids = some_ids(400, 700, 8);
  const auto other = some_ids(9, 700, 9);
  const auto after = [&](std::size_t length) {
    auto fresh = engine.state(Type::q8, false, 16);
    engine.prefill(*fresh, std::span(ids).first(length), 16);
    return engine.forward(*fresh, other);
  };
  auto state = engine.state(Type::q8, false, 16);
  engine.prefill(*state, std::span(ids).first(40), 16);
  state->mark();
  engine.prefill(*state, std::span(ids).subspan(40), 16);
  REQUIRE(state->rewind(40));
  CHECK(engine.forward(*state, other) == after(40));
  REQUIRE(state->rewind(40));  // again, and a little before it
  REQUIRE(state->rewind(35));
  CHECK(engine.forward(*state, other) == after(35));
  // What follows 35 has been written over, so the mark no longer vouches for 40.
  engine.prefill(*state, std::span(ids).subspan(100), 16);
  CHECK_FALSE(state->rewind(40));
  REQUIRE(state->rewind(35));
  CHECK(engine.forward(*state, other) == after(35));
}

// Without windows nothing is ever lost, however far the sequence has gone.
TEST_CASE("Llama rewinds to anywhere", "[engine]") {
  Engine engine("smollm2_llama", Type::q8);
  const auto ids = some_ids(300, 640, 13);
  const auto other = some_ids(9, 640, 14);
  auto fresh = engine.state(Type::q8, false, 16);
  engine.prefill(*fresh, std::span(ids).first(40), 16);
  const auto expected = engine.forward(*fresh, other);
  auto state = engine.state(Type::q8, false, 16);
  engine.prefill(*state, ids, 16);
  CHECK_FALSE(state->rewind(301));
  REQUIRE(state->rewind(40));
  CHECK(state->length() == 40);
  CHECK(engine.forward(*state, other) == expected);
}

TEST_CASE("a cancelled call leaves the state as it was", "[engine]") {
  const std::string name = GENERATE("gemma4_text", "smollm2_llama");
  Engine engine(name, Type::f32);
  const auto ids = some_ids(64, 640, 10);
  auto fresh = engine.state(Type::f32, true, 16);
  const auto expected = engine.prefill(*fresh, ids, 16);

  auto state = engine.state(Type::f32, true, 16);
  engine.prefill(*state, std::span(ids).first(48), 16);
  std::atomic<bool> cancel{false};
  ForwardRequest request;
  request.cancel = &cancel;
  std::int64_t reached = 0;
  request.on_hidden = [&](std::int64_t layer, const float*, std::int64_t) {
    reached = layer;
    if (layer == 3) cancel = true;
  };
  const auto wrong = some_ids(16, 640, 11);
  auto result = engine.decoder->forward(engine.exec, *state, wrong, request);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::cancelled);
  CHECK(reached == 3);
  CHECK(state->length() == 48);
  CHECK(engine.forward(*state, std::span(ids).subspan(48)) == expected);
}

TEST_CASE("ids outside the vocabulary and full contexts are refused", "[engine]") {
  const std::string name = GENERATE("gemma4_text", "smollm2_llama");
  Engine engine(name, Type::q4);
  auto state = engine.state(Type::q8, false, 512);
  const auto vocab = static_cast<std::int32_t>(engine.decoder->info().vocab);
  for (const std::int32_t id : {-1, vocab, 1 << 30}) {
    auto result = engine.decoder->forward(engine.exec, *state, {&id, 1}, {});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::usage);
  }
  const auto ids = some_ids(2048, 640, 12);
  engine.prefill(*state, ids, 512);
  auto result = engine.decoder->forward(engine.exec, *state, {ids.data(), 1}, {});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::usage);
  CHECK(state->length() == 2048);
}

}  // namespace
}  // namespace cactus::test
