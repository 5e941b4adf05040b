#include "engine/session/generator.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "engine/session/measures.h"

namespace cactus {
namespace {

constexpr std::int64_t kChunk = 512;  // tokens of one prefill call

using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

bool is_cancelled(const std::atomic<bool>* cancel) {
  return cancel != nullptr && cancel->load(std::memory_order_relaxed);
}

}  // namespace

Generator::Generator(std::shared_ptr<const Model> model, const SessionOptions& options,
                     kernels::Exec& exec)
    : model_(std::move(model)), exec_(exec) {
  const std::int64_t limit = model_->decoder().info().context;
  context_ = options.context > 0 ? std::min(options.context, limit) : limit;
  state_ = model_->decoder().make_state(
      {.kv = options.kv, .exact = options.exact, .chunk = std::min(kChunk, context_)});
}

void Generator::clear() {
  state_->rewind(0);
  ids_.clear();
}

// Keeps the longest common prefix with what the state holds (all but the last prompt token, whose
// logits are needed), or as much of it as can still be rewound to; returns its length.
std::int64_t Generator::reuse(std::span<const std::int32_t> prompt) {
  const auto common = std::mismatch(ids_.begin(), ids_.end(), prompt.begin(), prompt.end()).first;
  const std::int64_t length =
      std::min<std::int64_t>(common - ids_.begin(), static_cast<std::int64_t>(prompt.size()) - 1);
  if (!state_->rewind(length) && !(marked_ <= length && state_->rewind(marked_))) {
    state_->rewind(0);
  }
  marked_ = std::min(marked_, state_->length());
  ids_.resize(static_cast<std::size_t>(state_->length()));
  return state_->length();
}

// All of ids, in chunks; the logits of the last one. On an error what was held stays consistent.
Result<std::span<const float>> Generator::prefill(std::span<const std::int32_t> ids,
                                                  const Continuation& work) {
  const auto chunk = static_cast<std::size_t>(std::min(kChunk, context_));
  ForwardRequest request;
  request.cancel = work.cancel;
  const auto hidden = static_cast<std::size_t>(model_->decoder().info().hidden);
  while (true) {
    const auto part = ids.first(std::min(ids.size(), chunk));
    ids = ids.subspan(part.size());
    request.no_logits = !ids.empty();
    if (ids.empty() && work.measures->wants_prompt()) {
      request.on_hidden = [&](std::int64_t layer, const float* rows, std::int64_t count) {
        work.measures->on_prompt(layer,
                                 {rows + static_cast<std::size_t>(count - 1) * hidden, hidden});
      };
    }
    auto logits = model_->decoder().forward(exec_, *state_, part, request);
    if (!logits) return std::move(logits).error();
    ids_.insert(ids_.end(), part.begin(), part.end());
    if (ids.empty()) return *logits;
  }
}

Result<std::span<const float>> Generator::feed(std::int32_t id, const Continuation& work) {
  ForwardRequest request;
  request.cancel = work.cancel;
  if (work.measures->wants_states()) {
    request.on_hidden = [&](std::int64_t layer, const float* rows, std::int64_t) {
      const auto hidden = static_cast<std::size_t>(model_->decoder().info().hidden);
      work.measures->on_state(id, layer, {rows, hidden});
    };
  }
  auto logits = model_->decoder().forward(exec_, *state_, {&id, 1}, request);
  if (logits) ids_.push_back(id);
  return logits;
}

Status Generator::read_last(std::int32_t id, const Continuation& work) {
  const auto logits = feed(id, work);
  if (!logits && logits.error().kind != ErrorKind::cancelled) return logits.error();
  return ok_status();
}

Status Generator::decode(const Continuation& work, Sampler& sampler, std::span<const float> logits,
                         Reply& reply, TokenSink sink) {
  while (true) {
    const std::int32_t id = sampler.pick(exec_, logits, history_, work.constraint);
    if (id < 0 && work.constraint != nullptr && sampler.pick(exec_, logits, history_) >= 0) {
      return make_error(ErrorKind::incompatible, "no token continues the model's tool call",
                        "its vocabulary cannot spell what the tools' schemas demand",
                        "tools with simpler names and values");
    }
    if (id < 0) {
      return make_error(ErrorKind::incompatible, "the model computes no numbers, only NaN",
                        "its weights are broken or of another model",
                        "cactus verify, then download it again");
    }
    if (std::binary_search(work.stop_ids.begin(), work.stop_ids.end(), id)) {
      reply.finish = FinishReason::stop;
      return ok_status();
    }
    work.measures->on_pick(exec_, logits, id, work.constraint);
    if (work.constraint != nullptr) work.constraint->advance(id);
    history_.push_back(id);
    ++reply.output_tokens;
    const Verdict verdict = sink(id);
    reply.finish = verdict == Verdict::enough ? FinishReason::stop : FinishReason::cancelled;
    if (verdict != Verdict::more || is_cancelled(work.cancel)) return ok_status();
    if (work.constraint != nullptr && work.constraint->complete()) {
      reply.finish = FinishReason::stop;
      // As if the model had been asked for its stop token: a probe sees the same states either way.
      if (work.measures->wants_states() && state_->length() < context_) return read_last(id, work);
      return ok_status();
    }
    reply.finish = FinishReason::length;
    if (reply.output_tokens == work.max_tokens || state_->length() >= context_) return ok_status();
    auto next = feed(id, work);
    if (!next && next.error().kind == ErrorKind::cancelled) {
      reply.finish = FinishReason::cancelled;
      return ok_status();
    }
    if (!next) return std::move(next).error();
    if (!work.measures->go_on()) {
      reply.finish = FinishReason::cancelled;
      return ok_status();
    }
    logits = *next;
  }
}

Status Generator::run(const Continuation& work, Sampler& sampler, Reply& reply, TokenSink sink) {
  const Clock::time_point begin = Clock::now();
  reply.prompt_tokens = static_cast<std::int64_t>(work.prompt.size());
  if (reply.prompt_tokens > context_) {
    return make_error(ErrorKind::resources,
                      "the prompt has " + std::to_string(reply.prompt_tokens) + " tokens",
                      "the context holds " + std::to_string(context_),
                      "a shorter prompt, or a larger --ctx where the model allows it");
  }
  reply.cached_tokens = reuse(work.prompt);
  history_.assign(work.prompt.begin(), work.prompt.end());
  auto logits = prefill(work.prompt.subspan(static_cast<std::size_t>(reply.cached_tokens)), work);
  reply.timing.prefill_ms = ms_since(begin);
  if (!logits) {
    if (logits.error().kind != ErrorKind::cancelled) return std::move(logits).error();
    reply.finish = FinishReason::cancelled;
    return ok_status();
  }
  // The next turn's prompt usually begins with this one, whatever becomes of the reply.
  state_->mark();
  marked_ = state_->length();
  const Clock::time_point decoding = Clock::now();
  const auto timed = [&](std::int32_t id) {
    if (reply.timing.first_token_ms == 0) reply.timing.first_token_ms = ms_since(begin);
    return sink(id);
  };
  CACTUS_CHECK(decode(work, sampler, *logits, reply, timed));
  reply.timing.decode_ms = ms_since(decoding);
  return ok_status();
}

}  // namespace cactus
