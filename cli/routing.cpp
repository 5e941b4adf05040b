#include "cli/routing.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace cactus::cli {
namespace {

constexpr char kRouting[] = "Routing";
constexpr double kLongest = 3600;  // seconds

Error contradiction(const char* one, const char* other) {
  return make_error(ErrorKind::usage, std::string(one) + " and " + other + " exclude each other");
}

Result<std::optional<double>> given_threshold(const RouteFlags& flags, const Settings& settings) {
  std::optional<double> value = flags.threshold;
  if (!value) value = settings.number("handoff.threshold");
  if (value && !(*value >= 0 && *value <= 1))
    return make_error(ErrorKind::usage, "the threshold cannot be " + std::to_string(*value),
                      "it is a confidence, 0 (never hand off) to 1");
  return value;
}

}  // namespace

void RouteFlags::add_common(CLI::App& app) {
  app.add_flag("--local", local, "Never ask the cloud")->group(kRouting);
  app.add_flag("--cloud{default}", cloud, "Ask the cloud; the local model when that fails (exit 5)")
      ->type_name("PROVIDER/MODEL")
      ->group(kRouting);
}

void RouteFlags::add_rest(CLI::App& app) {
  app.add_option("--handoff", handoff, "Hand answers off that are likely wrong: auto, ask or off")
      ->type_name("auto|ask|off")
      ->group(kRouting);
  app.add_option("--threshold", threshold, "Hand off when the confidence is below it")
      ->type_name("N")
      ->group(kRouting);
  app.add_option("--cloud-timeout", cloud_timeout, "Wait this long for the cloud to begin")
      ->type_name("TIME")
      ->group(kRouting);
  app.add_flag("--require-local", require_local,
               "Never ask the cloud; exit 8 when the answer would be handed off")
      ->group(kRouting);
  app.add_flag("--explain", explain, "Say why the answer came from where it came")->group(kRouting);
}

Result<Routing> routing(const RouteFlags& flags, const Settings& settings) {
  Routing routing;
  CACTUS_TRY(mode, parse_handoff_mode(!flags.handoff.empty()
                                          ? flags.handoff
                                          : settings.text("handoff.mode").value_or("auto")));
  routing.policy.mode = mode;
  const bool cloud = !flags.cloud.empty();
  if (cloud && flags.local) return contradiction("--local", "--cloud");
  if (cloud && flags.require_local) return contradiction("--require-local", "--cloud");
  if (cloud && !flags.handoff.empty()) return contradiction("--handoff", "--cloud");
  if (cloud) routing.policy.mode = HandoffMode::always;
  if (flags.local || flags.require_local) routing.policy.mode = HandoffMode::off;
  CACTUS_TRY(threshold, given_threshold(flags, settings));
  routing.threshold_given = threshold.has_value();
  routing.policy.threshold = threshold.value_or(Policy::kThreshold);
  routing.policy.logprob = settings.boolean("handoff.logprob");
  routing.policy.early = settings.boolean("handoff.early");
  routing.require_local = flags.require_local;
  routing.explain = flags.explain;
  const std::string timeout =
      flags.cloud_timeout.empty()
          ? std::to_string(settings.integer("handoff.timeout_ms").value_or(15'000)) + "ms"
          : flags.cloud_timeout;
  CACTUS_TRY(duration, parse_duration(timeout, flags.cloud_timeout.empty() ? "handoff.timeout_ms"
                                                                           : "--cloud-timeout"));
  routing.timeout = duration;
  routing.absent = "no provider is set up";
  return routing;
}

void use_probe_threshold(Routing& routing, std::optional<double> threshold) {
  if (!routing.threshold_given) routing.policy.threshold = threshold.value_or(Policy::kThreshold);
}

Result<HandoffMode> parse_handoff_mode(std::string_view text) {
  if (text == "auto") return HandoffMode::automatic;
  if (text == "ask") return HandoffMode::ask;
  if (text == "off") return HandoffMode::off;
  return make_error(ErrorKind::usage, "--handoff cannot be '" + std::string(text) + "'",
                    "it is auto, ask or off");
}

std::string_view mode_name(HandoffMode mode) {
  switch (mode) {
    case HandoffMode::off:
      return "off";
    case HandoffMode::automatic:
      return "auto";
    case HandoffMode::ask:
      return "ask";
    case HandoffMode::always:
      return "always";
  }
  return "";
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text, std::string_view name) {
  const std::string copy(text);
  char* end = nullptr;
  double seconds = std::strtod(copy.c_str(), &end);
  const std::string_view unit = end;
  const bool number = end != copy.c_str() && copy[0] >= '0' && copy[0] <= '9';
  if (unit == "ms") {
    seconds /= 1000;
  } else if (unit == "m") {
    seconds *= 60;
  } else if (unit != "s" && !unit.empty()) {
    seconds = -1;
  }
  if (!number || !(seconds >= 0.001 && seconds <= kLongest))
    return make_error(ErrorKind::usage, std::string(name) + " cannot be '" + copy + "'",
                      "it is a time up to an hour, such as 15s or 500ms");
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

}  // namespace cactus::cli
