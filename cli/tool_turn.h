// A turn in which the model may call the local tools: it calls, cactus runs, and either the results
// are the answer (the built-in model, which writes no text) or the model reads them and answers.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/local_tools/tool.h"
#include "cli/services.h"
#include "router/turn.h"

namespace cactus::cli {

struct ToolMode {
  bool local = false;       // cactus runs the calls; else they are the answer
  bool calls_only = false;  // the model only ever calls: the built-in one
};

// One call that was run.
struct ToolRun {
  std::string name;
  Json arguments;
  Result<ToolAnswer> answer;
};

struct ToolTurn {
  TurnResult turn;            // the last one; of a model that only calls, text() is in words
  std::vector<ToolRun> runs;  // in order
  Json history;               // what was said between the question and the answer, for a model
  bool in_words = false;      // the answer is what the tools say (or the decline), not streamed yet
  bool declined = false;      // no tool served, and nobody else answered
  // Whether there is anything for standard output.
  bool has_answer(const ToolMode& mode) const;
};

// How a model uses tools. `asked`: --local-tools or the setting. With local tools their schemas
// become those of `options`; tools of the user's own (options.tools) go before them.
ToolMode tool_mode(const OpenSession& model, bool asked, GenerateOptions& options);

// One request to the model. The caller adds how to generate and to route.
struct ToolRound {
  const Json& messages;         // all that was said, for the cloud and for models that converse
  const Json& local_messages;   // TurnRequest::local_messages
  bool empty_declines = false;  // TurnRequest::empty_declines
  bool cloud_goes_on = false;  // the cloud called the tools, so it is the one to read their results
  bool local_tools = false;    // ToolMode::local
};
// Puts a round into a request.
void apply_round(const ToolRound& round, TurnRequest& request);
using TurnFunction = std::function<Result<TurnResult>(const ToolRound& round)>;
using RunObserver = std::function<void(const ToolRun&)>;

// At most eight rounds of calls and 32 calls in all; beyond them the model's last words stand, with
// a notice. Errors as the turn's; a tool that fails is no error here.
Result<ToolTurn> run_with_tools(const Json& messages, const ToolMode& mode,
                                const ToolEnvironment& environment, const TurnFunction& turn,
                                const RunObserver& observer);

// What the tools made and must never leave: "withheld" of the messages it stands in (privacy.h).
Json secrets(const std::vector<ToolRun>& runs);
// [{"name", "result"}] or [{"name", "error": {…}}], as --json and the event tool_result show it.
Json tool_result(const ToolRun& run);
// Puts calls, results and a decline into the object of --json.
void add_tool_results(Json& object, const ToolTurn& turn, const ToolMode& mode);
// 0, or the exit code of the first tool that failed when the results are the answer.
int tool_exit_code(const ToolTurn& turn, const ToolMode& mode);

// What the built-in model says when it called none of its tools, and in one line why.
std::string decline_text(const Reply& reply);
std::string decline_reason(const Reply& reply);

}  // namespace cactus::cli
