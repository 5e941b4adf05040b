#include "cli/tool_turn.h"

#include "cli/exit_code.h"
#include "cli/local_tools/local_tools.h"
#include "engine/builtin/builtin.h"

namespace cactus::cli {
namespace {

constexpr int kMostRounds = 8;
constexpr std::size_t kMostCalls = 32;

// The calls of one answer and what came of them. A provider gets its own message back as it was:
// it may want more of it than the calls.
Json call_messages(const TurnResult& turn, const std::vector<ToolRun>& runs, std::size_t first) {
  Json calls = Json::array(), results = Json::array();
  const bool theirs = turn.outcome.handed_off;
  for (std::size_t i = first; i < runs.size(); ++i) {
    const Json& call = turn.tool_calls()[i - first];
    const std::string id = theirs ? call.value("id", "") : "call_" + std::to_string(i);
    calls.push_back({{"id", id},
                     {"type", "function"},
                     {"function", {{"name", runs[i].name}, {"arguments", runs[i].arguments}}}});
    Json content = tool_result(runs[i]);
    content.erase("name");
    results.push_back({{"role", "tool"},
                       {"name", runs[i].name},
                       {"tool_call_id", id},
                       {"content", dump_json(content)}});
    if (const Json secret = secrets({runs[i]}); !secret.empty())
      results.back()["withheld"] = secret;
  }
  Json messages = Json::array();
  if (theirs)
    messages.push_back(turn.message());
  else
    messages.push_back({{"role", "assistant"}, {"content", turn.text()}, {"tool_calls", calls}});
  for (Json& result : results) messages.push_back(std::move(result));
  return messages;
}

std::string sentences(const std::vector<ToolRun>& runs) {
  std::string text;
  for (const ToolRun& run : runs)
    if (run.answer) text += (text.empty() ? "" : "\n") + run.answer->sentence;
  return text;
}

// A model that only calls was trained on single requests: it reads the last question alone.
Json last_question(const Json& messages) {
  for (auto it = messages.rbegin(); it != messages.rend(); ++it)
    if ((*it)["role"] == "user") return Json::array({*it});
  return messages;
}

}  // namespace

ToolMode tool_mode(const OpenSession& model, bool asked, GenerateOptions& options) {
  ToolMode mode;
  mode.calls_only = model.name == kBuiltinName;
  const bool own = options.tools.is_array() && !options.tools.empty();
  mode.local = !own && (asked || mode.calls_only);
  if (mode.local) options.tools = local_tool_schemas();
  return mode;
}

void apply_round(const ToolRound& round, TurnRequest& request) {
  request.local_messages = round.local_messages;
  request.empty_declines = round.empty_declines;
  if (round.cloud_goes_on) request.policy.mode = HandoffMode::always;
  if (round.local_tools) request.cloud_tools = leaving_tool_schemas();
}

Result<ToolTurn> run_with_tools(const Json& messages, const ToolMode& mode,
                                const ToolEnvironment& environment, const TurnFunction& turn,
                                const RunObserver& observer) {
  ToolTurn result;
  result.history = Json::array();
  Json conversation = messages;
  const Json local = mode.calls_only ? last_question(messages) : Json();
  double total_ms = 0;
  for (int round = 0;; ++round) {
    const bool cloud_goes_on = round > 0 && result.turn.outcome.handed_off;
    CACTUS_TRY(answered, turn({conversation, local, mode.calls_only, cloud_goes_on, mode.local}));
    total_ms += answered.total_ms;
    result.turn = std::move(answered);
    const Reply& reply = result.turn.reply;
    const bool cancelled =
        reply.finish == FinishReason::cancelled || result.turn.outcome.unanswered;
    const Json& calls = result.turn.tool_calls();
    if (!mode.local || cancelled || calls.empty()) break;
    if (round == kMostRounds || result.runs.size() + calls.size() > kMostCalls) {
      result.turn.reply.notices.push_back("the model went on calling tools, and was stopped");
      break;
    }
    const std::size_t first = result.runs.size();
    for (const Json& call : calls) {
      const std::string name = call["name"].get<std::string>();
      result.runs.push_back(
          {name, call["arguments"], run_local_tool(name, call["arguments"], environment)});
      observer(result.runs.back());
    }
    if (mode.calls_only && !result.turn.outcome.handed_off) break;
    for (Json& message : call_messages(result.turn, result.runs, first)) {
      conversation.push_back(message);
      result.history.push_back(std::move(message));
    }
  }
  result.turn.total_ms = total_ms;
  if (!mode.calls_only || result.turn.outcome.handed_off || result.turn.outcome.unanswered ||
      result.turn.reply.finish == FinishReason::cancelled)
    return result;
  Reply& reply = result.turn.reply;
  result.declined = reply.tool_calls.empty() && reply.text.empty();
  if (!mode.local || !reply.text.empty()) return result;
  reply.text = result.declined ? decline_text(reply) : sentences(result.runs);
  result.in_words = !reply.text.empty();
  return result;
}

bool ToolTurn::has_answer(const ToolMode& mode) const {
  return !mode.calls_only || !turn.text().empty() || (!mode.local && !turn.tool_calls().empty());
}

Json secrets(const std::vector<ToolRun>& runs) {
  Json values = Json::array();
  for (const ToolRun& run : runs)
    if (run.answer && !run.answer->secret.empty()) values.push_back(run.answer->secret);
  return values;
}

Json tool_result(const ToolRun& run) {
  Json object = {{"name", run.name}};
  if (run.answer) {
    object["result"] = run.answer->value;
    object["text"] = run.answer->sentence;
    return object;
  }
  const Error& error = run.answer.error();
  object["error"] = {{"code", error_name(error.kind)},
                     {"message", error.what},
                     {"why", error.why},
                     {"hint", error.fix}};
  return object;
}

void add_tool_results(Json& object, const ToolTurn& turn, const ToolMode& mode) {
  if (!turn.runs.empty()) {
    object["tool_calls"] = Json::array();
    object["tool_results"] = Json::array();
    for (const ToolRun& run : turn.runs) {
      object["tool_calls"].push_back({{"name", run.name}, {"arguments", run.arguments}});
      object["tool_results"].push_back(tool_result(run));
      if (!run.answer && mode.calls_only) object["success"] = false;
    }
  }
  if (!turn.declined) return;
  object["finish_reason"] = "refused";
  object["decline_reason"] = decline_reason(turn.turn.reply);
  if (const auto& lacking = turn.turn.reply.lacking)
    object["lacking"] = {{"name", lacking->tool}, {"argument", lacking->parameter}};
}

int tool_exit_code(const ToolTurn& turn, const ToolMode& mode) {
  if (!mode.calls_only || turn.turn.outcome.handed_off) return kOk;
  for (const ToolRun& run : turn.runs)
    if (!run.answer) return exit_code(run.answer.error().kind);
  return kOk;
}

std::string decline_reason(const Reply& reply) {
  if (!reply.lacking) return "none of the tools offered does that";
  return reply.lacking->tool + " needs '" + reply.lacking->parameter + "', which was not said";
}

std::string decline_text(const Reply& reply) {
  if (reply.lacking) {
    return "I would call " + reply.lacking->tool + " for that, but its argument '" +
           reply.lacking->parameter + "' was not said.\nAsk again with everything in one sentence.";
  }
  return "None of my tools can do that. I am the small model inside cactus, and I work offline:\n"
         "  arithmetic          18% of 249.90\n"
         "  units               5 miles to km\n"
         "  dates               how many days until 1 March\n"
         "  time zones          what time is it in Tokyo\n"
         "  texts               count the words in \"…\"\n"
         "  chance              roll 2 dice, a password of 20 characters\n"
         "For everything else install a model that chats:  cactus run google/gemma-4-E2B-it\n"
         "or let a cloud model answer what I cannot:       cactus auth";
}

}  // namespace cactus::cli
