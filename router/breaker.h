// A circuit breaker for each provider: after three failures in a row it is left alone for a minute,
// or as long as it asked. The state is one small file, so that it holds across processes; two that
// write at once may lose a count, never the file.
#pragma once
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "router/provider.h"

namespace cactus {

using WallClock = std::chrono::system_clock;

// What is known about one provider.
struct BreakerState {
  int failures = 0;                 // in a row
  WallClock::time_point last;       // failure
  WallClock::time_point off_until;  // in the past: it may be asked
  std::string reason;               // cloud_error_name of the last failure
};

// The rules, without files. Times come from the caller.
namespace breaker {

inline constexpr int kMostFailures = 3;
inline constexpr std::chrono::seconds kOff{60};
inline constexpr std::chrono::minutes kMostOff{60};
inline constexpr std::chrono::minutes kForget{10};  // older failures do not count as "in a row"

// Whether an error is the provider's trouble. A wrong key or an empty account is the user's, who
// wants the mended one to work at once; a request that is refused says nothing about the next.
bool counts(CloudErrorKind kind);
void failure(BreakerState& state, const CloudError& error, WallClock::time_point now);
void success(BreakerState& state);
// How long it is still off; zero: ask. A clock that was set back never keeps it off longer than
// kMostOff.
std::chrono::milliseconds off_for(const BreakerState& state, WallClock::time_point now);

}  // namespace breaker

class Breaker {
 public:
  // `file`: STATE/breaker.json, made when first needed. Not readable or broken: as if nothing had
  // happened.
  explicit Breaker(std::filesystem::path file) : file_(std::move(file)) {}

  // `endpoint`: name and base URL, as key() makes it of a provider.
  static std::string key(const Provider& provider);
  // For breaker::off_for, and the reason to show with it.
  BreakerState state(std::string_view endpoint) const;
  // Both read the file anew, change one entry and write it whole. Failing to write costs only the
  // memory of it.
  void failed(std::string_view endpoint, const CloudError& error, WallClock::time_point now);
  void answered(std::string_view endpoint);

 private:
  std::map<std::string, BreakerState> read() const;
  void write(const std::map<std::string, BreakerState>& states) const;

  std::filesystem::path file_;
};

}  // namespace cactus
