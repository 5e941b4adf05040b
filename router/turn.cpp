#include "router/turn.h"

#include <chrono>

namespace cactus {
namespace {

using Clock = std::chrono::steady_clock;

// As chat templates and providers expect earlier calls: OpenAI's form.
Json calls_for_history(const Json& calls) {
  Json out = Json::array();
  for (const Json& call : calls) out.push_back({{"type", "function"}, {"function", call}});
  return out;
}

FinishReason finish_of(CloudFinish finish) {
  switch (finish) {
    case CloudFinish::stop:
      return FinishReason::stop;
    case CloudFinish::length:
      return FinishReason::length;
    case CloudFinish::tool_calls:
      return FinishReason::tool_calls;
  }
  return FinishReason::stop;
}

class Turn {
 public:
  Turn(Session& session, const TurnRequest& request, Handoff* handoff, TurnSink& sink,
       const std::atomic<bool>* cancel)
      : session_(session),
        request_(request),
        local_messages_(local_view(request.local_messages.is_null() ? request.messages
                                                                    : request.local_messages)),
        handoff_(handoff),
        sink_(sink),
        cancel_(cancel) {}

  Result<TurnResult> run() {
    result_.outcome.threshold = request_.policy.threshold;
    const Json& read =
        request_.local_messages.is_null() ? request_.messages : request_.local_messages;
    unseen_ = unseen_names(read, request_.senses, true);
    blind_ = !unseen_.empty();
    if (!blind_) unseen_ = unseen_names(read, request_.senses, false);
    if (request_.policy.mode == HandoffMode::always || blind_ ||
        (!unseen_.empty() && obstacle().empty())) {
      CACTUS_CHECK(cloud_first());
    } else {
      CACTUS_CHECK(local_first());
    }
    result_.total_ms = std::chrono::duration<double, std::milli>(Clock::now() - begin_).count();
    sink_.settled(result_);
    return std::move(result_);
  }

 private:
  // Why nothing can be handed off; empty when it can.
  std::string obstacle() const {
    if (handoff_ != nullptr && request_.policy.mode != HandoffMode::off)
      return handoff_->obstacle();
    return handoff_ != nullptr || request_.absent.empty() ? "hand-off is off" : request_.absent;
  }

  Status cloud_first() {
    Outcome& outcome = result_.outcome;
    outcome.wanted = true;
    if (unseen_.empty()) {
      const Decision decision = decide(request_.policy, {}, {});
      outcome.reason = decision.reason;
      outcome.code = decision.code;
    } else {
      outcome.reason = "the local model cannot take in " + name_list(unseen_);
      outcome.code = "unseen";
    }
    hold_ = !sink_.can_withdraw();
    const std::string blocked = obstacle();
    if (!blocked.empty()) {
      outcome.failure = HandoffFailure::unavailable;
      outcome.failure_text = blocked;
    } else {
      ask();
      if (outcome.handed_off) return ok_status();
    }
    if (outcome.failure == HandoffFailure::cancelled) {
      outcome.handed_off = !outcome.cloud.text.empty();  // as far as it came
      result_.reply.finish = FinishReason::cancelled;
      if (hold_) sink_.text(outcome.cloud.text);
      return ok_status();
    }
    if (cloud_shown_) withdraw();
    if (blind_) {
      outcome.unanswered = true;
      return ok_status();
    }
    sink_.kept(outcome, true);
    hold_ = false;
    return generate(false);
  }

