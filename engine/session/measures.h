// What is measured of a reply while it grows: the probe's running pool, the model's own opinion of
// its tokens, whether it would rather have declined, and an observer's view of the states.
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

// How a model declines, and how much it counts that it might have.
struct Declining {
  std::int32_t id = 0;  // the token that says no tool fits
  double weight = 1;    // above 0; the odds of a call have to reach it
};

// Of one reply. Costs nothing when nothing was asked for.
class AnswerMeasures {
 public:
  // `probe` may be null; both arguments outlive this.
  AnswerMeasures(const Probe* probe, const GenerateOptions& options);

  void weigh(const Declining& declining) { declining_ = declining; }  // before the first token
  const std::optional<Declining>& weighed() const { return declining_; }

  bool wants_prompt() const { return options_.observer != nullptr; }
  bool wants_states() const { return pool_.has_value() || options_.observer != nullptr; }

  void on_prompt(std::int64_t layer, std::span<const float> state);  // of the last prompt token
  // `constraint`: what the token was chosen under, before it is advanced; null: nothing.
  void on_pick(kernels::Exec& exec, std::span<const float> logits, std::int32_t id,
               TokenConstraint* constraint);
  void on_state(std::int32_t id, std::int64_t layer, std::span<const float> state);
  // After a token was read: false when on_confidence asked to stop.
  bool go_on();

  // Of the call so far over declining, in nats. 0 where nothing is weighed.
  double odds() const;
  // Whether they are so near to even that the call deserves to be looked at alone.
  bool in_doubt() const;
  // `odds` are those of the call that is written where only the tools it calls are offered, minus
  // infinity where there is none: from now on they are part of this one's.
  void looked_alone(double odds);
  // By how many nats the odds are above the weight of declining; below 0 it is better declined.
  double margin() const;
  // What this reply was decided by, where that was the margin of another: a call in its place.
  void decided_by(double margin) { statistics_.set_margin(margin); }

  void finish(Reply& reply);  // fills in confidence, its source, and statistics

 private:
  // Log-probabilities: of declining and of what was picked, as the first token; of all behind it.
  struct Odds {
    double declines = 0, first = 0, rest = 0;
  };

  std::optional<double> confidence();

  const Probe* probe_;
  const GenerateOptions& options_;
  std::optional<RunningPool> pool_;
  RunningStatistics statistics_;  // when they are wanted or the probe reads them
  std::optional<Declining> declining_;
  std::optional<Odds> odds_;  // from the first token on
  double alone_ = 0;          // what looking at the call alone adds to them
  double probe_ms_ = 0;
};

}  // namespace cactus
