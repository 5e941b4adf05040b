// Installed models as JSON, with stable keys.
#pragma once
#include "engine/base/json.h"
#include "hub/install/plan.h"
#include "hub/store/store.h"

namespace cactus::cli {

Json installed_object(const hub::Store& store, const hub::Installed& installed);
Json plan_object(const hub::Plan& plan);

}  // namespace cactus::cli
