#include "engine/session/measures.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace cactus {
namespace {

constexpr std::int64_t kBlock = 4096;  // logits summed by one thread at a time
constexpr double kLowQuantile = 0.1;

using Clock = std::chrono::steady_clock;

}  // namespace

TokenMeasures measure_token(kernels::Exec& exec, std::span<const float> logits, std::int32_t id) {
  const auto n = static_cast<std::int64_t>(logits.size());
  const float greatest = kernels::max_of(exec, logits.data(), n);
  // Blocks are added in their order, so that the sum does not depend on the threads.
  struct Sums {
    double weight = 0, weighted = 0;
  };
  std::vector<Sums> blocks(static_cast<std::size_t>((n + kBlock - 1) / kBlock));
  exec.pool.run(n, kBlock, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t at = begin; at < end; at += kBlock) {
      Sums sums;
      for (std::int64_t i = at; i < std::min(at + kBlock, end); ++i) {
        const float x = logits[static_cast<std::size_t>(i)] - greatest;
        const float weight = std::exp(x);
        sums.weight += static_cast<double>(weight);
        if (weight > 0) sums.weighted += static_cast<double>(weight * x);
      }
      blocks[static_cast<std::size_t>(at / kBlock)] = sums;
    }
  });
  Sums all;
  for (const Sums& block : blocks) {
    all.weight += block.weight;
    all.weighted += block.weighted;
  }
  const double log_sum = std::log(all.weight);
  return {static_cast<double>(logits[static_cast<std::size_t>(id)] - greatest) - log_sum,
          log_sum - all.weighted / all.weight};
}

AnswerMeasures::AnswerMeasures(const Probe* probe, const GenerateOptions& options)
    : probe_(probe), options_(options) {
  if (probe != nullptr) pool_.emplace(probe->head());
}

void AnswerMeasures::on_prompt(std::int64_t layer, std::span<const float> state) {
  if (options_.observer != nullptr && options_.observer->wants(layer))
    options_.observer->on_prompt(layer, state);
}

void AnswerMeasures::on_pick(kernels::Exec& exec, std::span<const float> logits, std::int32_t id) {
  if (!options_.statistics) return;
  const TokenMeasures token = measure_token(exec, logits, id);
  logprobs_.push_back(token.logprob);
  entropy_ += token.entropy;
  max_entropy_ = std::max(max_entropy_, token.entropy);
}

void AnswerMeasures::on_state(std::int32_t id, std::int64_t layer, std::span<const float> state) {
  if (pool_ && layer == probe_->card().layer) {
    const Clock::time_point begin = Clock::now();
    pool_->add(state);
    probe_ms_ += std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  }
  if (options_.observer != nullptr && options_.observer->wants(layer))
    options_.observer->on_token(id, layer, state);
}

std::optional<double> AnswerMeasures::confidence() const {
  return pool_ ? probe_->confidence(pool_->logit()) : std::nullopt;
}

bool AnswerMeasures::go_on() {
  if (!pool_ || !options_.on_confidence) return true;
  const Clock::time_point begin = Clock::now();
  const std::optional<double> running = confidence();
  probe_ms_ += std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  return !running || options_.on_confidence(*running);
}

void AnswerMeasures::finish(Reply& reply) {
  if (!logprobs_.empty()) {
    const auto n = static_cast<double>(logprobs_.size());
    TokenStatistics s;
    s.tokens = static_cast<std::int64_t>(logprobs_.size());
    for (const double p : logprobs_) s.mean_logprob += p / n;
    std::sort(logprobs_.begin(), logprobs_.end());
    s.min_logprob = logprobs_.front();
    s.low_logprob = logprobs_[static_cast<std::size_t>(kLowQuantile * (n - 1))];
    s.mean_entropy = entropy_ / n;
    s.max_entropy = max_entropy_;
    reply.statistics = s;
  }
  if (pool_) {
    const Clock::time_point begin = Clock::now();
    reply.confidence = confidence();
    probe_ms_ += std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    reply.timing.probe_ms = probe_ms_;
    if (reply.confidence) reply.confidence_source = "probe";
  }
  if (!reply.confidence && !pool_ && reply.statistics) {
    reply.confidence = std::exp(reply.statistics->mean_logprob);
    reply.confidence_source = "logprob";
  }
}

}  // namespace cactus
