#include "engine/models/llama/layer.h"

#include <cmath>

namespace cactus::llama {
namespace {

void rotate(const Pass& pass, const RowGroup& rows, std::int64_t heads, float* x) {
  const Buffers& b = pass.state.buffers;
  const std::int64_t dim = pass.config.head_dim;
  const std::int64_t offset = rows.first * dim / 2;
  kernels::rope(pass.exec, x, rows.count, heads, dim, heads * dim, b.cos.data() + offset,
                b.sin.data() + offset);
}

// a = RMS(x; input_norm); the projections of a in one region; RoPE(k) and v to the cache.
void project(const Pass& pass, std::int64_t layer, const RowGroup& rows, bool queries) {
  Buffers& b = pass.state.buffers;
  const LayerWeights& w = pass.weights.layers[static_cast<std::size_t>(layer)];
  const Config& c = pass.config;
  kernels::set_rms_norm(pass.exec, b.in, pass.x(rows), rows.count, c.hidden, c.hidden, w.input_norm,
                        c.eps);
  const kernels::Product products[] = {{&w.k, b.k.reserve(rows.count * w.k.rows), w.k.rows},
                                       {&w.v, b.v.reserve(rows.count * w.v.rows), w.v.rows},
                                       {&w.q, b.q.reserve(rows.count * w.q.rows), w.q.rows}};
  kernels::matmul(pass.exec, std::span(products, queries ? 3 : 2), b.in);
  rotate(pass, rows, c.kv_heads, b.k.data());
  kernels::kv_store(pass.exec, pass.state.cache.view(layer), b.k.data(), b.v.data(),
                    pass.start + rows.first, rows.count, c.kv_heads * c.head_dim);
}

// x += W in.
void add_product(const Pass& pass, const kernels::Matrix& w, const kernels::Activations& in,
                 const RowGroup& rows) {
  Buffers& b = pass.state.buffers;
  const std::int64_t n = rows.count * pass.config.hidden;
  const kernels::Product product{&w, b.out.reserve(n), pass.config.hidden};
  kernels::matmul(pass.exec, {&product, 1}, in);
  kernels::add(pass.exec, pass.x(rows), b.out.data(), n);
}

// x += Wo softmax(RoPE(q) K / √D) V.
void attend(const Pass& pass, std::int64_t layer, const RowGroup& rows) {
  Buffers& b = pass.state.buffers;
  const Config& c = pass.config;
  const std::int64_t width = c.heads * c.head_dim;
  project(pass, layer, rows, true);
  rotate(pass, rows, c.heads, b.q.data());
  const kernels::AttentionShape shape{
      .heads = c.heads, .scale = 1 / std::sqrt(static_cast<float>(c.head_dim)), .window = 0};
  kernels::attention(pass.exec, pass.state.cache.view(layer), shape, b.q.data(), width,
                     pass.start + rows.first, rows.count, b.heads.reserve(rows.count * width),
                     width);
  kernels::set_rows(pass.exec, b.in, b.heads.data(), rows.count, width, width);
  add_product(pass, pass.weights.layers[static_cast<std::size_t>(layer)].o, b.in, rows);
}

// x += Wdown (silu(Wgate m) ∘ Wup m), m = RMS(x; post_attention_norm).
void feed_forward(const Pass& pass, std::int64_t layer, const RowGroup& rows) {
  Buffers& b = pass.state.buffers;
  const LayerWeights& w = pass.weights.layers[static_cast<std::size_t>(layer)];
  const Config& c = pass.config;
  kernels::set_rms_norm(pass.exec, b.in, pass.x(rows), rows.count, c.hidden, c.hidden,
                        w.post_attention_norm, c.eps);
  kernels::set_gated(pass.exec, b.gated, w.gate, w.up, b.in, kernels::Gate::silu);
  add_product(pass, w.down, b.gated, rows);
}

}  // namespace

void run_layer(const Pass& pass, std::int64_t layer, const RowGroup& rows) {
  attend(pass, layer, rows);
  feed_forward(pass, layer, rows);
}

void store_keys_values(const Pass& pass, std::int64_t layer, const RowGroup& rows) {
  project(pass, layer, rows, false);
}

}  // namespace cactus::llama
