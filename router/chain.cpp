#include "router/chain.h"

#include <algorithm>
#include <random>
#include <thread>

#include "router/providers/conversation.h"
#include "router/retry.h"

namespace cactus {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

bool is_set(const std::atomic<bool>* cancel) {
  return cancel != nullptr && cancel->load();
}

// False when cancelled meanwhile.
bool sleep_for(milliseconds time, const std::atomic<bool>* cancel) {
  const Clock::time_point end = Clock::now() + time;
  while (Clock::now() < end) {
    if (is_set(cancel)) return false;
    std::this_thread::sleep_for(std::min<Clock::duration>(milliseconds(50), end - Clock::now()));
  }
  return !is_set(cancel);
}

std::string seconds_text(milliseconds time) {
  return std::to_string((time.count() + 999) / 1000) + " s";
}

std::string system_of(const Json& messages) {
  std::string text;
  for (const Json& message : messages)
    if (message.value("role", "") == "system" && message["content"].is_string())
      text += (text.empty() ? "" : "\n\n") + message["content"].get<std::string>();
  return text;
}

double system_chance() {
  std::random_device device;
  return static_cast<double>(device() % 1024u) / 1024.0;
}

// A place in the text of a request that is no text of a person: the bytes of an attachment.
void abbreviate(std::string& body, const Attachment& attachment) {
  const std::string encoded = providers::base64(attachment.bytes);
  const std::string size =
      "<" + std::to_string(attachment.bytes.size()) + " bytes of " + attachment.media_type + ">";
  if (encoded.empty()) return;
  for (std::size_t at = body.find(encoded); at != std::string::npos;
       at = body.find(encoded, at + size.size()))
    body.replace(at, encoded.size(), size);
}

// The worst case of a request's input: a token is at least a byte of its text; of an attachment the
// bytes say nothing, so the provider's bound counts.
std::int64_t most_input(const Provider& provider, const CloudRequest& request,
                        const std::string& body) {
  constexpr std::int64_t kAround = 256;  // what stands around an attachment
  const auto all = static_cast<std::int64_t>(body.size());
  if (request.attachments.empty()) return all;
  CloudRequest text = request;
  text.attachments.clear();
  const auto plain = provider.body(text);
  if (!plain) return all;
  auto most = static_cast<std::int64_t>(plain->size());
  for (const Attachment& attachment : request.attachments)
    most += provider.most_tokens(attachment) + kAround;
  return most;
}

// What arrives, passed on and kept.
class Relay : public CloudEvents {
 public:
  Relay(HandoffEvents& events, std::string& text) : events_(events), text_(text) {}
  bool on_text(std::string_view piece) override {
    text_ += piece;
    return events_.on_text(piece);
  }
  bool on_thought(std::string_view piece) override { return events_.on_thought(piece); }
  void on_tool_call(const Json& call) override { events_.on_tool_call(call); }
  void on_usage(const CloudUsage& usage) override { events_.on_usage(usage); }

 private:
  HandoffEvents& events_;
  std::string& text_;
};

}  // namespace

std::string Target::text() const {
  return std::string(provider->name()) + "/" + model;
}

// One turn on its way along the targets.
struct Chain::Asking {
  const HandoffQuestion& question;
  HandoffEvents& events;
  const std::atomic<bool>* cancel;
  Outgoing out;
  std::vector<const Attachment*> own;  // of the question itself
  Clock::time_point deadline;          // of the first output
  HandoffAnswer answer = {};
  bool stop = false;  // nobody else is asked
  bool sent = false;
  std::string why = {};  // the next request goes out

  milliseconds left() const {
    return std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
  }
  // No answer from `target`, and why.
  void note(const Target& target, HandoffFailure failure, std::string reason) {
    answer.why += (answer.why.empty() ? "" : "; ") + target.text() + ": " + reason;
    if (!sent || failure == HandoffFailure::cancelled) answer.failure = failure;
    why = std::move(reason);
  }
  void skip(const Target& target, HandoffFailure failure, const std::string& reason) {
    answer.attempts.push_back({std::string(target.provider->name()), target.model, reason});
    note(target, failure, reason);
  }
};

