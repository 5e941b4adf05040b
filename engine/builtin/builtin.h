// The bundle that was linked into this program.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "engine/base/result.h"
#include "engine/weights/bundle.h"

namespace cactus {

inline constexpr std::string_view kBuiltinName = "builtin";

// Its files; none where the program was built without a model.
std::span<const MemoryFile> builtin_files();

// Opened in place: needs no file, no home folder, no memory beyond the pages that are read. Errors:
// not_found, for a program that was built without a model.
Result<std::shared_ptr<const Bundle>> open_builtin();

}  // namespace cactus
