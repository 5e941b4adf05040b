#include "engine/models/llama/decoder.h"

#include <algorithm>

#include "engine/layers/matrix.h"
#include "engine/layers/rope.h"
#include "engine/models/forward_checks.h"
#include "engine/models/llama/layer.h"

namespace cactus::llama {
namespace {

class LlamaDecoder final : public Decoder {
 public:
  LlamaDecoder(std::shared_ptr<const Bundle> bundle, Config config, Weights weights)
      : bundle_(std::move(bundle)),
        config_(config),
        weights_(std::move(weights)),
        info_{.vocab = config.vocab,
              .hidden = config.hidden,
              .layers = config.layers,
              .context = config.context},
        frequencies_(rope_frequencies(config.head_dim, config.rope)) {}

  const DecoderInfo& info() const override { return info_; }
  DecoderWork work(std::int64_t tokens) const override;

  std::unique_ptr<DecoderState> make_state(const StateOptions& options) const override {
    return std::make_unique<State>(config_, weights_, options);
  }

  Result<std::span<const float>> forward(kernels::Exec& exec, DecoderState& state,
                                         std::span<const std::int32_t> ids,
                                         const ForwardRequest& request) const override;

 private:
  void embed(const Pass& pass, std::span<const std::int32_t> ids) const;
  bool run_layers(const Pass& pass, std::int64_t end, const RowGroup& rows,
                  const ForwardRequest& request) const;
  bool run_rows(const Pass& pass, std::int64_t count, const ForwardRequest& request) const;
  std::span<const float> head(const Pass& pass, const RowGroup& rows,
                              const ForwardRequest& request) const;

  std::shared_ptr<const Bundle> bundle_;  // keeps the map that weights_ points into
  Config config_;
  Weights weights_;
  DecoderInfo info_;
  std::vector<float> frequencies_;  // [D/2]
};

DecoderWork LlamaDecoder::work(std::int64_t tokens) const {
  DecoderWork work;
  double every_row = 0;
  double last_row = matrix_macs(weights_.head);
  work.decode_bytes = matrix_size(weights_.head);
  for (std::size_t i = 0; i < weights_.layers.size(); ++i) {
    const LayerWeights& w = weights_.layers[i];
    for (const kernels::Matrix* m : {&w.q, &w.k, &w.v, &w.o, &w.gate, &w.up, &w.down}) {
      work.decode_bytes += matrix_size(*m);
      const bool needed = i + 1 < weights_.layers.size() || m == &w.k || m == &w.v;
      (needed ? every_row : last_row) += matrix_macs(*m);
    }
    work.decode_kv_bytes +=
        2.0 * static_cast<double>(tokens * config_.kv_heads * (config_.head_dim + 4));
  }
  work.prefill_macs = every_row + last_row / static_cast<double>(std::max<std::int64_t>(1, tokens));
  return work;
}

// x = embedding rows, and the rotations of the chunk's positions.
void LlamaDecoder::embed(const Pass& pass, std::span<const std::int32_t> ids) const {
  const auto count = static_cast<std::int64_t>(ids.size());
  const auto half = static_cast<std::int64_t>(frequencies_.size());
  Buffers& b = pass.state.buffers;
  load_rows(pass.exec, weights_.embed, ids, 1, b.x.reserve(count * config_.hidden));
  kernels::rope_table(pass.exec, frequencies_.data(), half, pass.start, count,
                      b.cos.reserve(count * half), b.sin.reserve(count * half));
}

// Layers 0 … end-1. False: asked to stop.
bool LlamaDecoder::run_layers(const Pass& pass, std::int64_t end, const RowGroup& rows,
                              const ForwardRequest& request) const {
  for (std::int64_t i = 0; i < end; ++i) {
    if (asked_to_stop(request)) return false;
    run_layer(pass, i, rows);
    // The last hidden state is the one after the final norm: head() reports it.
    if (request.on_hidden && i + 1 < info_.layers) {
      request.on_hidden(i + 1, pass.x(rows), rows.count);
    }
  }
  return true;
}

// All rows visit the layers whose keys and values later rows need; of the last layer that is only K
// and V, so there only the row whose logits are wanted goes on. Rows never look at each other
// outside attention, so this changes nothing in what is computed.
bool LlamaDecoder::run_rows(const Pass& pass, std::int64_t count,
                            const ForwardRequest& request) const {
  const RowGroup all{.first = 0, .count = count};
  if (request.all_logits || (count == 1 && !request.no_logits)) {
    return run_layers(pass, info_.layers, all, request);
  }
  const std::int64_t last = info_.layers - 1;
  if (!run_layers(pass, last, all, request) || asked_to_stop(request)) return false;
  if (request.no_logits) {
    store_keys_values(pass, last, all);
    return true;
  }
  store_keys_values(pass, last, {.first = 0, .count = count - 1});
  run_layer(pass, last, {.first = count - 1, .count = 1});
  return true;
}

// E RMS(x; final_norm).
std::span<const float> LlamaDecoder::head(const Pass& pass, const RowGroup& rows,
                                          const ForwardRequest& request) const {
  Buffers& b = pass.state.buffers;
  const std::int64_t hidden = config_.hidden;
  if (request.on_hidden) {
    kernels::rms_norm(pass.exec, pass.x(rows), rows.count, hidden, hidden, weights_.final_norm,
                      config_.eps, b.out.reserve(rows.count * hidden), hidden);
    request.on_hidden(info_.layers, b.out.data(), rows.count);
  }
  kernels::set_rms_norm(pass.exec, b.in, pass.x(rows), rows.count, hidden, hidden,
                        weights_.final_norm, config_.eps);
  const std::int64_t n = rows.count * config_.vocab;
  const kernels::Product logits{&weights_.head, b.logits.reserve(n), config_.vocab};
  kernels::matmul(pass.exec, {&logits, 1}, b.in);
  return {b.logits.data(), static_cast<std::size_t>(n)};
}

Result<std::span<const float>> LlamaDecoder::forward(kernels::Exec& exec, DecoderState& abstract,
                                                     std::span<const std::int32_t> ids,
                                                     const ForwardRequest& request) const {
  auto& state = static_cast<State&>(abstract);
  CACTUS_CHECK(check_forward(info_, state.length(), state.options.chunk, ids));
  const auto count = static_cast<std::int64_t>(ids.size());
  if (!state.cache.prepare(count)) return no_room_for_cache(state);
  const Pass pass{exec, config_, weights_, state, state.length()};
  embed(pass, ids);
  if (request.on_hidden) request.on_hidden(0, state.buffers.x.data(), count);
  if (!run_rows(pass, count, request)) return forward_cancelled();
  state.cache.commit(count);
  if (request.no_logits) return std::span<const float>();
  const std::int64_t first = request.all_logits ? 0 : count - 1;
  return head(pass, {.first = first, .count = count - first}, request);
}

}  // namespace

Result<std::unique_ptr<Decoder>> load_decoder(std::shared_ptr<const Bundle> bundle) {
  CACTUS_TRY(config, parse_config(bundle->manifest().config));
  CACTUS_TRY(weights, load_weights(*bundle, config));
  return std::unique_ptr<Decoder>(
      std::make_unique<LlamaDecoder>(std::move(bundle), config, std::move(weights)));
}

}  // namespace cactus::llama