Chain::Chain(ChainOptions options, Budget& budget, Breaker& breaker)
    : options_(std::move(options)), budget_(budget), breaker_(breaker) {}

std::string Chain::budget_obstacle() const {
  const auto spent = budget_.spent();
  if (!spent) return spent.error().what;
  const SpendCaps& caps = budget_.caps();
  const auto money = [](const char* whose, const std::optional<NanoDollars>& cap,
                        NanoDollars used) {
    if (!cap || used < *cap) return std::string();
    return std::string(whose) + " budget of " + format_dollars(*cap) + " is used up";
  };
  const auto count = [](const char* whose, const std::optional<std::int64_t>& cap, const char* unit,
                        std::int64_t used) {
    if (!cap || used < *cap) return std::string();
    return std::string(whose) + " limit of " + std::to_string(*cap) + " " + unit + " is used up";
  };
  for (const std::string& obstacle :
       {money("the day's", caps.day_money, spent->day_money),
        money("the month's", caps.month_money, spent->month_money),
        count("the day's", caps.day_tokens, "tokens", spent->day_tokens),
        count("the month's", caps.month_tokens, "tokens", spent->month_tokens),
        count("the day's", caps.day_requests, "requests", spent->day_requests)})
    if (!obstacle.empty()) return obstacle;
  return {};
}

std::string Chain::obstacle() {
  if (options_.targets.empty() && options_.by_task.empty()) return "no provider is set up";
  if (std::string obstacle = budget_obstacle(); !obstacle.empty()) return obstacle;
  milliseconds shortest = milliseconds::max();
  const auto look = [&](const Target& target) {
    const BreakerState state = breaker_.state(Breaker::key(*target.provider));
    shortest = std::min(shortest, breaker::off_for(state, WallClock::now()));
  };
  for (const Target& target : options_.targets) look(target);
  for (const auto& [kind, target] : options_.by_task) look(target);
  if (shortest.count() <= 0) return {};
  return "after several failures no provider is asked for another " + seconds_text(shortest);
}

HandoffAnswer Chain::ask(const HandoffQuestion& question, HandoffEvents& events,
                         const std::atomic<bool>* cancel) {
  const Clock::time_point begin = Clock::now();
  auto out = outgoing(question.messages, question.tools, options_.redactor);
  if (!out) {
    HandoffAnswer answer;
    answer.failure = HandoffFailure::unavailable;
    answer.why = out.error().what;
    return answer;
  }
  Asking asking{question, events, cancel, std::move(*out), {}, begin + options_.timeout};
  asking.why = question.reason;
  asking.answer.redactions = asking.out.redactions;
  for (const Json& message : asking.out.messages)
    if (question.attachments != nullptr && message.value("role", "") == "user")
      asking.own = attachments_of(message, *question.attachments);
  if (!may_leave(asking, asking.answer)) return std::move(asking.answer);
  std::vector<const Target*> order;
  const auto special = options_.by_task.find(task_kind(question.messages, question.tools));
  if (special != options_.by_task.end()) order.push_back(&special->second);
  for (const Target& target : options_.targets)
    if (order.empty() || target.text() != order.front()->text()) order.push_back(&target);
  for (const Target* target : order) {
    if (asking.stop) break;
    ask_target(*target, asking);
  }
  asking.answer.ms = ms_since(begin);
  return std::move(asking.answer);
}

// Whether the user lets out what belongs to the question.
bool Chain::may_leave(const Asking& asking, HandoffAnswer& answer) const {
  for (const Attachment* attachment : asking.own) {
    if (options_.modalities.has(attachment->kind)) continue;
    const bool image = attachment->kind == Attachment::Kind::image;
    answer.failure = HandoffFailure::unavailable;
    answer.why = std::string(image ? "images" : "sounds") +
                 " stay on this machine unless handoff.modalities allows them";
    answer.fix = std::string("cactus config set handoff.modalities ") +
                 (image ? "text,image" : "text,audio");
    return false;
  }
  return true;
}

