// The tools by name.
#pragma once
#include <string>
#include <string_view>

#include "cli/local_tools/tool.h"

namespace cactus::cli {

// OpenAI-style schemas, in the order and with the words the built-in model was trained on.
const Json& local_tool_schemas();
// Those that a cloud model may be offered: what it calls comes back to it, so none that makes
// secrets.
const Json& leaving_tool_schemas();

bool is_local_tool(std::string_view name);

// Runs one. Errors: usage, for a tool or arguments that make no sense, with why and what to try;
// resources, where the system has no time zones or no random numbers. No input ends the process.
Result<ToolAnswer> run_local_tool(std::string_view name, const Json& arguments,
                                  const ToolEnvironment& environment);

// Each tool, called by run_local_tool only.
Result<ToolAnswer> run_calculator(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_convert_unit(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_days_between(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_date_add(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_day_of_week(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_current_time(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_convert_time(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_count_text(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_change_text(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_random_number(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_roll_dice(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_flip_coin(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_pick_one(const Arguments& arguments, const ToolEnvironment&);
Result<ToolAnswer> run_make_password(const Arguments& arguments, const ToolEnvironment&);

}  // namespace cactus::cli
