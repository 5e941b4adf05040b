// One turn: the local answer, then the decision whether it stands. The decision is a slot: without
// a Handoff every local answer stands. The rule that keeps pipes clean lives here: text that may
// still be withdrawn reaches a sink only if that sink can withdraw.
#pragma once
#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/session.h"

namespace cactus::cli {

// What decided, and what a cloud's answer was if one was asked for.
struct Outcome {
  bool handed_off = false;
  std::string text;  // the answer that stands, when handed off
  std::string provider, provider_model, request_id;
  std::optional<double> threshold;  // confidence below it asks the cloud
  std::string failure;              // why the local answer stands although it was not wanted
};

// Where an answer appears. Every call returns false when nobody reads any more.
class TurnSink {
 public:
  virtual ~TurnSink() = default;
  // A terminal can: the local text stays above, marked, and the other answer follows.
  virtual bool can_withdraw() const = 0;
  virtual bool text(std::string_view piece) = 0;
  virtual bool thought(std::string_view piece) = 0;
  virtual void discard() {}  // what text() got is withdrawn
  virtual void route(const Reply&, const Outcome&) {}
};

// Asks for a better answer than the local one (router/).
class Handoff {
 public:
  virtual ~Handoff() = default;
  // False when no answer can be withdrawn (offline, local only, cap reached): text streams at once.
  virtual bool possible() const = 0;
  virtual bool wants(const Reply& local) const = 0;
  // Streams the cloud's answer into `sink`; on failure says so in the outcome, and the local answer
  // stands.
  virtual Outcome answer(const Json& messages, const Reply& local, const PieceSink& sink,
                         const std::atomic<bool>* cancel) = 0;
};

struct TurnResult {
  Reply reply;  // the local one
  Outcome outcome;
  double total_ms = 0;
  // The answer that stands.
  const std::string& text() const { return outcome.handed_off ? outcome.text : reply.text; }
};

// `handoff` may be null. Errors as Session::reply.
Result<TurnResult> run_turn(Session& session, const Json& messages, const GenerateOptions& options,
                            Handoff* handoff, TurnSink& sink, const std::atomic<bool>* cancel,
                            bool drop_oldest = false);

}  // namespace cactus::cli
