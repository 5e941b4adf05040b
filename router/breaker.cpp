#include "router/breaker.h"

#include <algorithm>

#include "engine/base/file.h"
#include "router/providers/fields.h"

namespace cactus {
namespace breaker {

bool counts(CloudErrorKind kind) {
  switch (kind) {
    case CloudErrorKind::rate_limit:
    case CloudErrorKind::overloaded:
    case CloudErrorKind::server:
    case CloudErrorKind::network:
    case CloudErrorKind::tls:
    case CloudErrorKind::timeout:
    case CloudErrorKind::malformed:
      return true;
    default:
      return false;
  }
}

void failure(BreakerState& state, const CloudError& error, WallClock::time_point now) {
  if (!counts(error.kind)) return;
  if (now - state.last > kForget || now < state.last) state.failures = 0;
  state.failures = std::min(state.failures + 1, 1000);
  state.last = now;
  state.reason = cloud_error_name(error.kind);
  if (state.failures < kMostFailures) return;
  std::chrono::milliseconds off = kOff;
  if (error.retry_after)
    off = std::clamp<std::chrono::milliseconds>(*error.retry_after, std::chrono::seconds(1),
                                                kMostOff);
  state.off_until = now + off;
}

void success(BreakerState& state) {
  state = {};
}

std::chrono::milliseconds off_for(const BreakerState& state, WallClock::time_point now) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(state.off_until - now);
  if (left.count() <= 0 || left > kMostOff) return std::chrono::milliseconds(0);
  return left;
}

}  // namespace breaker

namespace {

constexpr std::uint64_t kMostFile = 1u << 20;
constexpr std::size_t kMostEndpoints = 64;

std::int64_t to_ms(WallClock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

WallClock::time_point from_ms(const Json& value) {
  // To the year 2200; anything else is no time.
  constexpr std::int64_t kMost = 7'258'118'400'000;
  std::int64_t ms = 0;
  if (value.is_number_integer()) ms = value.get<std::int64_t>();
  return WallClock::time_point(std::chrono::milliseconds(ms < 0 || ms > kMost ? 0 : ms));
}

}  // namespace

std::string Breaker::key(const Provider& provider) {
  return std::string(provider.name()) + " " + std::string(provider.base_url());
}

std::map<std::string, BreakerState> Breaker::read() const {
  std::map<std::string, BreakerState> states;
  const auto text = read_file(file_, kMostFile);
  if (!text) return states;
  const auto json = parse_json(*text, "breaker.json");
  if (!json || !json->is_object()) return states;
  for (const auto& [name, entry] : json->items()) {
    BreakerState state;
    state.failures =
        static_cast<int>(std::min<std::int64_t>(providers::count_at(entry, "failures"), 1000));
    state.last = from_ms(providers::field(entry, "last"));
    state.off_until = from_ms(providers::field(entry, "off_until"));
    const std::string_view reason = providers::text_at(entry, "reason");
    if (is_plain_name(reason)) state.reason = reason.substr(0, 32);
    states[name] = state;
  }
  return states;
}

void Breaker::write(const std::map<std::string, BreakerState>& states) const {
  Json json = Json::object();
  for (const auto& [name, state] : states) {
    if (json.size() >= kMostEndpoints) break;
    json[name] = {{"failures", state.failures},
                  {"last", to_ms(state.last)},
                  {"off_until", to_ms(state.off_until)},
                  {"reason", state.reason}};
  }
  if (!make_folders(file_.parent_path())) return;
  (void)write_file_atomic(file_, dump_json(json, 1) + "\n").ok();
}

BreakerState Breaker::state(std::string_view endpoint) const {
  const auto states = read();
  const auto found = states.find(std::string(endpoint));
  return found == states.end() ? BreakerState{} : found->second;
}

void Breaker::failed(std::string_view endpoint, const CloudError& error,
                     WallClock::time_point now) {
  if (!breaker::counts(error.kind)) return;
  auto states = read();
  std::erase_if(states, [&](const auto& entry) {
    return now - entry.second.last > breaker::kForget && entry.second.off_until < now;
  });
  breaker::failure(states[std::string(endpoint)], error, now);
  write(states);
}

void Breaker::answered(std::string_view endpoint) {
  auto states = read();
  if (states.erase(std::string(endpoint)) != 0) write(states);
}

}  // namespace cactus