CloudRequest Chain::request_for(const Target& target, Asking& asking) const {
  CloudRequest request;
  request.model = target.model;
  request.system = system_of(asking.out.messages);
  for (const Json& message : asking.out.messages) {
    if (message.value("role", "") == "system") continue;
    const std::size_t place = request.messages.size();
    request.messages.push_back(message);
    request.messages.back().erase("attachments");
    if (asking.question.attachments == nullptr) continue;
    for (const Attachment* attachment : attachments_of(message, *asking.question.attachments)) {
      if (!options_.modalities.has(attachment->kind)) continue;
      request.attachments.push_back(*attachment);
      request.attachments.back().message = place;
    }
  }
  request.tools = asking.out.tools;
  request.max_output_tokens = options_.max_output_tokens;
  if (target.max_output_tokens > 0) request.max_output_tokens = target.max_output_tokens;
  if (asking.question.max_output_tokens > 0)
    request.max_output_tokens = asking.question.max_output_tokens;
  request.extra_body = target.extra_body;
  request.headers = target.headers;
  return request;
}

// Everything that needs no request, first what costs nothing.
void Chain::ask_target(const Target& target, Asking& asking) {
  const BreakerState state = breaker_.state(Breaker::key(*target.provider));
  const milliseconds off = breaker::off_for(state, WallClock::now());
  if (off.count() > 0) {
    asking.skip(target, HandoffFailure::unavailable,
                "left alone for another " + seconds_text(off) + " after several failures" +
                    (state.reason.empty() ? "" : " (" + state.reason + ")"));
    return;
  }
  if (asking.left() <= milliseconds(0)) {
    asking.skip(target, HandoffFailure::provider, "no time was left to ask");
    asking.stop = true;
    return;
  }
  for (const Attachment* attachment : asking.own) {
    const std::string refusal = target.provider->refusal(*attachment);
    if (refusal.empty()) continue;
    asking.skip(target, HandoffFailure::unavailable,
                std::string(target.provider->name()) + " " + refusal + " (" +
                    shown_name(*attachment) + ")");
    return;
  }
  CloudRequest request = request_for(target, asking);
  const auto body = target.provider->body(request);
  if (!body) {
    asking.skip(target, HandoffFailure::unavailable, body.error().what);
    return;
  }
  const auto key = options_.key(target.provider->name());
  if (!key) {
    asking.skip(target, HandoffFailure::unavailable, key.error().what);
    return;
  }
  SpendPlan plan{std::string(target.provider->name()), target.model,
                 most_input(*target.provider, request, *body), request.max_output_tokens};
  for (const Attachment& attachment : request.attachments)
    plan.audio = plan.audio || attachment.kind == Attachment::Kind::audio;
  if (permitted(target, request, *body, plan, asking)) send(target, request, plan, *key, asking);
}

bool Chain::permitted(const Target& target, const CloudRequest& request, const std::string& body,
                      const SpendPlan& plan, Asking& asking) {
  if (!options_.confirm) return true;
  Preview preview;
  preview.target = target.text();
  preview.base_url = target.provider->base_url();
  preview.reason = asking.why;
  preview.body = body;
  for (const Attachment& attachment : request.attachments) {
    abbreviate(preview.body, attachment);
    preview.attachments.push_back(shown_name(attachment) + " (" + attachment.media_type + ", " +
                                  std::to_string(attachment.bytes.size()) + " bytes)");
  }
  preview.messages = asking.out.messages.size();
  preview.redactions = asking.out.redactions;
  preview.worst_cost =
      budget_.price_of(plan.provider, plan.model, plan.input_tokens, plan.output_tokens);
  const Clock::time_point begin = Clock::now();
  const Permission permission = options_.confirm(preview);
  asking.deadline += Clock::now() - begin;  // the user's time is not the provider's
  if (permission == Permission::yes) return true;
  asking.stop = true;
  asking.answer.failure =
      permission == Permission::no ? HandoffFailure::declined : HandoffFailure::cancelled;
  asking.answer.why = "not sent";
  return false;
}

