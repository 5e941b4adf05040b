// A local model, a cloud and a sink whose behaviour a test writes.
#pragma once
#include <string>
#include <vector>

#include "router/turn.h"
#include "tests/support/catch.h"

namespace cactus::test {

// Says its pieces, one a token, with a running confidence after each.
class FakeSession : public Session {
 public:
  std::vector<std::string> pieces = {"lo", "cal"};
  std::optional<double> confidence, running;  // running: of every token
  std::string source = "probe";
  std::string thought;
  Json calls = Json::array();
  std::vector<Json> asked;  // the messages of every call
  std::vector<std::optional<std::uint64_t>> seeds;
  bool fails = false;

  Result<Reply> reply(const Json& messages, const GenerateOptions& options, const PieceSink& sink,
                      const std::atomic<bool>* cancel, bool) override {
    asked.push_back(messages);
    seeds.push_back(options.sample.seed);
    if (fails) return make_error(ErrorKind::resources, "the prompt is too long");
    Reply reply;
    reply.seed = 42;
    if (!thought.empty()) {
      reply.thought = thought;
      sink({PieceKind::thought, thought});
    }
    for (const std::string& piece : pieces) {
      reply.text += piece;
      ++reply.output_tokens;
      bool more = sink({PieceKind::text, piece}) && !(cancel != nullptr && cancel->load());
      if (more && running && options.on_confidence) more = options.on_confidence(*running);
      if (!more) {
        reply.finish = FinishReason::cancelled;
        break;
      }
    }
    reply.confidence = confidence;
    if (confidence) reply.confidence_source = source;
    reply.tool_calls = calls;
    return reply;
  }
  Result<Reply> complete(std::string_view, const GenerateOptions&, const PieceSink&,
                         const std::atomic<bool>*) override {
    return make_error(ErrorKind::internal, "not used");
  }
  const Model& model() const override { std::abort(); }
  void clear() override {}
};

// Answers with its pieces, or fails after so many of them.
class FakeCloud : public Handoff {
 public:
  std::string blocked;  // the obstacle
  std::vector<std::string> pieces = {"bet", "ter"};
  HandoffFailure failure = HandoffFailure::none;
  std::size_t fails_after = 0;  // pieces
  bool asks = true;             // whether a request leaves at all
  std::function<void()> on_ask;
  std::vector<Json> asked;

  std::string obstacle() override { return blocked; }
  HandoffAnswer ask(const HandoffQuestion& question, HandoffEvents& events,
                    const std::atomic<bool>*) override {
    asked.push_back(question.messages);
    HandoffAnswer answer;
    if (asks) events.on_request("fake/model", question.reason);
    if (on_ask) on_ask();
    std::size_t said = 0;
    for (const std::string& piece : pieces) {
      if (failure != HandoffFailure::none && said == fails_after) break;
      ++said;
      answer.text += piece;
      events.on_text(piece);
    }
    answer.attempts.push_back({"fake", "model", "", {10, 5, 0, 0}, kDollar / 4, 1});
    if (failure != HandoffFailure::none) {
      answer.failure = failure;
      answer.why = "it broke";
      return answer;
    }
    CloudReply reply;
    reply.text = answer.text;
    reply.message = {{"role", "assistant"}, {"content", answer.text}, {"provider_state", 7}};
    answer.provider = "fake";
    answer.model = "model";
    answer.reply = std::move(reply);
    return answer;
  }
};

// What a reader saw, in order.
class Recorder : public TurnSink {
 public:
  explicit Recorder(bool withdraws) : withdraws_(withdraws) {}
  bool can_withdraw() const override { return withdraws_; }
  bool text(std::string_view piece) override {
    log += "[" + std::string(piece) + "]";
    return listening;
  }
  bool thought(std::string_view piece) override {
    log += "(" + std::string(piece) + ")";
    return listening;
  }
  void discard() override { log += "<discard>"; }
  void asking(std::string_view target, std::string_view why) override {
    log += "<" + std::string(why) + " → " + std::string(target) + ">";
  }
  void kept(const Outcome& outcome, bool text_follows) override {
    log += "<kept: " + outcome.failure_text + (text_follows ? ">" : ", above>");
  }
  void settled(const TurnResult& turn) override {
    log += turn.outcome.handed_off ? "<cloud>" : "<local>";
  }
  std::string log;
  bool listening = true;

 private:
  bool withdraws_;
};

}  // namespace cactus::test
