// Llama configurations for which there is no golden file, against a plain implementation in double
// precision (which is itself held against the golden file first).
#include <algorithm>
#include <cmath>

#include "engine/models/llama/config.h"
#include "tests/engine/models/decoder_support.h"
#include "tests/engine/models/random_bundle.h"

namespace cactus::test {
namespace {

using kernels::Type;
using Row = std::vector<double>;
using Rows = std::vector<Row>;  // one for each position

// Written down from the paper's formulas, without caches, chunks or kernels.
class Plain {
 public:
  Plain(const Bundle& bundle, const llama::Config& config) : bundle_(bundle), c_(config) {
    for (const float f : rope_frequencies(c_.head_dim, c_.rope)) turns_.push_back(f);
  }

  std::vector<float> run(std::span<const std::int32_t> ids) {
    Rows x;
    for (const std::int32_t id : ids) {
      const float* w = floats("embed_tokens.weight", c_.vocab, c_.hidden) + id * c_.hidden;
      x.emplace_back(w, w + c_.hidden);
    }
    for (std::int64_t i = 0; i < c_.layers; ++i) layer("layers." + std::to_string(i) + ".", x);
    std::vector<float> logits;
    const char* head = c_.tied ? "embed_tokens.weight" : "lm_head.weight";
    for (const Row& r : x) {
      for (const double v : times(head, c_.vocab, rms(r, "norm.weight"))) {
        logits.push_back(static_cast<float>(v));
      }
    }
    return logits;
  }

 private:
  const float* floats(const std::string& name, std::int64_t rows, std::int64_t cols) {
    auto m = bundle_.matrix(name, rows, cols);
    if (!m || m->type != Type::f32) FAIL("no f32 matrix " << name);
    return static_cast<const float*>(m->data);
  }
  Row times(const std::string& name, std::int64_t rows, const Row& x) {
    const float* w = floats(name, rows, static_cast<std::int64_t>(x.size()));
    Row y(static_cast<std::size_t>(rows), 0.0);
    for (double& v : y) {
      for (const double a : x) v += a * static_cast<double>(*w++);
    }
    return y;
  }
  Row rms(Row x, const std::string& weight) {
    double mean = 0;
    for (const double v : x) mean += v * v / static_cast<double>(x.size());
    const auto w = bundle_.vector(weight, static_cast<std::int64_t>(x.size()));
    if (!w) FAIL("no vector " << weight);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] *= static_cast<double>((*w)[i]) / std::sqrt(mean + static_cast<double>(c_.eps));
    }
    return x;
  }
  Row head(const Row& all, std::int64_t index, std::size_t position, bool rotated) {
    const auto from = all.begin() + index * c_.head_dim;
    Row x(from, from + c_.head_dim);
    for (std::size_t j = 0; rotated && j < turns_.size(); ++j) {
      const double turn = static_cast<double>(position) * turns_[j];
      const double a = x[j], b = x[j + turns_.size()];
      x[j] = a * std::cos(turn) - b * std::sin(turn);
      x[j + turns_.size()] = b * std::cos(turn) + a * std::sin(turn);
    }
    return x;
  }

  Row attend(const std::string& name, const Rows& in, const Rows& keys, const Rows& values,
             std::size_t t) {
    const Row q = times(name + "q_proj.weight", c_.heads * c_.head_dim, in[t]);
    Row out;
    for (std::int64_t h = 0; h < c_.heads; ++h) {
      const Row query = head(q, h, t, true);
      const std::int64_t source = h / (c_.heads / c_.kv_heads);
      Row weights;
      double sum = 0;
      for (std::size_t p = 0; p <= t; ++p) {
        const Row key = head(keys[p], source, p, true);
        double s = 0;
        for (std::size_t j = 0; j < key.size(); ++j) s += query[j] * key[j];
        weights.push_back(std::exp(s / std::sqrt(static_cast<double>(c_.head_dim))));
        sum += weights.back();
      }
      Row mixed(query.size(), 0.0);
      for (std::size_t p = 0; p <= t; ++p) {
        const Row value = head(values[p], source, p, false);
        for (std::size_t j = 0; j < mixed.size(); ++j) mixed[j] += weights[p] / sum * value[j];
      }
      out.insert(out.end(), mixed.begin(), mixed.end());
    }
    return times(name + "o_proj.weight", c_.hidden, out);
  }

