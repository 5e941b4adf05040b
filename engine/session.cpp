#include "engine/session.h"

#include <algorithm>
#include <limits>

#include "engine/constrain/call_constraint.h"
#include "engine/probe/probe.h"
#include "engine/session/generator.h"
#include "engine/session/measures.h"
#include "engine/session/prompt.h"
#include "engine/session/reply_builder.h"
#include "engine/session/settings.h"
#include "engine/template/chat_template.h"
#include "engine/weights/bundle.h"

namespace cactus {
namespace {

constexpr std::int64_t kRoomForReply = 512;  // tokens that dropping turns leaves free, at most

class LocalSession final : public Session {
 public:
  LocalSession(std::shared_ptr<const Model> model, const SessionOptions& options, int threads)
      : model_(std::move(model)),
        options_(options),
        exec_(*options.table, threads),
        generator_(model_, options, exec_),
        probe_(options.probe),
        stop_ids_(stop_ids(*model_)),
        format_(reply_format_of(*model_)) {}

  Result<Reply> reply(const Json& messages, const GenerateOptions& options, const PieceSink& sink,
                      const std::atomic<bool>* cancel, bool drop_oldest) override {
    CACTUS_TRY(prompt, drop_oldest ? fitting_chat_prompt(*model_, messages, options,
                                                         generator_.context() - room(options))
                                   : chat_prompt(*model_, messages, options));
    CACTUS_TRY(reply, generate(prompt, format_, messages, options, sink, cancel));
    note_what_the_template_lacks(options, reply);
    return std::move(reply);
  }

  Result<Reply> complete(std::string_view text, const GenerateOptions& options,
                         const PieceSink& sink, const std::atomic<bool>* cancel) override {
    CACTUS_TRY(prompt, raw_prompt(*model_, text));
    return generate(prompt, plain_reply_format(), Json(), options, sink, cancel);
  }

  const Model& model() const override { return *model_; }
  void clear() override {
    generator_.clear();
    alone_.reset();
  }

 private:
  void note_what_the_template_lacks(const GenerateOptions& options, Reply& reply) const {
    const ChatTemplate& chat_template = *model_->chat_template();
    if (options.think && !chat_template.mentions("enable_thinking")) {
      reply.notices.push_back(model_->name() + " cannot be asked to think first");
    }
    if (options.tools.is_array() && !options.tools.empty() && !chat_template.mentions("tools")) {
      reply.notices.push_back(model_->name() + " was not made for tools and has not seen them");
    }
  }

  // Of generation_config.json; null: not there.
  Json generation_setting(const char* key) const {
    const Json& generation = model_->bundle().manifest().generation;
    return generation.is_object() ? generation.value(key, Json()) : Json();
  }

  // What the user said, where the model copies the arguments of its calls out of it.
  std::optional<std::string> request_of(const Json& messages) const {
    if (generation_setting("copies_arguments") != true) return std::nullopt;
    std::string request;
    for (const Json& message : messages) {
      if (!message.is_object() || message.value("role", Json()) != "user") continue;
      const Json content = message.value("content", Json());
      if (content.is_string()) request += content.get<std::string>() + "\n";
      if (!content.is_array()) continue;
      for (const Json& part : content) {
        const Json text = part.is_object() ? part.value("text", Json()) : Json();
        if (text.is_string()) request += text.get<std::string>() + "\n";
      }
    }
    return request;
  }

  // What holds the reply to the tools, null: nothing does.
  Result<std::unique_ptr<TokenConstraint>> constrain(const ReplyFormat& format,
                                                     const GenerateOptions& options,
                                                     const std::optional<std::string>& request,
                                                     Reply& reply) {
    const bool deciding = format.call != nullptr && !format.call->none.empty();
    const bool tools = options.tools.is_array() && !options.tools.empty();
    // A model that writes nothing but calls has nothing to say without tools: it declines.
    if (!(tools || deciding) || &format != &format_ ||
        !options.constrain_tools.value_or(deciding)) {
      return std::unique_ptr<TokenConstraint>();
    }
    auto constraint = constrain_to(options.tools, request);
    if (constraint || options.constrain_tools) return constraint;
    reply.notices.push_back(constraint.error().what + ": " + constraint.error().why);
    return std::unique_ptr<TokenConstraint>();
  }

  Result<std::unique_ptr<TokenConstraint>> constrain_to(const Json& tools,
                                                        const std::optional<std::string>& request,
                                                        bool must_call = false) {
    if (format_.call == nullptr) {
      return make_error(ErrorKind::usage, model_->name() + " calls no tools");
    }
    if (vocabulary_ == nullptr) {
      CACTUS_TRY(vocabulary,
                 constrain::Vocabulary::create(model_->tokenizer(), *format_.call, stop_ids_));
      vocabulary_ = std::move(vocabulary);
    }
    return constrain::constrain_calls(vocabulary_, tools, request, must_call);
  }

  std::int64_t room(const GenerateOptions& options) const {
    const std::int64_t wanted = options.max_tokens > 0 ? options.max_tokens : kRoomForReply;
    return std::min({wanted, kRoomForReply, generator_.context() / 4});
  }