// One request, and once more where that may help.
void Chain::send(const Target& target, CloudRequest& request, SpendPlan plan, const Secret& key,
                 Asking& asking) {
  const std::string endpoint = Breaker::key(*target.provider);
  HandoffAnswer& answer = asking.answer;
  for (int attempt = 1;; ++attempt) {
    auto reservation = budget_.reserve(plan);
    if (!reservation) {
      asking.skip(target, HandoffFailure::budget, reservation.error().what);
      return;
    }
    asking.events.on_request(target.text(), asking.why);
    asking.sent = true;
    answer.text.clear();
    Relay relay(asking.events, answer.text);
    CloudDeadlines deadlines;
    deadlines.first_output = std::max(asking.left(), milliseconds(1));
    deadlines.idle = options_.timeout;
    deadlines.total = options_.total;
    const Clock::time_point begin = Clock::now();
    CloudResult result = target.provider->send(request, key, relay, asking.cancel, deadlines);
    Attempt done{std::string(target.provider->name()), target.model};
    done.ms = ms_since(begin);
    done.request = reservation->id();
    // A ledger that cannot be written now counts the request later, at its worst case.
    if (const auto cost = budget_.close(*reservation, result)) done.cost = *cost;
    if (result) {
      breaker_.answered(endpoint);
      if (result->usage) done.usage = *result->usage;
      answer.attempts.push_back(std::move(done));
      answer.provider = target.provider->name();
      answer.model = target.model;
      answer.base_url = target.provider->base_url();
      answer.failure = HandoffFailure::none;
      answer.why.clear();
      answer.reply = std::move(*result);
      if (answer.attachment_refused)
        answer.reply->notices.push_back(
            "the provider refused an attachment of this conversation; it is not sent again");
      asking.stop = true;
      return;
    }
    const CloudError& error = result.error();
    if (error.usage) done.usage = *error.usage;
    done.failure = error.message;
    answer.attempts.push_back(std::move(done));
    if (error.kind == CloudErrorKind::cancelled) {
      answer.failure = HandoffFailure::cancelled;
      answer.why = "interrupted";
      asking.stop = true;
      return;
    }
    answer.failure = HandoffFailure::provider;
    if (breaker::counts(error.kind)) breaker_.failed(endpoint, error, WallClock::now());
    // Without what belongs to the question there would be nothing to ask.
    const bool spare = !request.attachments.empty() && asking.own.empty();
    const RetryDecision retry =
        decide_retry({.error = error,
                      .attempt = attempt,
                      .left = asking.left(),
                      .has_attachments = spare,
                      .chance = options_.chance ? options_.chance() : system_chance()});
    if (retry.again) {
      asking.why = error.message + "; once more";
      if (retry.without_attachments) {
        request.attachments.clear();
        plan.audio = false;
        if (const auto body = target.provider->body(request))
          plan.input_tokens = most_input(*target.provider, request, *body);
        answer.attachment_refused = true;
        asking.why += ", without attachments";
      }
      if (options_.wait ? options_.wait(retry.wait, asking.cancel)
                        : sleep_for(retry.wait, asking.cancel))
        continue;
      answer.failure = HandoffFailure::cancelled;
      answer.why = "interrupted";
      asking.stop = true;
      return;
    }
    asking.note(target, HandoffFailure::provider, error.message);
    // An answer that had begun was shown: nobody else begins it again unasked. And a refusal is an
    // answer that another provider must not be tried for.
    asking.stop = error.output_began || error.kind == CloudErrorKind::refused;
    return;
  }
}

std::optional<NanoDollars> Chain::would_cost(std::int64_t input_tokens,
                                             std::int64_t output_tokens) const {
  if (options_.targets.empty()) return std::nullopt;
  const Target& first = options_.targets.front();
  return budget_.price_of(first.provider->name(), first.model, input_tokens, output_tokens);
}

std::vector<std::string> Chain::targets() const {
  std::vector<std::string> names;
  for (const Target& target : options_.targets) names.push_back(target.text());
  return names;
}

void Chain::set_confirm(std::function<Permission(const Preview&)> confirm) {
  options_.confirm = std::move(confirm);
}

}  // namespace cactus
