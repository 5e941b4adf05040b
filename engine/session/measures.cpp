#include "engine/session/measures.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/sample/sampler.h"

namespace cactus {
namespace {

using Clock = std::chrono::steady_clock;

// Powers, fitted (docs/constrained.md): of the probability of declining, of the odds of the rest.
constexpr double kDeclines = 0.4, kRest = 0.3;
constexpr double kLeast = 1e-6;  // nearer than this to 0 or 1 a probability says nothing more
constexpr double kDoubt = 3;     // nats from even; as far as the odds that a call has alone count

// Adds to `ms` what the time from here to the end of the scope was.
class Stopwatch {
 public:
  explicit Stopwatch(double& ms) : ms_(ms) {}
  ~Stopwatch() { ms_ += std::chrono::duration<double, std::milli>(Clock::now() - begin_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& ms_;
  const Clock::time_point begin_ = Clock::now();
};

}  // namespace

AnswerMeasures::AnswerMeasures(const Probe* probe, const GenerateOptions& options)
    : probe_(probe), options_(options) {
  if (probe != nullptr) pool_.emplace(probe->head());
}

void AnswerMeasures::on_prompt(std::int64_t layer, std::span<const float> state) {
  if (options_.observer != nullptr && options_.observer->wants(layer))
    options_.observer->on_prompt(layer, state);
}

void AnswerMeasures::on_pick(kernels::Exec& exec, std::span<const float> logits, std::int32_t id,
                             TokenConstraint* constraint) {
  if (declining_) {
    const double picked = log_probability(exec, logits, id);
    if (odds_)
      odds_->rest += picked;
    else
      odds_ = {log_probability(exec, logits, declining_->id), picked, 0};
  }
  const bool reads_tokens = probe_ != nullptr && probe_->reads_tokens();
  if (!options_.statistics && !reads_tokens) return;
  std::optional<Stopwatch> watch;
  if (reads_tokens) watch.emplace(probe_ms_);
  std::span<const std::uint64_t> allowed;
  if (constraint != nullptr && !constraint->allows_all()) allowed = constraint->allowed();
  statistics_.add(measure_token(exec, logits, id, allowed));
}

void AnswerMeasures::on_state(std::int32_t id, std::int64_t layer, std::span<const float> state) {
  if (pool_ && layer == probe_->card().layer) {
    const Stopwatch watch(probe_ms_);
    pool_->add(state);
  }
  if (options_.observer != nullptr && options_.observer->wants(layer))
    options_.observer->on_token(id, layer, state);
}

double AnswerMeasures::odds() const {
  if (!odds_) return 0;
  const auto bounded = [](double log) { return std::clamp(std::exp(log), kLeast, 1 - kLeast); };
  const double rest = bounded(odds_->rest);
  return kRest * std::log(rest / (1 - rest)) + std::log(bounded(odds_->first)) -
         kDeclines * std::log(bounded(odds_->declines)) + alone_;
}

bool AnswerMeasures::in_doubt() const {
  return odds_ && std::abs(odds()) <= kDoubt;
}

void AnswerMeasures::looked_alone(double odds) {
  alone_ = std::clamp(odds, -kDoubt, kDoubt);
}

double AnswerMeasures::margin() const {
  return odds_ ? odds() - std::log(declining_->weight) : 0;
}

std::optional<double> AnswerMeasures::confidence() {
  if (!pool_) return std::nullopt;
  const Stopwatch watch(probe_ms_);
  return probe_->confidence(probe_->logit(pool_->logit(), statistics_.running()));
}

bool AnswerMeasures::go_on() {
  if (!pool_ || !options_.on_confidence) return true;
  const std::optional<double> running = confidence();
  return !running || options_.on_confidence(*running);
}

void AnswerMeasures::finish(Reply& reply) {
  if (declining_ && reply.finish == FinishReason::tool_calls) statistics_.set_margin(margin());
  if (options_.statistics && statistics_.running().tokens > 0) reply.statistics = statistics_.all();
  if (pool_) {
    reply.confidence = confidence();
    reply.timing.probe_ms = probe_ms_;
    if (reply.confidence) reply.confidence_source = "probe";
  }
  if (!reply.confidence && !pool_ && reply.statistics) {
    reply.confidence = std::exp(reply.statistics->mean_logprob);
    reply.confidence_source = "logprob";
  }
}

}  // namespace cactus