  // What a greedy call is to be weighed against; unset: nothing.
  std::optional<Declining> declining(const TokenConstraint* constraint,
                                     const GenerateOptions& options,
                                     const SampleSettings& settings) const {
    const bool tools = options.tools.is_array() && !options.tools.empty();
    if (constraint == nullptr || !tools || !settings.greedy() || format_.call->none.empty()) {
      return std::nullopt;
    }
    const Json weight = generation_setting("decline_weight");
    const auto id = model_->tokenizer().token_id(format_.call->none);
    if (!weight.is_number() || !(weight.get<double>() > 0) || !id) return std::nullopt;
    return Declining{*id, weight.get<double>()};
  }

  struct Attempt {
    const Prompt& prompt;
    const ReplyFormat& format;
    const Json& messages;
    const std::optional<std::string>& request;
    const GenerateOptions& options;
    const SampleSettings& settings;
    const PieceSink& sink;
    const std::atomic<bool>* cancel;
  };

  // `messages`: what the prompt was rendered from, or null.
  Result<Reply> generate(const Prompt& prompt, const ReplyFormat& format, const Json& messages,
                         const GenerateOptions& options, const PieceSink& sink,
                         const std::atomic<bool>* cancel) {
    if (prompt.ids.empty()) {
      return make_error(ErrorKind::usage, "the prompt is empty", {}, "some text to continue");
    }
    CACTUS_TRY(settings, sample_settings(options.sample, model_->bundle().manifest().generation));
    const std::optional<std::string> request = request_of(messages);
    Reply reply;
    if (!prompt.notice.empty()) reply.notices.push_back(prompt.notice);
    CACTUS_TRY(constraint, constrain(format, options, request, reply));
    const Reply blank = reply;
    AnswerMeasures measures(probe_.get(), options);
    const auto weighed = declining(constraint.get(), options, settings);
    if (weighed) measures.weigh(*weighed);
    const Attempt attempt{prompt, format, messages, request, options, settings, sink, cancel};
    CACTUS_CHECK(run(attempt, constraint.get(), measures, reply));
    if (!weighed) return reply;
    if (declined_at_once(reply)) {
      return second_thoughts(attempt, *weighed, blank, reply, measures);
    }
    if (reply.finish != FinishReason::tool_calls || measures.margin() >= 0) return reply;
    // Token by token the call won; as a whole its odds are not good enough.
    CACTUS_TRY(nothing, constrain_to(Json(), request));
    Reply declined = blank;
    AnswerMeasures again(probe_.get(), options);
    again.decided_by(measures.margin());
    CACTUS_CHECK(run(attempt, nothing.get(), again, declined));
    return behind(reply, std::move(declined));
  }

  // A reply that declined at once, measured by `declining`, or the likeliest call in its place
  // where the odds of that, as a whole, are good enough.
  Result<Reply> second_thoughts(const Attempt& attempt, const Declining& weighed,
                                const Reply& blank, const Reply& reply, AnswerMeasures& declining) {
    CACTUS_TRY(must_call, constrain_to(attempt.options.tools, attempt.request, true));
    GenerateOptions options = attempt.options;
    options.on_confidence = nullptr;  // it is not this reply that may be given up
    const Attempt calling = with(attempt, attempt.prompt, options, attempt.sink);
    Reply called = blank;
    AnswerMeasures measures(probe_.get(), options);
    measures.weigh(weighed);
    // Where a call cannot be written to its end, declining stands.
    const bool written = run(calling, must_call.get(), measures, called).ok();
    const bool weighed_up = written && called.finish == FinishReason::tool_calls;
    const bool wins = weighed_up && measures.margin() >= 0;
    called = behind(reply, std::move(called));
    if (wins || called.finish == FinishReason::cancelled) return called;
    if (options.observer == nullptr) {
      Reply kept = reply;
      if (weighed_up) declining.decided_by(measures.margin());
      declining.finish(kept);
      kept.timing = called.timing;
      return kept;
    }
    // What an observer saw last is the reply.
    CACTUS_TRY(any, constrain_to(options.tools, attempt.request));
    Reply declined = blank;
    AnswerMeasures again(probe_.get(), options);
    if (weighed_up) again.decided_by(measures.margin());
    CACTUS_CHECK(run(calling, any.get(), again, declined));
    return behind(called, std::move(declined));
  }

  // A reply that took another one before it.
  static Reply behind(const Reply& before, Reply reply) {
    reply.cached_tokens = std::min(reply.cached_tokens, before.cached_tokens);
    reply.timing.first_token_ms += before.timing.prefill_ms + before.timing.decode_ms;
    reply.timing.decode_ms += before.timing.decode_ms + reply.timing.prefill_ms;
    reply.timing.prefill_ms = before.timing.prefill_ms;
    reply.timing.probe_ms += before.timing.probe_ms;
    return reply;
  }

  static bool declined_at_once(const Reply& reply) {
    return reply.finish == FinishReason::stop && reply.output_tokens == 1 &&
           reply.tool_calls.empty() && !reply.lacking;
  }

