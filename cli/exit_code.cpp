#include "cli/exit_code.h"

namespace cactus::cli {
namespace {

constexpr ExitCodeInfo kCodes[] = {
    {kOk, "ok", "success; also when the reader of the output closed the pipe"},
    {kInternal, "internal", "an error of cactus itself"},
    {kUsage, "usage", "wrong command, option, configuration or input text"},
    {kNotFound, "not_found", "model or file not found, or not installed"},
    {kAuth, "auth", "a key or a licence is needed, or was rejected"},
    {kNetwork, "network", "network, provider, rate limit or timeout"},
    {kIncompatible, "incompatible", "weights are corrupt, unsupported or of another version"},
    {kResources, "resources", "out of disk or memory, prompt too long, or unsupported CPU"},
    {kPolicy, "policy", "refused by your own rules (offline, spending cap, local only)"},
    {kHangup, "hangup", "ended by SIGHUP (the terminal went away)"},
    {kInterrupted, "cancelled", "ended by Ctrl-C"},
    {kTerminated, "terminated", "ended by SIGTERM"},
};

}  // namespace

std::span<const ExitCodeInfo> exit_codes() {
  return kCodes;
}

ExitCode exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::internal:
      return kInternal;
    case ErrorKind::usage:
      return kUsage;
    case ErrorKind::not_found:
      return kNotFound;
    case ErrorKind::auth:
      return kAuth;
    case ErrorKind::network:
      return kNetwork;
    case ErrorKind::incompatible:
      return kIncompatible;
    case ErrorKind::resources:
      return kResources;
    case ErrorKind::policy:
      return kPolicy;
    case ErrorKind::cancelled:
      return kInterrupted;
  }
  return kInternal;
}

std::string_view error_name(ErrorKind kind) {
  const ExitCode code = exit_code(kind);
  for (const ExitCodeInfo& info : kCodes)
    if (info.code == code) return info.name;
  return "internal";
}

}  // namespace cactus::cli
