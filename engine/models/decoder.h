// A loaded decoder-only language model: token ids in, logits out, keys and values kept in a state.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "kernels/ops.h"

namespace cactus {

struct DecoderInfo {
  std::int64_t vocab = 0;
  std::int64_t hidden = 0;
  std::int64_t layers = 0;
  std::int64_t context = 0;   // the model's limit in tokens
};

// What a pass cannot avoid, for comparing its speed with the machine's limits (cactus bench).
struct DecoderWork {
  double prefill_macs = 0;     // multiply-adds with weights per prompt token, all that is needed
  double decode_bytes = 0;     // bytes of weights read for one generated token
  double decode_kv_bytes = 0;  // bytes of int8 keys and values read for it
};

struct StateOptions {
  kernels::Type kv = kernels::Type::q8;   // f32, f16 or q8
  bool exact = false;                     // activations stay float (parity)
  std::int64_t chunk = 512;               // most tokens of one forward call
};

// Keys and values (and whatever else a family carries from token to token) of one sequence.
class DecoderState {
 public:
  virtual ~DecoderState() = default;
  virtual std::int64_t length() const = 0;             // tokens held
  // Forgets all but the first `length` tokens; false when that is no longer possible (the sliding
  // window has moved on), and then nothing has changed.
  virtual bool rewind(std::int64_t length) = 0;
  // Remembers the present length so that rewind() to it stays possible, however much follows.
  virtual void mark() = 0;
  virtual std::int64_t bytes() const = 0;
};

// Where a forward call leaves what it computed. Row pointers are valid until the next call.
struct ForwardRequest {
  bool all_logits = false;     // logits of every row instead of the last (turns split prefill off)
  bool no_logits = false;      // a prompt chunk that another one follows
  // Called with hidden state `layer` (0: embeddings, i: after layer i; the last after the final
  // norm, as Hugging Face counts) of all rows computed: [count, hidden].
  std::function<void(std::int64_t layer, const float* rows, std::int64_t count)> on_hidden;
  const std::atomic<bool>* cancel = nullptr;
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual const DecoderInfo& info() const = 0;
  // For a prompt of `tokens`, and for a token generated after as many. Attention's own
  // multiply-adds are not counted.
  virtual DecoderWork work(std::int64_t tokens) const = 0;
  virtual std::unique_ptr<DecoderState> make_state(const StateOptions& options) const = 0;
  // Appends ids (1 … chunk of them) to the state; returns logits [rows, vocab] (rows = 1, or all
  // with all_logits, none with no_logits). usage when an id is outside the vocabulary or the
  // context is full; cancelled when asked, and then the state is as before the call.
  virtual Result<std::span<const float>> forward(kernels::Exec& exec, DecoderState& state,
                                                 std::span<const std::int32_t> ids,
                                                 const ForwardRequest& request) const = 0;
};

}  // namespace cactus
