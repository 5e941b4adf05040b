#include "cli/output/explain.h"

#include "cli/render/format.h"

namespace cactus::cli {
namespace {

std::string source_of(const Reply& reply) {
  if (reply.confidence_source == "probe") return "by the probe";
  if (reply.confidence_source == "logprob")
    return "by log-probabilities: exp of their mean, not a calibrated probability";
  return "by " + reply.confidence_source;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string attempt_line(const Attempt& attempt) {
  const std::string target = attempt.provider + "/" + attempt.model;
  if (attempt.request == 0) return "not asked: " + target + ": " + attempt.failure;
  std::string line = "asked: " + target + ", " + format_seconds(attempt.ms / 1000) + ": " +
                     (attempt.failure.empty() ? "answered" : attempt.failure);
  if (attempt.usage.input > 0 || attempt.usage.output > 0)
    line += ", " + std::to_string(attempt.usage.input) + "→" +
            std::to_string(attempt.usage.output) +
            (attempt.usage.whole ? " tok" : " tok or more");
  if (attempt.cost) line += ", " + format_dollars(*attempt.cost);
  return line;
}

}  // namespace

std::string explain(const TurnResult& turn, const Policy& policy) {
  const Outcome& outcome = turn.outcome;
  std::string text = "answer: ";
  text += outcome.handed_off   ? "cloud, " + outcome.cloud.provider + "/" + outcome.cloud.model
          : outcome.unanswered ? std::string("none")
                               : std::string("local");
  text += "\nreason: " + outcome.reason;
  if (turn.reply.confidence) {
    text += "\nconfidence: " + number(*turn.reply.confidence) + " " + source_of(turn.reply) +
            "\nrule: hand off when the confidence (1 - p_wrong) is below the threshold, " +
            number(outcome.threshold) + "; mode " + std::string(mode_name(policy.mode));
  } else if (outcome.code != "unseen" &&
             (!outcome.handed_off || policy.mode != HandoffMode::always)) {
    text += "\nconfidence: not measured (no probe for this model)";
  }
  for (const Attempt& attempt : outcome.cloud.attempts) text += "\n" + attempt_line(attempt);
  if (outcome.failure != HandoffFailure::none)
    text += (outcome.unanswered ? "\nnot sent or not answered: " : "\nkept local: ") +
            outcome.failure_text;
  if (outcome.cloud.redactions > 0)
    text += "\ntaken out before sending: " + std::to_string(outcome.cloud.redactions) +
            (outcome.cloud.redactions == 1 ? " place" : " places");
  if (const auto cost = outcome.cost()) text += "\ncost: " + format_dollars(*cost);
  return text;
}

}  // namespace cactus::cli
