#include "cli/local_tools/local_tools.h"

#include "cli/local_tools/schemas.h"

namespace cactus::cli {
namespace {

struct Tool {
  std::string_view name;
  Result<ToolAnswer> (*run)(const Arguments&, const ToolEnvironment&);
};

constexpr Tool kTools[] = {
    {"calculator", run_calculator},     {"convert_unit", run_convert_unit},
    {"days_between", run_days_between}, {"date_add", run_date_add},
    {"day_of_week", run_day_of_week},   {"current_time", run_current_time},
    {"convert_time", run_convert_time}, {"count_text", run_count_text},
    {"change_text", run_change_text},   {"random_number", run_random_number},
    {"roll_dice", run_roll_dice},       {"flip_coin", run_flip_coin},
    {"pick_one", run_pick_one},         {"make_password", run_make_password},
};

const Tool* find_tool(std::string_view name) {
  for (const Tool& tool : kTools)
    if (tool.name == name) return &tool;
  return nullptr;
}

}  // namespace

const Json& local_tool_schemas() {
  static const Json schemas = [] {
    auto parsed = parse_json(kToolSchemas, "tools.json", ErrorKind::internal);
    return parsed ? std::move(parsed).value() : Json::array();
  }();
  return schemas;
}

const Json& leaving_tool_schemas() {
  static const Json schemas = [] {
    Json kept = Json::array();
    for (const Json& schema : local_tool_schemas())
      if (schema["function"]["name"] != "make_password") kept.push_back(schema);
    return kept;
  }();
  return schemas;
}

bool is_local_tool(std::string_view name) {
  return find_tool(name) != nullptr;
}

Result<ToolAnswer> run_local_tool(std::string_view name, const Json& arguments,
                                  const ToolEnvironment& environment) {
  const Tool* tool = find_tool(name);
  if (tool == nullptr) {
    std::string list;
    for (const Tool& known : kTools) list += (list.empty() ? "" : ", ") + std::string(known.name);
    return make_error(ErrorKind::usage, "there is no tool " + in_quotes(name),
                      "the tools are " + list);
  }
  return tool->run(Arguments(tool->name, arguments), environment);
}

}  // namespace cactus::cli