  static Attempt with(const Attempt& attempt, const Prompt& prompt, const GenerateOptions& options,
                      const PieceSink& sink) {
    return {prompt,           attempt.format, attempt.messages, attempt.request, options,
            attempt.settings, sink,           attempt.cancel};
  }

  // A reply and what is measured of it; a call in doubt is looked at alone as well.
  Status run(const Attempt& attempt, TokenConstraint* constraint, AnswerMeasures& measures,
             Reply& reply) {
    CACTUS_CHECK(write(generator_, attempt, constraint, measures, reply));
    if (reply.finish == FinishReason::tool_calls && measures.in_doubt())
      look_alone(attempt, measures, reply);
    measures.finish(reply);
    return ok_status();
  }

  // What the call that `reply` makes is worth where no tools are offered but those it calls: the
  // others can mislead a model as well as help it.
  void look_alone(const Attempt& attempt, AnswerMeasures& measures, Reply& reply) {
    GenerateOptions options = attempt.options;
    options.tools = called(options.tools, reply.tool_calls);
    if (options.tools.size() == attempt.options.tools.size())
      return measures.looked_alone(measures.odds());
    options.observer = nullptr;
    options.statistics = false;
    AnswerMeasures again(nullptr, options);
    again.weigh(*measures.weighed());
    const auto prompt = fitting_chat_prompt(*model_, attempt.messages, options,
                                            generator_.context() - room(options));
    if (!prompt) return;
    const auto must_call = constrain_to(options.tools, attempt.request, true);
    const PieceSink silent;
    Reply alone;
    if (!alone_) alone_.emplace(model_, options_, exec_);
    const bool written = must_call && write(*alone_, with(attempt, *prompt, options, silent),
                                            must_call->get(), again, alone)
                                          .ok();
    reply.timing.decode_ms += alone.timing.prefill_ms + alone.timing.decode_ms;
    if (alone.finish == FinishReason::cancelled) return;
    const bool whole = written && alone.finish == FinishReason::tool_calls;
    measures.looked_alone(whole ? again.odds() : -std::numeric_limits<double>::infinity());
  }

  // Those of `tools` that `calls` name.
  static Json called(const Json& tools, const Json& calls) {
    Json out = Json::array();
    for (const Json& tool : tools) {
      const Json name = (tool.contains("function") ? tool["function"] : tool).value("name", Json());
      if (std::any_of(calls.begin(), calls.end(), [&](const Json& c) { return c["name"] == name; }))
        out.push_back(tool);
    }
    return out;
  }

  Status write(Generator& generator, const Attempt& attempt, TokenConstraint* constraint,
               AnswerMeasures& measures, Reply& reply) {
    const GenerateOptions& options = attempt.options;
    reply.seed = options.sample.seed ? *options.sample.seed : system_seed();
    Sampler sampler(attempt.settings, reply.seed);
    ReplyBuilder builder(model_->tokenizer(), attempt.format, attempt.prompt.tail, options,
                         attempt.sink, reply);
    const Continuation work{.prompt = attempt.prompt.ids,
                            .stop_ids = stop_ids_,
                            .max_tokens = options.max_tokens,
                            .measures = &measures,
                            .constraint = constraint,
                            .cancel = attempt.cancel};
    CACTUS_CHECK(generator.run(work, sampler, reply, [&](std::int32_t id) {
      builder.add(id);
      return builder.refused()   ? Verdict::stop_asked
             : builder.stopped() ? Verdict::enough
                                 : Verdict::more;
    }));
    builder.finish();
    if (reply.finish == FinishReason::stop && !reply.tool_calls.empty()) {
      reply.finish = FinishReason::tool_calls;
    }
    return ok_status();
  }

  std::shared_ptr<const Model> model_;
  SessionOptions options_;
  kernels::Exec exec_;
  Generator generator_;
  std::optional<Generator> alone_;  // where calls are looked at alone: the conversation stays
  std::shared_ptr<const Probe> probe_;
  std::vector<std::int32_t> stop_ids_;
  const ReplyFormat& format_;
  std::shared_ptr<const constrain::Vocabulary> vocabulary_;  // null: not needed yet
};

}  // namespace

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const Model> model,
                                                 const SessionOptions& options) {
  if (options.table == nullptr) {
    return make_error(ErrorKind::internal, "a session without an instruction set");
  }
  const std::int64_t limit = model->decoder().info().context;
  if (options.context < 0 || options.context > limit) {
    return make_error(ErrorKind::usage,
                      "a context of " + std::to_string(options.context) + " tokens",
                      model->name() + " reads at most " + std::to_string(limit),
                      "--ctx " + std::to_string(limit) + " or less");
  }
  if (options.probe != nullptr) CACTUS_CHECK(options.probe->check(*model, "the probe"));
  const int threads = options.threads > 0 ? options.threads : kernels::default_threads();
  return std::unique_ptr<Session>(
      std::make_unique<LocalSession>(std::move(model), options, threads));
}

}  // namespace cactus
