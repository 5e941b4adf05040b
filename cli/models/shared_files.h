// Files of published bundles, which lie in the Hugging Face cache and may serve other programs.
#pragma once
#include "cli/models/hub.h"

namespace cactus::cli {

// After an install of published weights has gone: takes its files out of the cache, those that no
// other install and no other snapshot there uses. Nothing for converted bundles.
Status remove_shared_files(Context& context, const hub::Store& store, const hub::Installed& gone);

}  // namespace cactus::cli
