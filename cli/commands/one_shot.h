// One prompt, one answer, in the format asked for.
#pragma once
#include "cli/context.h"
#include "cli/output/text_sink.h"
#include "cli/routing.h"
#include "cli/tool_turn.h"

namespace cactus::cli {

struct OneShot {
  Json messages = Json::array();
  Attachments attachments;  // that messages name
  GenerateOptions generate;
  Format format = Format::text;
  TextSinkOptions text;
  bool stats = false;
  Routing routing;
  ToolMode tools;
};

// The exit code: 0, also when the reader closed the pipe; 130, 129 or 143 when a signal ended it;
// that of the tool that failed, when results of tools are the answer; 5 when --cloud brought no
// answer; 8 when --require-local would have needed another one.
Result<int> run_one_shot(Terminal& terminal, OpenSession& model, OneShot& shot);

}  // namespace cactus::cli
