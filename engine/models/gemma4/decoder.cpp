#include "engine/models/gemma4/decoder.h"

#include <algorithm>
#include <cmath>

#include "engine/layers/matrix.h"
#include "engine/layers/rope.h"
#include "engine/models/forward_checks.h"
#include "engine/models/gemma4/layer.h"
#include "engine/models/gemma4/work.h"

namespace cactus::gemma4 {
namespace {

class Gemma4Decoder final : public Decoder {
 public:
  Gemma4Decoder(std::shared_ptr<const Bundle> bundle, Config config, Weights weights)
      : bundle_(std::move(bundle)), config_(std::move(config)), weights_(std::move(weights)) {
    info_ = {.vocab = config_.vocab,
             .hidden = config_.hidden,
             .layers = static_cast<std::int64_t>(config_.layers.size()),
             .context = config_.context};
    frequencies_[0] = rope_frequencies(config_.head_dim, config_.sliding_theta);
    frequencies_[1] = rope_frequencies_proportional(config_.global_head_dim, config_.global_theta,
                                                    config_.global_rotary_factor);
    for (std::size_t i = 0; i < config_.layers.size(); ++i) {
      if (config_.layers[i].owns_kv) last_owner_ = static_cast<std::int64_t>(i);
    }
  }

  const DecoderInfo& info() const override { return info_; }

  DecoderWork work(std::int64_t tokens) const override {
    return work_of(config_, weights_, last_owner_, tokens);
  }

  std::unique_ptr<DecoderState> make_state(const StateOptions& options) const override {
    return std::make_unique<State>(config_, options, weights_.any_quantised, weights_.any_float);
  }

  Result<std::span<const float>> forward(kernels::Exec& exec, DecoderState& state,
                                         std::span<const std::int32_t> ids,
                                         const ForwardRequest& request) const override;

 private:
  void embed(const Pass& pass, std::span<const std::int32_t> ids) const;
  bool run_layers(const Pass& pass, const RowGroup& rows, const ForwardRequest& request) const;
  bool run_rows(const Pass& pass, std::span<const std::int32_t> ids,
                const ForwardRequest& request) const;
  std::span<const float> head(const Pass& pass, std::int64_t first, std::int64_t count,
                              const ForwardRequest& request) const;

