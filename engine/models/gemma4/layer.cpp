#include "engine/models/gemma4/layer.h"

#include <algorithm>
#include <cmath>

#include "engine/layers/matrix.h"

namespace cactus::gemma4 {
namespace {

struct Layer {
  const LayerConfig& config;
  const LayerWeights& weights;
};

Layer layer_at(const Pass& pass, std::int64_t index) {
  const auto i = static_cast<std::size_t>(index);
  return {pass.config.layers[i], pass.weights.layers[i]};
}

void rotate(const Pass& pass, const Layer& layer, const RowGroup& rows, std::int64_t heads,
            float* x) {
  const std::int64_t dim = layer.config.head_dim;
  const int kind = layer.config.sliding ? 0 : 1;
  const std::int64_t offset = rows.first * dim / 2;
  kernels::rope(pass.exec, x, rows.count, heads, dim, heads * dim,
                pass.state.buffers.cos[kind].data() + offset,
                pass.state.buffers.sin[kind].data() + offset);
}

// K = RoPE(RMS(Wk a; k_norm)), V = RMS(Wv a), from the projections in buffers k and v, to the
// cache.
void finish_keys_values(const Pass& pass, const Layer& layer, const RowGroup& rows) {
  Buffers& b = pass.state.buffers;
  const std::int64_t dim = layer.config.head_dim;
  const std::int64_t heads = layer.config.kv_heads;
  const std::int64_t n = rows.count * heads;
  const float eps = pass.config.eps;
  const float* values = layer.config.v_is_k ? b.k.data() : b.v.data();
  kernels::rms_norm(pass.exec, values, n, dim, dim, nullptr, eps, b.v.data(), dim);
  kernels::rms_norm(pass.exec, b.k.data(), n, dim, dim, layer.weights.k_norm, eps, b.k.data(), dim);
  rotate(pass, layer, rows, heads, b.k.data());
  kernels::kv_store(pass.exec, pass.state.cache.view(layer.config.cache), b.k.data(), b.v.data(),
                    pass.start + rows.first, rows.count, heads * dim);
}

// a = RMS(x; input_norm); the projections of a that the layer makes itself, in one region.
void project(const Pass& pass, const Layer& layer, const RowGroup& rows, bool queries) {
  Buffers& b = pass.state.buffers;
  const LayerWeights& w = layer.weights;
  kernels::set_rms_norm(pass.exec, b.in, pass.x(rows), rows.count, pass.config.hidden,
                        pass.config.hidden, w.input_norm, pass.config.eps);
  kernels::Product products[3];
  std::size_t n = 0;
  const auto add = [&](const kernels::Matrix& matrix, kernels::Buffer<float>& y) {
    products[n++] = {&matrix, y.reserve(rows.count * matrix.rows), matrix.rows};
  };
  if (queries) add(w.q, b.q);
  if (layer.config.owns_kv) {
    add(w.k, b.k);
    if (layer.config.v_is_k) {
      b.v.reserve(rows.count * w.k.rows);
    } else {
      add(w.v, b.v);
    }
  }
  kernels::matmul(pass.exec, std::span(products, n), b.in);
}

// x += RMS(Wo attention(q, K, V); post_attention_norm), scores neither scaled nor capped.
void attend(const Pass& pass, const Layer& layer, const RowGroup& rows) {
  Buffers& b = pass.state.buffers;
  const LayerWeights& w = layer.weights;
  const std::int64_t dim = layer.config.head_dim;
  const std::int64_t width = pass.config.heads * dim;
  const float eps = pass.config.eps;
  project(pass, layer, rows, true);
  kernels::rms_norm(pass.exec, b.q.data(), rows.count * pass.config.heads, dim, dim, w.q_norm, eps,
                    b.q.data(), dim);
  rotate(pass, layer, rows, pass.config.heads, b.q.data());
  if (layer.config.owns_kv) finish_keys_values(pass, layer, rows);

  const kernels::AttentionShape shape{.heads = pass.config.heads,
                                      .scale = 1,
                                      .window = layer.config.sliding ? pass.config.window : 0};
  kernels::attention(pass.exec, pass.state.cache.view(layer.config.cache), shape, b.q.data(), width,
                     pass.start + rows.first, rows.count, b.heads.reserve(rows.count * width),
                     width);
  kernels::set_rows(pass.exec, b.in, b.heads.data(), rows.count, width, width);
  const kernels::Product o{&w.o, b.out.reserve(rows.count * w.o.rows), w.o.rows};
  kernels::matmul(pass.exec, {&o, 1}, b.in);
  kernels::add_rms_norm(pass.exec, pass.x(rows), b.out.data(), rows.count, pass.config.hidden,
                        pass.config.hidden, w.post_attention_norm, eps, 1);
}

// x = (x + RMS(Wdown (gelu(Wgate m) ∘ Wup m); post_feedforward_norm)) · scale, m = RMS(x; …).
void feed_forward(const Pass& pass, const Layer& layer, const RowGroup& rows, float scale) {
  Buffers& b = pass.state.buffers;
  const LayerWeights& w = layer.weights;
  const std::int64_t hidden = pass.config.hidden;
  kernels::set_rms_norm(pass.exec, b.in, pass.x(rows), rows.count, hidden, hidden,
                        w.pre_feedforward_norm, pass.config.eps);
  kernels::set_gated(pass.exec, b.gated, w.gate, w.up, b.in, kernels::Gate::gelu_tanh);
  const kernels::Product down{&w.down, b.out.reserve(rows.count * hidden), hidden};
  kernels::matmul(pass.exec, {&down, 1}, b.gated);
  kernels::add_rms_norm(pass.exec, pass.x(rows), b.out.data(), rows.count, hidden, hidden,
                        w.post_feedforward_norm, pass.config.eps, scale);
}

// x = (x + RMS(Wp (gelu(Wg x) ∘ ple); ple_norm)) · layer scalar. The gate sees x as it is.
void add_per_layer_embedding(const Pass& pass, const Layer& layer, const RowGroup& rows,
                             const float* ple) {
  Buffers& b = pass.state.buffers;
  const LayerWeights& w = layer.weights;
  const std::int64_t hidden = pass.config.hidden;
  const std::int64_t dim = pass.config.ple_dim;
  kernels::set_rows(pass.exec, b.in, pass.x(rows), rows.count, hidden, hidden);
  const kernels::Product gate{&w.ple_gate, b.ple_gate.reserve(rows.count * dim), dim};
  kernels::matmul(pass.exec, {&gate, 1}, b.in);
  kernels::gate_mul(pass.exec, b.ple_gate.data(), ple, rows.count * dim, kernels::Gate::gelu_tanh);
  kernels::set_rows(pass.exec, b.in, b.ple_gate.data(), rows.count, dim, dim);
  const kernels::Product up{&w.ple_projection, b.out.reserve(rows.count * hidden), hidden};
  kernels::matmul(pass.exec, {&up, 1}, b.in);
  kernels::add_rms_norm(pass.exec, pass.x(rows), b.out.data(), rows.count, hidden, hidden,
                        w.ple_norm, pass.config.eps, w.scalar);
}

}  // namespace

void run_layer(const Pass& pass, std::int64_t index, const RowGroup& rows) {
  const Layer layer = layer_at(pass, index);
  const std::int64_t dim = pass.config.ple_dim;
  attend(pass, layer, rows);
  feed_forward(pass, layer, rows, dim > 0 ? 1 : layer.weights.scalar);
  if (dim > 0) {
    const float* ple = rows.ple + (index - rows.layer_begin) * rows.count * dim;
    add_per_layer_embedding(pass, layer, rows, ple);
  }
}

void store_keys_values(const Pass& pass, std::int64_t index, const RowGroup& rows) {
  const Layer layer = layer_at(pass, index);
  project(pass, layer, rows, false);
  finish_keys_values(pass, layer, rows);
}

void per_layer_inputs(const Pass& pass, const RowGroup& rows, std::span<const std::int32_t> ids,
                      float* out) {
  Buffers& b = pass.state.buffers;
  const Config& c = pass.config;
  const std::int64_t dim = c.ple_dim;
  const std::int64_t layers = rows.layer_end - rows.layer_begin;
  const std::int64_t width = layers * dim;
  const kernels::Matrix part =
      row_slice(pass.weights.ple_model_projection, rows.layer_begin * dim, width);
  kernels::set_rows(pass.exec, b.in, pass.x(rows), rows.count, c.hidden, c.hidden);
  const kernels::Product context{&part, b.ple_context.reserve(rows.count * width), width};
  kernels::matmul(pass.exec, {&context, 1}, b.in);
  for (std::int64_t l = 0; l < layers; ++l) {
    // RMS(y/√h; eps) = RMS(y; h·eps).
    kernels::rms_norm(pass.exec, b.ple_context.data() + l * dim, rows.count, dim, width,
                      pass.weights.ple_projection_norm, c.eps * static_cast<float>(c.hidden),
                      out + l * rows.count * dim, dim);
  }
  const kernels::Matrix& table = pass.weights.ple_embed;
  const std::int64_t stride = kernels::stride_bytes(table.type, table.layout, table.cols);
  const std::int64_t threads = pass.exec.pool.threads();
  std::byte* stored = b.ple_stored.reserve(threads * stride);
  float* scratch = b.ple_token.reserve(threads * table.cols);
  const float token_scale = std::sqrt(static_cast<float>(dim));
  const float half = std::sqrt(0.5f);
  pass.exec.pool.run(rows.count, 8, [&](std::int64_t begin, std::int64_t end, int worker) {
    float* token = scratch + worker * table.cols;
    const kernels::Matrix one{stored + worker * stride, table.type, table.layout, 1, table.cols};
    for (std::int64_t t = begin; t < end; ++t) {
      const std::int32_t id = ids[static_cast<std::size_t>(rows.first + t)];
      pass.weights.bundle->read_row(table, id < c.ple_vocab ? id : c.pad_id,
                                    stored + worker * stride);
      kernels::load_row(pass.exec, one, 0, token_scale, token);
      for (std::int64_t l = 0; l < layers; ++l) {
        float* y = out + (l * rows.count + t) * dim;
        const float* add = token + (rows.layer_begin + l) * dim;
        for (std::int64_t j = 0; j < dim; ++j) y[j] = (y[j] + add[j]) * half;
      }
    }
  });
}

}  // namespace cactus::gemma4
