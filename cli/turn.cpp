#include "cli/turn.h"

#include <chrono>

namespace cactus::cli {

Result<TurnResult> run_turn(Session& session, const Json& messages, const GenerateOptions& options,
                            Handoff* handoff, TurnSink& sink, const std::atomic<bool>* cancel,
                            bool drop_oldest) {
  const auto begin = std::chrono::steady_clock::now();
  const bool may_withdraw = handoff != nullptr && handoff->possible();
  const bool hold = may_withdraw && !sink.can_withdraw();
  const PieceSink to_sink = [&](const Piece& piece) {
    return piece.kind == PieceKind::text ? sink.text(piece.text) : sink.thought(piece.text);
  };
  const PieceSink local = [&](const Piece& piece) { return hold ? true : to_sink(piece); };
  CACTUS_TRY(reply, session.reply(messages, options, local, cancel, drop_oldest));

  TurnResult result;
  if (may_withdraw && reply.finish != FinishReason::cancelled && handoff->wants(reply)) {
    bool discarded = false;
    const PieceSink cloud = [&](const Piece& piece) {
      if (!discarded && !hold) sink.discard();
      discarded = true;
      return to_sink(piece);
    };
    result.outcome = handoff->answer(messages, reply, cloud, cancel);
  }
  if (hold && !result.outcome.handed_off) {
    if (!reply.thought.empty()) sink.thought(reply.thought);
    sink.text(reply.text);
  }
  sink.route(reply, result.outcome);
  result.reply = std::move(reply);
  result.total_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace cactus::cli