  std::shared_ptr<const Bundle> bundle_;  // keeps the map that weights_ points into
  Config config_;
  Weights weights_;
  DecoderInfo info_;
  std::vector<float> frequencies_[2];  // [D/2] sliding, global
  std::int64_t last_owner_ = 0;        // the last layer that owns K and V
};

// x = √h · embedding rows, and the rotations of the chunk's positions. Hugging Face rounds √h to
// the weights' type; like its float32 reference this does not.
void Gemma4Decoder::embed(const Pass& pass, std::span<const std::int32_t> ids) const {
  const auto count = static_cast<std::int64_t>(ids.size());
  Buffers& b = pass.state.buffers;
  load_rows(pass.exec, weights_.embed, ids, std::sqrt(static_cast<float>(config_.hidden)),
            b.x.reserve(count * config_.hidden));
  for (int kind = 0; kind < 2; ++kind) {
    const auto half = static_cast<std::int64_t>(frequencies_[kind].size());
    kernels::rope_table(pass.exec, frequencies_[kind].data(), half, pass.start, count,
                        b.cos[kind].reserve(count * half), b.sin[kind].reserve(count * half));
  }
}

bool Gemma4Decoder::run_layers(const Pass& pass, const RowGroup& rows,
                               const ForwardRequest& request) const {
  for (std::int64_t i = rows.layer_begin; i < rows.layer_end; ++i) {
    if (asked_to_stop(request)) return false;
    run_layer(pass, i, rows);
    // The last hidden state is the one after the final norm: head() reports it.
    if (request.on_hidden && i + 1 < info_.layers) {
      request.on_hidden(i + 1, pass.x(rows), rows.count);
    }
  }
  return true;
}

// All rows visit the layers whose keys and values later rows need, which ends with K and V of the
// last layer that owns any; from there on only the row whose logits are wanted goes on. Rows never
// look at each other outside attention, so this changes nothing in what is computed.
bool Gemma4Decoder::run_rows(const Pass& pass, std::span<const std::int32_t> ids,
                             const ForwardRequest& request) const {
  const auto count = static_cast<std::int64_t>(ids.size());
  const bool together = request.all_logits || (count == 1 && !request.no_logits);
  const std::int64_t split = together ? info_.layers : last_owner_;
  const bool goes_on = !together && !request.no_logits;
  RowGroup all{.first = 0, .count = count, .layer_begin = 0, .layer_end = split};
  RowGroup last{.first = count - 1, .count = 1, .layer_begin = split, .layer_end = info_.layers};
  // Both start from the embeddings, so before x moves on.
  const auto set_inputs = [&](RowGroup& rows, kernels::Buffer<float>& ple) {
    const std::int64_t layers = rows.layer_end - rows.layer_begin;
    if (config_.ple_dim == 0 || layers == 0) return;
    rows.ple = ple.reserve(layers * rows.count * config_.ple_dim);
    per_layer_inputs(pass, rows, ids, ple.data());
  };
  set_inputs(all, pass.state.buffers.ple_rows);
  if (goes_on) set_inputs(last, pass.state.buffers.ple_last);

  if (!run_layers(pass, all, request)) return false;
  if (together) return true;
  const std::int64_t left = goes_on ? count - 1 : count;
  if (left > 0) store_keys_values(pass, split, {.first = 0, .count = left});
  return !goes_on || run_layers(pass, last, request);
}

// cap · tanh(E RMS(x; final_norm) / cap) for `count` rows from `first`.
std::span<const float> Gemma4Decoder::head(const Pass& pass, std::int64_t first, std::int64_t count,
                                           const ForwardRequest& request) const {
  Buffers& b = pass.state.buffers;
  float* x = pass.x({.first = first, .count = count});
  const std::int64_t hidden = config_.hidden;
  kernels::rms_norm(pass.exec, x, count, hidden, hidden, weights_.final_norm, config_.eps, x,
                    hidden);
  if (request.on_hidden) request.on_hidden(info_.layers, x, count);
  kernels::set_rows(pass.exec, b.in, x, count, hidden, hidden);
  const std::int64_t n = count * config_.vocab;
  const kernels::Product logits{&weights_.embed, b.logits.reserve(n), config_.vocab};
  kernels::matmul(pass.exec, {&logits, 1}, b.in);
  if (config_.logit_cap > 0) kernels::soft_cap(pass.exec, b.logits.data(), n, config_.logit_cap);
  return {b.logits.data(), static_cast<std::size_t>(n)};
}

Result<std::span<const float>> Gemma4Decoder::forward(kernels::Exec& exec, DecoderState& abstract,
                                                      std::span<const std::int32_t> ids,
                                                      const ForwardRequest& request) const {
  auto& state = static_cast<State&>(abstract);
  CACTUS_CHECK(check_forward(info_, state.length(), state.options.chunk, ids));
  const auto count = static_cast<std::int64_t>(ids.size());
  if (!state.cache.prepare(count)) return no_room_for_cache(state);
  const Pass pass{exec, config_, weights_, state, state.length()};
  embed(pass, ids);
  if (request.on_hidden) request.on_hidden(0, state.buffers.x.data(), count);
  if (!run_rows(pass, ids, request)) return forward_cancelled();
  state.cache.commit(count);
  if (request.no_logits) return std::span<const float>();
  return request.all_logits ? head(pass, 0, count, request) : head(pass, count - 1, 1, request);
}

}  // namespace

Result<std::unique_ptr<Decoder>> load_decoder(std::shared_ptr<const Bundle> bundle) {
  CACTUS_TRY(config, parse_config(bundle->manifest().config));
  CACTUS_TRY(weights, load_weights(*bundle, config));
  return std::unique_ptr<Decoder>(
      std::make_unique<Gemma4Decoder>(std::move(bundle), std::move(config), std::move(weights)));
}

}  // namespace cactus::gemma4
