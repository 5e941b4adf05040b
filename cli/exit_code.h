// What a process of ours ends with. The meaning of a number never changes.
#pragma once
#include <span>
#include <string_view>

#include "engine/base/result.h"

namespace cactus::cli {

enum ExitCode : int {
  kOk = 0,  // also when the reader closed the pipe
  kInternal = 1,
  kUsage = 2,
  kNotFound = 3,
  kAuth = 4,
  kNetwork = 5,
  kIncompatible = 6,
  kResources = 7,
  kPolicy = 8,
  kHangup = 129,       // SIGHUP
  kInterrupted = 130,  // SIGINT
  kTerminated = 143,   // SIGTERM
};

struct ExitCodeInfo {
  ExitCode code;
  std::string_view name;     // as in JSON errors: "not_found"
  std::string_view meaning;  // for `cactus help exit-codes`
};

std::span<const ExitCodeInfo> exit_codes();
ExitCode exit_code(ErrorKind kind);
std::string_view error_name(ErrorKind kind);

}  // namespace cactus::cli