  void layer(const std::string& name, Rows& x) {
    Rows in, keys, values;
    const std::int64_t width = c_.kv_heads * c_.head_dim;
    for (const Row& r : x) {
      in.push_back(rms(r, name + "input_layernorm.weight"));
      keys.push_back(times(name + "self_attn.k_proj.weight", width, in.back()));
      values.push_back(times(name + "self_attn.v_proj.weight", width, in.back()));
    }
    for (std::size_t t = 0; t < x.size(); ++t) {
      add(x[t], attend(name + "self_attn.", in, keys, values, t));
      const Row m = rms(x[t], name + "post_attention_layernorm.weight");
      Row gate = times(name + "mlp.gate_proj.weight", c_.intermediate, m);
      const Row up = times(name + "mlp.up_proj.weight", c_.intermediate, m);
      for (std::size_t j = 0; j < gate.size(); ++j) {
        gate[j] = gate[j] / (1 + std::exp(-gate[j])) * up[j];
      }
      add(x[t], times(name + "mlp.down_proj.weight", c_.hidden, gate));
    }
  }
  static void add(Row& x, const Row& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  const Bundle& bundle_;
  const llama::Config& c_;
  Row turns_;
};

// The greatest difference of the decoder's logits from the plain implementation's; prefill in
// chunks must give the same bits as one pass.
double distance(const std::shared_ptr<const Bundle>& bundle, const std::vector<std::int32_t>& ids) {
  const auto config = llama::parse_config(bundle->manifest().config);
  if (!config) FAIL(config.error().what << ": " << config.error().why);
  const auto expected = Plain(*bundle, *config).run(ids);
  Engine engine(bundle);
  auto whole = engine.state(Type::f32, true);
  const auto logits = engine.forward_all(*whole, ids);
  REQUIRE(logits.size() == expected.size());
  auto chunks = engine.state(Type::f32, true, 7);
  const auto last = engine.prefill(*chunks, ids, 7);
  CHECK(std::equal(last.begin(), last.end(), logits.end() - config->vocab));
  return max_abs_difference(logits.data(), expected.data(), logits.size());
}

std::shared_ptr<const Bundle> variant(const char* changes) {
  Json config = *parse_json(read_file(fixture("smollm2_llama") / "config.json"), "config.json");
  config.merge_patch(Json::parse(changes));
  return std::make_shared<RandomBundle>(config);
}

TEST_CASE("the plain Llama equals the golden logits", "[engine][llama]") {
  const Tensors golden = read_safetensors(fixture("smollm2_llama") / "golden.safetensors");
  const auto bundle = memory_bundle("smollm2_llama", Type::f32);
  const auto config = llama::parse_config(bundle->manifest().config);
  REQUIRE(config.ok());
  const auto logits = Plain(*bundle, *config).run(to_ids(golden.at("input_ids")));
  CHECK(max_abs_difference(logits.data(), golden.at("logits").values.data(), logits.size()) < 5e-4);
}

TEST_CASE("other shapes of Llama come out of the same code", "[engine][llama]") {
  // A head of its own, several key/value heads, as the larger models have them.
  CHECK(distance(variant(R"({"tie_word_embeddings": false, "num_attention_heads": 6,
                             "num_key_value_heads": 2})"),
                 some_ids(60, 640, 31)) <= 5e-3);
  // Sizes that fill no group of 32, no tile of 16 rows, no vector.
  CHECK(distance(variant(R"({"hidden_size": 74, "head_dim": 22, "intermediate_size": 101,
                             "vocab_size": 333, "num_attention_heads": 4,
                             "num_key_value_heads": 4})"),
                 some_ids(60, 333, 32)) <= 5e-3);
  // One layer: all of it runs for the last row alone.
  CHECK(distance(variant(R"({"num_hidden_layers": 1})"), some_ids(30, 640, 33)) <= 5e-3);
  // Stretched rotations.
  CHECK(distance(variant(R"({"rope_parameters": {"rope_type": "llama3", "factor": 8.0,
                             "rope_theta": 10000.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                             "original_max_position_embeddings": 64}})"),
                 some_ids(90, 640, 34)) <= 5e-3);
}

TEST_CASE("odd sizes run quantised", "[engine][llama]") {
  // As above against f32 weights of the same values: what is packed must be read back whole.
  Json config = *parse_json(read_file(fixture("smollm2_llama") / "config.json"), "config.json");
  config.merge_patch(Json::parse(R"({"hidden_size": 74, "head_dim": 22, "intermediate_size": 101,
      "vocab_size": 333, "num_attention_heads": 4, "num_key_value_heads": 2})"));
  for (const Type type : {Type::q8, Type::q4}) {
    Engine packed(std::make_shared<RandomBundle>(config, type));
    Engine plain(std::make_shared<RandomBundle>(config, type, true));
    const auto ids = some_ids(40, 333, 35);
    auto a = packed.state(Type::f32, true), b = plain.state(Type::f32, true);
    const auto x = packed.forward_all(*a, ids), y = plain.forward_all(*b, ids);
    CHECK(relative_rms(x.data(), y.data(), x.size()) < 1e-5);
    auto c = packed.state(Type::q8, false);
    const auto z = packed.forward_all(*c, ids);
    CHECK(relative_rms(z.data(), y.data(), z.size()) < 0.3);
  }
}

}  // namespace
}  // namespace cactus::test
