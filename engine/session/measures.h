// What is measured of a reply while it grows: the probe's running pool, the model's own opinion of
// its tokens, and an observer's view of the states.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/probe/probe.h"
#include "engine/probe/token_statistics.h"
#include "engine/sample/token_constraint.h"
#include "engine/session.h"
#include "kernels/ops.h"

namespace cactus {

// Of one reply. Costs nothing when nothing was asked for.
class AnswerMeasures {
 public:
  // `probe` may be null; both arguments outlive this.
  AnswerMeasures(const Probe* probe, const GenerateOptions& options);

  bool wants_prompt() const { return options_.observer != nullptr; }
  bool wants_states() const { return pool_.has_value() || options_.observer != nullptr; }

  void on_prompt(std::int64_t layer, std::span<const float> state);  // of the last prompt token
  // `constraint`: what the token was chosen under, before it is advanced; null: nothing.
  void on_pick(kernels::Exec& exec, std::span<const float> logits, std::int32_t id,
               TokenConstraint* constraint);
  void on_state(std::int32_t id, std::int64_t layer, std::span<const float> state);
  // After a token was read: false when on_confidence asked to stop.
  bool go_on();

  void finish(Reply& reply);  // fills in confidence, its source, and statistics

 private:
  std::optional<double> confidence();

  const Probe* probe_;
  const GenerateOptions& options_;
  std::optional<RunningPool> pool_;
  RunningStatistics statistics_;  // when they are wanted or the probe reads them
  double probe_ms_ = 0;
};

}  // namespace cactus
