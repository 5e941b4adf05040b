#include "tests/engine/models/gemma4_reference.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "tests/support/catch.h"

namespace cactus::test {
namespace {

using Row = std::vector<double>;
using Rows = std::vector<Row>;  // one for each position

class Plain {
 public:
  Plain(const Bundle& bundle, const gemma4::Config& config) : bundle_(bundle), c_(config) {}

  std::vector<float> run(std::span<const std::int32_t> ids) {
    Rows x;
    for (const std::int32_t id : ids) {
      x.push_back(row("embed_tokens.weight", c_.vocab, c_.hidden, id));
      for (double& v : x.back()) v *= std::sqrt(static_cast<double>(c_.hidden));
    }
    const auto ple = per_layer_inputs(x, ids);
    for (std::size_t i = 0; i < c_.layers.size(); ++i) layer(i, x, ple);
    std::vector<float> logits;
    for (Row& r : x) {
      for (const double v : times("embed_tokens.weight", c_.vocab, rms(r, "norm.weight"))) {
        const double cap = c_.logit_cap;
        logits.push_back(static_cast<float>(cap > 0 ? cap * std::tanh(v / cap) : v));
      }
    }
    return logits;
  }

 private:
  const float* floats(const std::string& name, std::int64_t rows, std::int64_t cols) {
    auto m = bundle_.matrix(name, rows, cols);
    if (!m || m->type != kernels::Type::f32) FAIL("no f32 matrix " << name);
    return static_cast<const float*>(m->data);
  }
  Row row(const std::string& name, std::int64_t rows, std::int64_t cols, std::int64_t index) {
    const float* w = floats(name, rows, cols) + index * cols;
    return {w, w + cols};
  }
  Row times(const std::string& name, std::int64_t rows, const Row& x) {
    const auto cols = static_cast<std::int64_t>(x.size());
    const float* w = floats(name, rows, cols);
    Row y(static_cast<std::size_t>(rows), 0.0);
    for (double& v : y) {
      for (const double a : x) v += a * static_cast<double>(*w++);
    }
    return y;
  }
  Row rms(Row x, const std::string& weight) {  // weight "": none
    double mean = 0;
    for (const double v : x) mean += v * v / static_cast<double>(x.size());
    const float* w = nullptr;
    if (!weight.empty()) {
      auto values = bundle_.vector(weight, static_cast<std::int64_t>(x.size()));
      if (!values) FAIL("no vector " << weight);
      w = values->data();
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = x[i] / std::sqrt(mean + static_cast<double>(c_.eps)) *
             (w != nullptr ? static_cast<double>(w[i]) : 1.0);
    }
    return x;
  }
  static double gelu(double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  }
  static void add(Row& x, const Row& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  std::vector<Rows> per_layer_inputs(const Rows& x, std::span<const std::int32_t> ids) {
    std::vector<Rows> ple(c_.layers.size());  // [layer][position][P]
    if (c_.ple_dim == 0) return ple;
    const auto width = static_cast<std::int64_t>(c_.layers.size()) * c_.ple_dim;
    for (std::size_t t = 0; t < x.size(); ++t) {
      const Row token = row("embed_tokens_per_layer.weight", c_.ple_vocab, width, ids[t]);
      const Row context = times("per_layer_model_projection.weight", width, x[t]);
      for (std::size_t i = 0; i < ple.size(); ++i) {
        Row part;
        for (std::int64_t j = 0; j < c_.ple_dim; ++j) {
          part.push_back(
              context[i * static_cast<std::size_t>(c_.ple_dim) + static_cast<std::size_t>(j)] /
              std::sqrt(static_cast<double>(c_.hidden)));
        }
        part = rms(part, "per_layer_projection_norm.weight");
        for (std::size_t j = 0; j < part.size(); ++j) {
          part[j] += token[i * part.size() + j] * std::sqrt(static_cast<double>(c_.ple_dim));
          part[j] /= std::sqrt(2.0);
        }
        ple[i].push_back(part);
      }
    }
    return ple;
  }

  // One head: RMS, then the rotation of its position.
  Row head(const Row& all, std::int64_t index, const gemma4::LayerConfig& l,
           const std::string& norm, std::size_t position, bool rotated) {
    const auto d = static_cast<std::size_t>(l.head_dim);
    const auto from = all.begin() + index * l.head_dim;
    Row x = rms(Row(from, from + l.head_dim), norm);
    if (!rotated) return x;
    const double theta = l.sliding ? c_.sliding_theta : c_.global_theta;
    const double share = l.sliding ? 1 : c_.global_rotary_factor;
    for (std::size_t j = 0; j < static_cast<std::size_t>(share * static_cast<double>(d) / 2); ++j) {
      const double turn = static_cast<double>(position) *
                          std::pow(theta, -2 * static_cast<double>(j) / static_cast<double>(d));
      const double a = x[j], b = x[j + d / 2];
      x[j] = a * std::cos(turn) - b * std::sin(turn);
      x[j + d / 2] = b * std::cos(turn) + a * std::sin(turn);
    }
    return x;
  }

  struct Heads {
    std::vector<Rows> k, v;  // [head][position]
  };

  void own_keys_values(const gemma4::LayerConfig& l, const std::string& prefix, const Rows& in) {
    Heads heads{std::vector<Rows>(static_cast<std::size_t>(l.kv_heads)),
                std::vector<Rows>(static_cast<std::size_t>(l.kv_heads))};
    const std::int64_t width = l.kv_heads * l.head_dim;
    for (std::size_t t = 0; t < in.size(); ++t) {
      const Row k = times(prefix + "k_proj.weight", width, in[t]);
      const Row v = l.v_is_k ? k : times(prefix + "v_proj.weight", width, in[t]);
      for (std::size_t h = 0; h < heads.k.size(); ++h) {
        const auto i = static_cast<std::int64_t>(h);
        heads.k[h].push_back(head(k, i, l, prefix + "k_norm.weight", t, true));
        heads.v[h].push_back(head(v, i, l, "", t, false));
      }
    }
    last_[l.sliding ? 0 : 1] = std::move(heads);
  }

  Row attend(const gemma4::LayerConfig& l, const std::string& prefix, const Row& in,
             std::size_t t) {
    const Row q = times(prefix + "q_proj.weight", c_.heads * l.head_dim, in);
    const Heads& kv = last_[l.sliding ? 0 : 1];
    Row out;
    for (std::int64_t h = 0; h < c_.heads; ++h) {
      const Row query = head(q, h, l, prefix + "q_norm.weight", t, true);
      const auto source = static_cast<std::size_t>(h / (c_.heads / l.kv_heads));
      const auto window = static_cast<std::size_t>(c_.window);
      const std::size_t first = l.sliding && t + 1 > window ? t + 1 - window : 0;
      Row scores;
      for (std::size_t p = first; p <= t; ++p) {
        double s = 0;
        for (std::size_t j = 0; j < query.size(); ++j) s += query[j] * kv.k[source][p][j];
        scores.push_back(s);
      }
      const double max = *std::max_element(scores.begin(), scores.end());
      double sum = 0;
      for (double& s : scores) sum += s = std::exp(s - max);
      Row mixed(query.size(), 0.0);
      for (std::size_t p = first; p <= t; ++p) {
        for (std::size_t j = 0; j < mixed.size(); ++j) {
          mixed[j] += scores[p - first] / sum * kv.v[source][p][j];
        }
      }
      out.insert(out.end(), mixed.begin(), mixed.end());
    }
    return times(prefix + "o_proj.weight", c_.hidden, out);
  }

  void layer(std::size_t index, Rows& x, const std::vector<Rows>& ple) {
    const gemma4::LayerConfig& l = c_.layers[index];
    const std::string name = "layers." + std::to_string(index) + ".";
    Rows in;
    for (const Row& r : x) in.push_back(rms(r, name + "input_layernorm.weight"));
    if (l.owns_kv) own_keys_values(l, name + "self_attn.", in);
    const double scalar = static_cast<double>((*bundle_.vector(name + "layer_scalar", 1))[0]);
    for (std::size_t t = 0; t < x.size(); ++t) {
      Row& r = x[t];
      add(r,
          rms(attend(l, name + "self_attn.", in[t], t), name + "post_attention_layernorm.weight"));
      const Row m = rms(r, name + "pre_feedforward_layernorm.weight");
      Row gate = times(name + "mlp.gate_proj.weight", l.intermediate, m);
      const Row up = times(name + "mlp.up_proj.weight", l.intermediate, m);
      for (std::size_t j = 0; j < gate.size(); ++j) gate[j] = gelu(gate[j]) * up[j];
      add(r, rms(times(name + "mlp.down_proj.weight", c_.hidden, gate),
                 name + "post_feedforward_layernorm.weight"));
      if (c_.ple_dim > 0) {
        Row g = times(name + "per_layer_input_gate.weight", c_.ple_dim, r);
        for (std::size_t j = 0; j < g.size(); ++j) g[j] = gelu(g[j]) * ple[index][t][j];
        add(r, rms(times(name + "per_layer_projection.weight", c_.hidden, g),
                   name + "post_per_layer_input_norm.weight"));
      }
      for (double& v : r) v *= scalar;
    }
  }

  const Bundle& bundle_;
  const gemma4::Config& c_;
  Heads last_[2];  // keys and values of the last layer of each kind that owned some
};

}  // namespace

std::vector<float> reference_logits(const Bundle& bundle, const gemma4::Config& config,
                                    std::span<const std::int32_t> ids) {
  return Plain(bundle, config).run(ids);
}

}  // namespace cactus::test
