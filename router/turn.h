// One turn: the local answer, the decision whether it stands, and the cloud's answer where it does
// not. Two rules live here. Text that may still be withdrawn reaches a sink only if that sink can
// withdraw; and the local answer is never lost: whatever goes wrong elsewhere, it stands, with the
// reason.
#pragma once
#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/session.h"
#include "router/handoff.h"
#include "router/policy.h"

namespace cactus {

// What was decided, why, and what it brought.
struct Outcome {
  bool handed_off = false;  // the cloud's answer stands
  bool early = false;       // decided before the local answer was whole
  bool unanswered = false;  // nobody answered: the local model cannot see what belongs to the
                            // question, and the cloud was not asked or failed
  bool wanted = false;      // the rule (or --cloud) asked for the cloud
  double threshold = Policy::kThreshold;
  std::string reason;     // "0.31 < 0.70"
  std::string_view code;  // as Decision::code, or "hopeless" when early
  HandoffFailure failure = HandoffFailure::none;
  std::string failure_text;  // why the local answer stands although it was not wanted
  HandoffAnswer cloud;       // everything about the requests, failed ones included
  std::optional<NanoDollars> cost() const;  // of all requests; unset: none is known
};

struct TurnResult {
  Reply reply;  // the local one; empty when --cloud was answered by the cloud
  Outcome outcome;
  double total_ms = 0;

  // Of the answer that stands.
  const std::string& text() const;
  const Json& tool_calls() const;
  FinishReason finish() const;
  std::vector<std::string> notices() const;
  Json message() const;  // for the history
};

// Where an answer appears. The calls that return bool return false when nobody reads any more.
class TurnSink {
 public:
  virtual ~TurnSink() = default;
  // A terminal can: the local text stays above, marked, and the other answer follows.
  virtual bool can_withdraw() const = 0;
  virtual bool text(std::string_view piece) = 0;
  virtual bool thought(std::string_view piece) = 0;
  virtual void discard() {}  // what text() got, or would have got next, is withdrawn
  // A request is about to leave for `target`; also in place of one that failed.
  virtual void asking(std::string_view /*target*/, std::string_view /*why*/) {}
  // The local answer stands although it was not wanted. Text that was withdrawn comes again.
  virtual void kept(const Outcome&, bool /*text_follows*/) {}
  virtual void settled(const TurnResult&) {}  // the answer is whole
};

struct TurnRequest {
  const Json& messages;  // the conversation, system prompt first when there is one
  GenerateOptions generate = {};
  Policy policy = {};
  std::string absent = {};   // why there is no Handoff: "no provider is set up"
  bool drop_oldest = false;  // as Session::reply
  // For a model that only calls tools: an answer without a call and without text is its "not mine",
  // which hands off however sure it is.
  bool empty_declines = false;
  // What the local model reads instead of `messages`; null: the same.
  Json local_messages = {};
  // Tools that the cloud is offered; null: those of `generate`.
  Json cloud_tools = {};
  const Attachments* attachments = nullptr;  // that `messages` name; null: none
  Modalities senses = {};  // what the local model takes in besides text: today none does
};

// `handoff` may be null: the local answer stands. Errors as Session::reply.
//
// An attachment that the local model cannot take in decides before anything is measured: a question
// that has one goes to the cloud, and is not answered blindly when that fails (Outcome::unanswered);
// later questions of the same conversation go there, too, but the local model answers them, with a
// notice, when the cloud cannot.
Result<TurnResult> run_turn(Session& session, const TurnRequest& request, Handoff* handoff,
                            TurnSink& sink, const std::atomic<bool>* cancel);

// The conversation as the local model's template reads it: without what only a provider
// understands or only the chat needs. Of attachments it is told that they are there.
Json local_view(const Json& messages);

}  // namespace cactus
