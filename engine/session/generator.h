// The loop that continues a sequence: prefix reuse, prefill in chunks, then token by token.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/model.h"
#include "engine/models/decoder.h"
#include "engine/sample/sampler.h"
#include "engine/session.h"
#include "kernels/ops.h"

namespace cactus {

class AnswerMeasures;

// What is to be generated, and where from.
struct Continuation {
  std::span<const std::int32_t> prompt;
  std::span<const std::int32_t> stop_ids;  // sorted
  std::int64_t max_tokens = 0;             // 0: until the context is full
  AnswerMeasures* measures = nullptr;      // required
  TokenConstraint* constraint = nullptr;
  const std::atomic<bool>* cancel = nullptr;
};

enum class Verdict { more, enough, stop_asked };

// Called with every token that is part of the reply (no stop id).
using TokenSink = kernels::FunctionRef<Verdict(std::int32_t)>;

// Owns the keys and values of one conversation and knows which ids they belong to.
class Generator {
 public:
  // `exec` outlives this.
  Generator(std::shared_ptr<const Model> model, const SessionOptions& options, kernels::Exec& exec);

  // Fills in what is known of `reply`: counts, timing, finish. Errors: resources, when the prompt
  // leaves no room for a single token; incompatible, when the model computes no finite logits.
  Status run(const Continuation& work, Sampler& sampler, Reply& reply, TokenSink sink);

  std::int64_t context() const { return context_; }
  void clear();

 private:
  std::int64_t reuse(std::span<const std::int32_t> prompt);
  Result<std::span<const float>> prefill(std::span<const std::int32_t> ids,
                                         const Continuation& work);
  Result<std::span<const float>> feed(std::int32_t id, const Continuation& work);
  Status read_last(std::int32_t id, const Continuation& work);
  Status decode(const Continuation& work, Sampler& sampler, std::span<const float> logits,
                Reply& reply, TokenSink sink);

  std::shared_ptr<const Model> model_;
  kernels::Exec& exec_;
  std::unique_ptr<DecoderState> state_;
  std::vector<std::int32_t> ids_;      // of the tokens that state_ holds
  std::vector<std::int32_t> history_;  // prompt and reply of the run in progress
  std::int64_t marked_ = 0;            // length at the last mark
  std::int64_t context_ = 0;
};

}  // namespace cactus
