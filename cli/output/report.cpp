#include "cli/output/report.h"

#include <cmath>
#include <cstdio>

#include "cli/exit_code.h"
#include "cli/render/format.h"

namespace cactus::cli {
namespace {

double per_second(std::int64_t count, double ms) {
  return ms > 0 ? static_cast<double>(count) * 1000.0 / ms : 0.0;
}

double rounded(double value) {
  return std::round(value * 1000.0) / 1000.0;
}

// The first token comes out of the prefill.
std::int64_t decoded(const Reply& reply) {
  return reply.output_tokens > 0 ? reply.output_tokens - 1 : 0;
}
std::int64_t prefilled(const Reply& reply) {
  return reply.prompt_tokens - reply.cached_tokens;
}

std::string route_name(const TurnResult& turn) {
  const HandoffAnswer& cloud = turn.outcome.cloud;
  if (turn.outcome.unanswered) return "no answer";
  std::string text =
      turn.outcome.handed_off ? "cloud " + cloud.provider + "/" + cloud.model : "local";
  if (turn.reply.confidence) {
    char number[32];
    std::snprintf(number, sizeof number, turn.outcome.handed_off ? " (%.2f)" : " %.2f",
                  *turn.reply.confidence);
    text += number;
  }
  return text;
}

Json tokens(const CloudUsage& usage) {
  return {{"input", usage.input}, {"output", usage.output}, {"cached", usage.cached}};
}

// What the hand-off adds to the object; null where there was none.
void add_cloud(Json& object, const Outcome& outcome) {
  const HandoffAnswer& cloud = outcome.cloud;
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json() : Json(text);
  };
  object["threshold"] = outcome.threshold;
  object["reason"] = outcome.reason;
  if (outcome.failure != HandoffFailure::none) {
    object["handoff_error"] = outcome.failure_text;
    object["handoff_failure"] = failure_name(outcome.failure);
  }
  object["provider"] = text_or_null(cloud.provider);
  object["provider_model"] = text_or_null(cloud.model);
  object["provider_request_id"] = text_or_null(cloud.reply ? cloud.reply->request_id : "");
  object["cloud_usage"] = cloud.reply && cloud.reply->usage ? tokens(*cloud.reply->usage) : Json();
  const auto cost = outcome.cost();
  object["cost"] = cost ? Json(static_cast<double>(*cost) / kDollar) : Json();
  object["attempts"] = Json::array();
  for (const Attempt& attempt : cloud.attempts)
    object["attempts"].push_back({{"target", attempt.provider + "/" + attempt.model},
                                  {"error", text_or_null(attempt.failure)},
                                  {"ms", rounded(attempt.ms)}});
}

}  // namespace

std::string_view finish_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::cancelled:
      return "cancelled";
  }
  return "error";
}

std::string_view failure_name(HandoffFailure failure) {
  switch (failure) {
    case HandoffFailure::none:
      return "";
    case HandoffFailure::unavailable:
      return "unavailable";
    case HandoffFailure::declined:
      return "declined";
    case HandoffFailure::budget:
      return "budget";
    case HandoffFailure::provider:
      return "provider";
    case HandoffFailure::cancelled:
      return "cancelled";
  }
  return "";
}

