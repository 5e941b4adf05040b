#include "cli/commands/one_shot.h"

#include "cli/exit_code.h"
#include "cli/output/json_sink.h"
#include "cli/output/report.h"
#include "cli/signals.h"

namespace cactus::cli {
namespace {

Result<int> conclude(Terminal& terminal, const TurnResult& turn) {
  if (terminal.closed()) return static_cast<int>(kOk);
  if (!terminal.out_failure().empty())
    return make_error(ErrorKind::resources, "cannot write the answer", terminal.out_failure());
  if (turn.reply.finish != FinishReason::cancelled) return static_cast<int>(kOk);
  const int code = signals::exit_code();
  return code != 0 ? code : static_cast<int>(kInterrupted);
}

Result<TurnResult> answer(OpenSession& model, const OneShot& shot, TurnSink& sink) {
  const signals::PhaseScope generating(signals::Phase::generating);
  return run_turn(*model.session, shot.messages, shot.generate, nullptr, sink, &signals::cancel());
}

}  // namespace

Result<int> run_one_shot(Terminal& terminal, OpenSession& model, const OneShot& shot) {
  if (shot.format == Format::json) {
    JsonSink sink(terminal);
    CACTUS_TRY(turn, answer(model, shot, sink));
    terminal.out(dump_json(turn_object(model, turn, {}), 2) + "\n");
    return conclude(terminal, turn);
  }
  if (shot.format == Format::jsonl) {
    JsonlSink sink(terminal);
    sink.start(model);
    CACTUS_TRY(turn, answer(model, shot, sink));
    sink.done(turn_object(model, turn, {}));
    return conclude(terminal, turn);
  }
  TextSink sink(terminal, shot.text);
  sink.spinner().start("reading the prompt");
  auto turn = answer(model, shot, sink);
  if (!turn) {
    sink.spinner().stop();
    return std::move(turn).error();
  }
  sink.finish(turn->reply);
  for (const std::string& notice : turn->reply.notices) terminal.warn(notice);
  if (turn->reply.finish == FinishReason::length) terminal.note("[stopped at the token limit]");
  if (shot.stats) terminal.note(stats_line(*turn));
  return conclude(terminal, *turn);
}

}  // namespace cactus::cli