  Status local_first() {
    Outcome& outcome = result_.outcome;
    const Policy& policy = request_.policy;
    const bool wanted_at_all = handoff_ != nullptr && policy.mode != HandoffMode::off;
    const std::string obstacle = wanted_at_all ? handoff_->obstacle() : request_.absent;
    const bool possible = wanted_at_all && obstacle.empty();
    hold_ = possible && !sink_.can_withdraw();
    CACTUS_CHECK(generate(possible && policy.early));
    if (result_.reply.finish == FinishReason::cancelled && !outcome.early) {
      show_held_local();
      return ok_status();
    }
    if (!outcome.early) {
      const bool declined =
          request_.empty_declines && result_.reply.text.empty() && result_.reply.tool_calls.empty();
      const Decision decision =
          declined ? decide_declined(policy)
                   : decide(policy, result_.reply.confidence, result_.reply.confidence_source);
      outcome.wanted = decision.hand_off;
      outcome.reason = decision.reason;
      outcome.code = decision.code;
    }
    if (outcome.wanted && wanted_at_all && !possible) {
      outcome.failure = HandoffFailure::unavailable;
      outcome.failure_text = obstacle;
      sink_.kept(outcome, false);
    } else if (outcome.wanted && !possible) {
      outcome.reason += obstacle.empty() ? "" : ", but " + obstacle;
    } else if (outcome.wanted) {
      ask();
      if (!outcome.handed_off) CACTUS_CHECK(keep_local());
      return ok_status();
    }
    show_held_local();
    return ok_status();
  }

  // The local answer, streamed unless it is held. With `early` it may be given up before its end.
  Status generate(bool early) {
    Outcome& outcome = result_.outcome;
    GenerateOptions options = request_.generate;
    EarlyDecision running(request_.policy.threshold);
    int tokens = 0;
    if (outcome.early) options.sample.seed = result_.reply.seed;  // the same answer once more
    if (early) {
      options.on_confidence = [&](double confidence) {
        ++tokens;
        if (!running.add(confidence)) return true;
        outcome.early = outcome.wanted = true;
        outcome.code = "hopeless";
        outcome.reason = compare_text(confidence, request_.policy.threshold) + " after " +
                         std::to_string(tokens) + " tokens";
        return false;
      };
    }
    const PieceSink pieces = [&](const Piece& piece) {
      if (hold_) return true;
      shown_ = shown_ || piece.kind == PieceKind::text;
      return piece.kind == PieceKind::text ? sink_.text(piece.text) : sink_.thought(piece.text);
    };
    CACTUS_TRY(reply,
               session_.reply(local_messages_, options, pieces, cancel_, request_.drop_oldest));
    // Ctrl-C beats the decision that fell at the same token.
    if (cancel_ != nullptr && cancel_->load()) outcome.early = outcome.wanted = false;
    result_.reply = std::move(reply);
    if (!unseen_.empty())
      result_.reply.notices.push_back("the local model answered without " + name_list(unseen_) +
                                      ", which it cannot take in");
    held_ = hold_;
    return ok_status();
  }

  void ask() {
    struct Events : HandoffEvents {
      explicit Events(Turn& its_turn) : turn(its_turn) {}
      void on_request(std::string_view target, std::string_view why) override {
        turn.withdraw();
        turn.sink_.asking(target, why);
      }
      bool on_text(std::string_view piece) override {
        if (turn.hold_) return true;
        turn.shown_ = turn.cloud_shown_ = true;
        return turn.sink_.text(piece);
      }
      bool on_thought(std::string_view piece) override {
        return turn.hold_ || turn.sink_.thought(piece);
      }
      Turn& turn;
    };
    Outcome& outcome = result_.outcome;
    Events events(*this);
    const Json& tools =
        request_.cloud_tools.is_null() ? request_.generate.tools : request_.cloud_tools;
    outcome.cloud = handoff_->ask({request_.messages, tools, request_.generate.max_tokens,
                                   outcome.reason, request_.attachments},
                                  events, cancel_);
    outcome.handed_off = outcome.cloud.reply.has_value();
    if (!outcome.handed_off) {
      outcome.failure = outcome.cloud.failure;
      outcome.failure_text = outcome.cloud.why;
    } else if (hold_) {
      sink_.text(outcome.cloud.reply->text);
    }
  }

