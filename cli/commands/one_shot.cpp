#include "cli/commands/one_shot.h"

#include "cli/cloud.h"
#include "cli/exit_code.h"
#include "cli/output/explain.h"
#include "cli/output/json_sink.h"
#include "cli/output/report.h"
#include "cli/render/sanitise.h"
#include "cli/signals.h"

namespace cactus::cli {
namespace {

// What the rule says of a local answer that may not be handed off.
Decision rule(const Routing& routing, const Reply& reply) {
  Policy policy = routing.policy;
  policy.mode = HandoffMode::automatic;
  return decide(policy, reply.confidence, reply.confidence_source);
}

Result<int> conclude(Terminal& terminal, const TurnResult& turn, const Routing& routing) {
  if (terminal.closed()) return static_cast<int>(kOk);
  if (!terminal.out_failure().empty())
    return make_error(ErrorKind::resources, "cannot write the answer", terminal.out_failure());
  const Outcome& outcome = turn.outcome;
  if (turn.finish() == FinishReason::cancelled || outcome.failure == HandoffFailure::cancelled) {
    const int code = signals::exit_code();
    return code != 0 ? code : static_cast<int>(kInterrupted);
  }
  if (routing.policy.mode == HandoffMode::always && !outcome.handed_off)
    return static_cast<int>(kNetwork);
  if (!routing.require_local) return static_cast<int>(kOk);
  const Decision decision = rule(routing, turn.reply);
  if (!turn.reply.confidence)
    terminal.warn("--require-local cannot judge this answer: " + decision.reason);
  if (!decision.hand_off) return static_cast<int>(kOk);
  terminal.error(make_error(ErrorKind::policy, "the local answer is likely wrong", decision.reason,
                            "the same without --require-local, or with a lower --threshold"));
  return static_cast<int>(kPolicy);
}

Result<TurnResult> answer(Terminal& terminal, OpenSession& model, OneShot& shot, TurnSink& sink) {
  const signals::PhaseScope generating(signals::Phase::generating);
  return routed_turn(terminal, model, shot.routing,
                     {.messages = shot.messages,
                      .generate = shot.generate,
                      .policy = shot.routing.policy,
                      .absent = shot.routing.absent},
                     sink);
}

void notes(Terminal& terminal, const OneShot& shot, const TurnResult& turn) {
  if (shot.routing.explain) terminal.err(sanitise(explain(turn, shot.routing.policy)) + "\n");
}

}  // namespace

Result<int> run_one_shot(Terminal& terminal, OpenSession& model, OneShot& shot) {
  if (shot.format == Format::json) {
    JsonSink sink(terminal);
    CACTUS_TRY(turn, answer(terminal, model, shot, sink));
    terminal.out(dump_json(turn_object(model, turn, {}), 2) + "\n");
    notes(terminal, shot, turn);
    return conclude(terminal, turn, shot.routing);
  }
  if (shot.format == Format::jsonl) {
    JsonlSink sink(terminal);
    sink.start(model);
    CACTUS_TRY(turn, answer(terminal, model, shot, sink));
    sink.done(turn_object(model, turn, {}));
    notes(terminal, shot, turn);
    return conclude(terminal, turn, shot.routing);
  }
  TextSink sink(terminal, shot.text);
  sink.spinner().start("reading the prompt");
  auto turn = answer(terminal, model, shot, sink);
  if (!turn) {
    sink.spinner().stop();
    return std::move(turn).error();
  }
  sink.finish(turn->tool_calls());
  for (const std::string& notice : turn->notices()) terminal.warn(notice);
  if (turn->finish() == FinishReason::length) terminal.note("[stopped at the token limit]");
  if (shot.stats) terminal.note(stats_line(*turn));
  notes(terminal, shot, *turn);
  return conclude(terminal, *turn, shot.routing);
}

}  // namespace cactus::cli