Json turn_object(const OpenSession& model, const TurnResult& turn,
                 const std::vector<std::string>& warnings) {
  const Reply& reply = turn.reply;
  const Outcome& outcome = turn.outcome;
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json() : Json(text);
  };
  Json object;
  object["v"] = 1;
  object["success"] = !outcome.unanswered && turn.finish() != FinishReason::cancelled &&
                      outcome.failure != HandoffFailure::cancelled;
  object["model"] = model.name;
  object["revision"] = text_or_null(model.revision);
  object["variant"] = model.variant;
  object["response"] = turn.text();
  if (!reply.thought.empty()) object["thought"] = reply.thought;
  object["finish_reason"] = outcome.unanswered ? "refused" : finish_name(turn.finish());
  object["cloud_handoff"] = outcome.handed_off;
  object["confidence"] = reply.confidence ? Json(*reply.confidence) : Json();
  object["confidence_source"] = text_or_null(reply.confidence_source);
  add_cloud(object, outcome);
  object["usage"] = {{"input", reply.prompt_tokens},
                     {"output", reply.output_tokens},
                     {"cached", reply.cached_tokens}};
  const ReplyTiming& timing = reply.timing;
  object["timing"] = {{"load_ms", rounded(model.load_ms)},
                      {"prefill_ms", rounded(timing.prefill_ms)},
                      {"ttft_ms", rounded(timing.first_token_ms)},
                      {"decode_ms", rounded(timing.decode_ms)},
                      {"probe_ms", rounded(timing.probe_ms)},
                      {"cloud_ms", rounded(outcome.cloud.ms)},
                      {"total_ms", rounded(turn.total_ms)},
                      {"prefill_tps", rounded(per_second(prefilled(reply), timing.prefill_ms))},
                      {"decode_tps", rounded(per_second(decoded(reply), timing.decode_ms))}};
  object["memory_peak_bytes"] = peak_memory();
  object["seed"] = reply.seed;
  object["tool_calls"] = turn.tool_calls().is_array() ? turn.tool_calls() : Json::array();
  object["warnings"] = warnings;
  for (const std::string& notice : turn.notices()) object["warnings"].push_back(notice);
  return object;
}

Error unanswered_error(const OpenSession& model, const TurnResult& turn) {
  const Outcome& outcome = turn.outcome;
  const bool failed = outcome.failure == HandoffFailure::provider;
  Error error = make_error(failed ? ErrorKind::network : ErrorKind::policy,
                           "no answer: " + outcome.reason, outcome.failure_text, outcome.cloud.fix);
  if (const std::size_t at = error.what.find("the local model"); at != std::string::npos)
    error.what.replace(at, 15, model.name);
  return error;
}

Json error_object(const Error& error) {
  Json object;
  object["v"] = 1;
  object["success"] = false;
  object["response"] = nullptr;
  object["finish_reason"] = error.kind == ErrorKind::cancelled ? "cancelled" : "error";
  object["cloud_handoff"] = false;
  object["confidence"] = nullptr;
  object["error"] = {{"code", error_name(error.kind)},
                     {"exit_code", static_cast<int>(exit_code(error.kind))},
                     {"message", error.what},
                     {"why", error.why},
                     {"hint", error.fix}};
  return object;
}

std::string stats_line(const TurnResult& turn) {
  const Reply& reply = turn.reply;
  std::string line = "prefill " + std::to_string(prefilled(reply)) + " tok";
  if (reply.timing.prefill_ms > 0)
    line += " @ " + format_rate(per_second(prefilled(reply), reply.timing.prefill_ms)) + "/s";
  if (reply.cached_tokens > 0) line += " (+" + std::to_string(reply.cached_tokens) + " cached)";
  line += " · first token " + format_seconds(reply.timing.first_token_ms / 1000.0);
  line += " · decode " + std::to_string(reply.output_tokens) + " tok";
  if (decoded(reply) > 0 && reply.timing.decode_ms > 0)
    line += " @ " + format_rate(per_second(decoded(reply), reply.timing.decode_ms)) + "/s";
  line += " · peak " + format_bytes(static_cast<double>(peak_memory()));
  return line + " · route " + route_name(turn);
}

std::string route_line(const TurnResult& turn) {
  std::string line = route_name(turn);
  const HandoffAnswer& cloud = turn.outcome.cloud;
  if (turn.outcome.handed_off) {
    line += " · " + format_seconds(turn.total_ms / 1000.0);
    if (cloud.reply && cloud.reply->usage)
      line += " · " + std::to_string(cloud.reply->usage->input) + "→" +
              std::to_string(cloud.reply->usage->output) + " tok";
    if (const auto cost = turn.outcome.cost()) line += " · " + format_dollars(*cost);
    return line;
  }
  if (decoded(turn.reply) > 0 && turn.reply.timing.decode_ms > 0)
    line += " · " + format_rate(per_second(decoded(turn.reply), turn.reply.timing.decode_ms)) +
            " tok/s";
  return line + " · " + format_seconds(turn.total_ms / 1000.0);
}

}  // namespace cactus::cli
