// An evaluation, and a probe's card, as tables for a terminal.
#pragma once
#include <string>

#include "engine/base/json.h"
#include "engine/probe/probe.h"

namespace cactus::cli {

// `report` is what training::evaluate() returns.
std::string probe_report_text(const Json& report);

std::string probe_card_text(const ProbeCard& card, const std::string& name);

}  // namespace cactus::cli
