#include "cli/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <map>

#include "cli/redact.h"

namespace cactus::cli::log {
namespace {

constexpr char kName[] = "cli";

Result<spdlog::level::level_enum> level_of(std::string_view name) {
  static const std::map<std::string_view, spdlog::level::level_enum> kLevels = {
      {"trace", spdlog::level::trace}, {"debug", spdlog::level::debug},
      {"info", spdlog::level::info},   {"warn", spdlog::level::warn},
      {"error", spdlog::level::err},   {"off", spdlog::level::off}};
  const auto found = kLevels.find(name);
  if (found != kLevels.end()) return found->second;
  return make_error(ErrorKind::usage, "CACTUS_LOG has no level '" + std::string(name) + "'",
                    "the levels are trace, debug, info, warn, error and off",
                    "CACTUS_LOG=debug cactus …");
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made =
        std::make_shared<spdlog::logger>(kName, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%H:%M:%S.%e %l %n: %v");
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *instance;
}

}  // namespace

Status init(int verbosity, std::string_view specification) {
  auto level = spdlog::level::warn;
  while (!specification.empty()) {
    const std::size_t comma = std::min(specification.find(','), specification.size());
    const std::string_view part = specification.substr(0, comma);
    specification.remove_prefix(std::min(comma + 1, specification.size()));
    const std::size_t equal = part.find('=');
    if (equal != std::string_view::npos && part.substr(0, equal) != kName) {
      CACTUS_CHECK(level_of(part.substr(equal + 1)));
      continue;
    }
    CACTUS_TRY(parsed, level_of(part.substr(equal == std::string_view::npos ? 0 : equal + 1)));
    level = parsed;
  }
  if (verbosity == 1) level = std::min(level, spdlog::level::info);
  if (verbosity > 1) level = std::min(level, spdlog::level::debug);
  logger().set_level(level);
  return ok_status();
}

void debug(const std::string& message) {
  if (logger().should_log(spdlog::level::debug)) logger().debug(redact::text(message));
}
void info(const std::string& message) {
  if (logger().should_log(spdlog::level::info)) logger().info(redact::text(message));
}

}  // namespace cactus::cli::log
