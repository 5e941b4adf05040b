// Options and settings that decide where an answer comes from: the same for `run` and `chat`.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/settings.h"
#include "router/turn.h"

namespace CLI {
class App;
}

namespace cactus::cli {

struct RouteFlags {
  bool local = false, require_local = false, explain = false;
  std::string cloud;    // "" (not given), "default", or PROVIDER/MODEL
  std::string handoff;  // auto|ask|off
  std::optional<double> threshold;
  std::string cloud_timeout;  // "15s", "500ms"

  void add_common(CLI::App& app);  // those that -h shows
  void add_rest(CLI::App& app);
};

class CloudAccess;

// Where answers come from, from now on. A chat changes it between turns.
struct Routing {
  Policy policy = {};
  bool require_local = false;
  bool explain = false;
  std::chrono::milliseconds timeout{15'000};
  std::shared_ptr<CloudAccess> cloud = {};  // cli/cloud.h; null: `absent` says why
  std::string absent = {};
  bool threshold_given = false;  // by the user, and not by the probe
  bool warned = false;           // that many turns leave
};

// Flags over settings; usage for values out of range and for flags that exclude each other.
Result<Routing> routing(const RouteFlags& flags, const Settings& settings);
// The threshold that a model's probe brings (may be unset) holds unless the user said another.
void use_probe_threshold(Routing& routing, std::optional<double> threshold);

Result<HandoffMode> parse_handoff_mode(std::string_view text);
std::string_view mode_name(HandoffMode mode);
// "15s", "500ms", "2m"; a number alone is seconds. usage for anything else, zero, and above an
// hour.
Result<std::chrono::milliseconds> parse_duration(std::string_view text, std::string_view name);

}  // namespace cactus::cli