  // The cloud did not answer: what it began is withdrawn, and the local answer stands, again where
  // it was covered up, anew where it had been given up.
  Status keep_local() {
    Outcome& outcome = result_.outcome;
    const bool cancelled = outcome.failure == HandoffFailure::cancelled;
    const bool again = !cancelled && (hold_ || cloud_shown_ || outcome.early);
    if (cloud_shown_ || outcome.early) withdraw();
    if (!cancelled) sink_.kept(outcome, again);
    if (again && outcome.early) {
      hold_ = false;
      return generate(false);
    }
    if (again && !hold_) sink_.text(result_.reply.text);
    show_held_local();
    return ok_status();
  }

  void show_held_local() {
    if (!hold_) return;
    if (!result_.reply.thought.empty()) sink_.thought(result_.reply.thought);
    if (!result_.reply.text.empty()) sink_.text(result_.reply.text);
  }

  // What is on the screen of this turn no longer stands.
  void withdraw() {
    if (shown_ || held_) sink_.discard();
    shown_ = held_ = false;
  }

  Session& session_;
  const TurnRequest& request_;
  const Json local_messages_;
  Handoff* handoff_;
  TurnSink& sink_;
  const std::atomic<bool>* cancel_;
  const Clock::time_point begin_ = Clock::now();
  TurnResult result_;
  std::vector<std::string> unseen_;  // attachments that the local model cannot take in
  bool blind_ = false;               // some of them belong to the question itself
  bool hold_ = false;                // nothing reaches the sink before it stands
  bool held_ = false;                // a local answer waits for the decision
  bool shown_ = false;               // the sink has text that is not withdrawn
  bool cloud_shown_ = false;         // text of the cloud reached the sink
};

}  // namespace

std::optional<NanoDollars> Outcome::cost() const {
  std::optional<NanoDollars> sum;
  for (const Attempt& attempt : cloud.attempts)
    if (attempt.cost) sum = sum.value_or(0) + *attempt.cost;
  return sum;
}

const std::string& TurnResult::text() const {
  if (!outcome.handed_off) return reply.text;
  return outcome.cloud.reply ? outcome.cloud.reply->text : outcome.cloud.text;
}

const Json& TurnResult::tool_calls() const {
  static const Json none = Json::array();
  if (!outcome.handed_off) return reply.tool_calls;
  return outcome.cloud.reply ? outcome.cloud.reply->tool_calls : none;
}

FinishReason TurnResult::finish() const {
  if (!outcome.handed_off) return reply.finish;
  return outcome.cloud.reply ? finish_of(outcome.cloud.reply->finish) : FinishReason::cancelled;
}

std::vector<std::string> TurnResult::notices() const {
  std::vector<std::string> notices = reply.notices;
  if (outcome.cloud.reply)
    for (const std::string& notice : outcome.cloud.reply->notices) notices.push_back(notice);
  return notices;
}

Json TurnResult::message() const {
  if (outcome.handed_off && outcome.cloud.reply && outcome.cloud.reply->message.is_object())
    return outcome.cloud.reply->message;
  Json message = {{"role", "assistant"}, {"content", text()}};
  if (!tool_calls().empty()) message["tool_calls"] = calls_for_history(tool_calls());
  return message;
}

Json local_view(const Json& messages) {
  Json view = messages;
  if (!view.is_array()) return view;
  for (Json& message : view) {
    if (!message.is_object()) continue;
    message.erase("provider_state");
    message.erase("interrupted");
    message.erase("withheld");
    if (!message.contains("attachments")) continue;
    const Json alone = Json::array({message});
    message.erase("attachments");
    const auto names = unseen_names(alone, {}, false);
    if (!names.empty() && message.contains("content") && message["content"].is_string())
      message["content"] = message["content"].get<std::string>() +
                           "\n\n[attached, and not visible to you: " + name_list(names) + "]";
  }
  return view;
}

Result<TurnResult> run_turn(Session& session, const TurnRequest& request, Handoff* handoff,
                            TurnSink& sink, const std::atomic<bool>* cancel) {
  return Turn(session, request, handoff, sink, cancel).run();
}

}  // namespace cactus
