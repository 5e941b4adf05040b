#include "cli/commands/one_shot.h"

#include "cli/cloud.h"
#include "cli/exit_code.h"
#include "cli/local_tools/tool.h"
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

Result<int> conclude(Terminal& terminal, const OpenSession& model, const TurnResult& turn,
                     const Routing& routing) {
  if (terminal.closed()) return static_cast<int>(kOk);
  if (!terminal.out_failure().empty())
    return make_error(ErrorKind::resources, "cannot write the answer", terminal.out_failure());
  const Outcome& outcome = turn.outcome;
  if (turn.finish() == FinishReason::cancelled || outcome.failure == HandoffFailure::cancelled) {
    const int code = signals::exit_code();
    return code != 0 ? code : static_cast<int>(kInterrupted);
  }
  if (outcome.unanswered) terminal.error(unanswered_error(model, turn));
  if (outcome.unanswered && routing.policy.mode != HandoffMode::always)
    return static_cast<int>(exit_code(unanswered_error(model, turn).kind));
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

Result<ToolTurn> answer(Terminal& terminal, OpenSession& model, OneShot& shot, TurnSink& sink,
                        const RunObserver& observer) {
  const signals::PhaseScope generating(signals::Phase::generating);
  const auto turn = [&](const ToolRound& round) {
    TurnRequest request{.messages = round.messages,
                        .generate = shot.generate,
                        .policy = shot.routing.policy,
                        .absent = shot.routing.absent,
                        .attachments = &shot.attachments};
    apply_round(round, request);
    return routed_turn(terminal, model, shot.routing, request, sink);
  };
  CACTUS_TRY(done, run_with_tools(shot.messages, shot.tools, system_environment(), turn, observer));
  if (done.in_words) sink.text(done.turn.text());
  return std::move(done);
}

Json object_of(const OpenSession& model, const ToolTurn& done, const ToolMode& mode,
               const Attachments& attachments) {
  Json object = turn_object(model, done.turn, {});
  add_tool_results(object, done, mode);
  if (!attachments.empty()) object["attachments"] = Json::array();
  for (const Attachment& attachment : attachments)
    object["attachments"].push_back({{"name", shown_name(attachment)},
                                     {"kind", kind_name(attachment.kind)},
                                     {"media_type", attachment.media_type},
                                     {"bytes", attachment.bytes.size()}});
  return object;
}

// What is said of tools on standard error: why one failed, or that none was called.
void tool_notes(Terminal& terminal, const ToolTurn& done, const ToolMode& mode) {
  if (!mode.calls_only) return;
  for (const ToolRun& run : done.runs)
    if (!run.answer) terminal.error(run.answer.error());
  if (done.declined && !mode.local) terminal.note(decline_reason(done.turn.reply));
}

Result<int> conclude(Terminal& terminal, const OpenSession& model, const ToolTurn& done,
                     const OneShot& shot) {
  CACTUS_TRY(code, conclude(terminal, model, done.turn, shot.routing));
  return code == kOk ? tool_exit_code(done, shot.tools) : code;
}

void notes(Terminal& terminal, const OneShot& shot, const TurnResult& turn) {
  if (shot.routing.explain) terminal.err(sanitise(explain(turn, shot.routing.policy)) + "\n");
}

}  // namespace

Result<int> run_one_shot(Terminal& terminal, OpenSession& model, OneShot& shot) {
  if (shot.format == Format::json) {
    JsonSink sink(terminal);
    CACTUS_TRY(done, answer(terminal, model, shot, sink, [](const ToolRun&) {}));
    terminal.out(dump_json(object_of(model, done, shot.tools, shot.attachments), 2) + "\n");
    tool_notes(terminal, done, shot.tools);
    notes(terminal, shot, done.turn);
    return conclude(terminal, model, done, shot);
  }
  if (shot.format == Format::jsonl) {
    JsonlSink sink(terminal);
    sink.start(model);
    const auto observer = [&](const ToolRun& run) {
      write_event(terminal, "tool_result", tool_result(run));
    };
    CACTUS_TRY(done, answer(terminal, model, shot, sink, observer));
    sink.done(object_of(model, done, shot.tools, shot.attachments));
    tool_notes(terminal, done, shot.tools);
    notes(terminal, shot, done.turn);
    return conclude(terminal, model, done, shot);
  }
  TextSink sink(terminal, shot.text);
  // What nobody here can see is asked about at once, and nothing may write over that.
  if (shot.routing.policy.mode != HandoffMode::ask || shot.attachments.empty())
    sink.spinner().start("reading the prompt");
  auto done = answer(terminal, model, shot, sink, [](const ToolRun&) {});
  if (!done) {
    sink.spinner().stop();
    return std::move(done).error();
  }
  const TurnResult& turn = done->turn;
  if (done->has_answer(shot.tools) && !turn.outcome.unanswered)
    sink.finish(shot.tools.local ? Json::array() : turn.tool_calls());
  else
    sink.spinner().stop();
  tool_notes(terminal, *done, shot.tools);
  for (const std::string& notice : turn.notices()) terminal.warn(notice);
  if (turn.finish() == FinishReason::length) terminal.note("[stopped at the token limit]");
  if (shot.stats) terminal.note(stats_line(turn));
  notes(terminal, shot, turn);
  return conclude(terminal, model, *done, shot);
}

}  // namespace cactus::cli
