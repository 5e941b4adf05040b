// An evaluation as one page of HTML: tables and plots, self-contained.
#pragma once
#include <string>

#include "engine/base/json.h"

namespace cactus::cli {

// `report` is what training::evaluate() returns.
std::string probe_report_html(const Json& report, const std::string& title);

}  // namespace cactus::cli
