// The ledger: every turn and every request to a provider, in one SQLite file that all processes of
// the user share. It holds numbers and names, never text of a conversation.
//
// One Ledger belongs to one thread at a time; any number of processes may have the file open. Every
// write is one transaction (BEGIN IMMEDIATE) that is on the disk when the call returns; writers
// wait for each other for up to 10 s. Times are milliseconds since 1970 UTC; days and months are
// those of the machine's time zone.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "router/money.h"

struct sqlite3;

namespace cactus {

// What happened in one turn, recorded when it is over.
struct TurnRecord {
  std::int64_t at_ms = 0;                // 0: now
  std::string model;                     // the local model: "google/gemma-4-E2B-it"
  bool handed_off = false;               // the answer that stood came from the cloud
  std::string provider, provider_model;  // of that answer; or of the one that was tried in vain
  std::optional<double> confidence;      // null when nothing measured it
  std::string confidence_source;         // "probe", "logprob", or empty
  std::optional<double> threshold;
  std::string
      decision;  // why: the policy's short code ("confident", "below_threshold", "forced" …)
  std::string failure;  // why the cloud's answer did not come; empty when it was not asked or came
  std::int64_t local_input = 0, local_output = 0;  // tokens
  // Requests of this turn (Reservation::id), all of them: retries and fallbacks, too. Tokens and
  // money of the turn are their sum.
  std::vector<std::int64_t> requests;
  // What the cloud would have cost for a turn that stayed local, where its price is known.
  std::optional<NanoDollars> saved;
};

// Sums over turns and requests.
struct UsageSum {
  std::int64_t turns = 0, handed_off = 0, failed = 0;  // failed: asked the cloud in vain
  std::int64_t local_input = 0, local_output = 0;
  std::int64_t requests = 0;  // sent to providers
  std::int64_t cloud_input = 0, cloud_output = 0, cloud_cached = 0;
  NanoDollars cost = 0, saved = 0;
  std::int64_t unpriced = 0;  // requests whose price was not known: missing in `cost`
  std::int64_t assumed = 0;   // requests whose usage nobody reported in full: the worst case counts
};
struct UsageRow {
  std::string key;  // a day "2026-11-24", or "anthropic/claude-…"
  UsageSum sum;
};
struct UsageReport {
  UsageSum total;
  std::vector<UsageRow> days;       // oldest first, without days on which nothing happened
  std::vector<UsageRow> providers;  // requests by provider/model, dearest first
};

struct RecentShare {
  std::int64_t turns = 0, handed_off = 0;
};
// Whether people should be told that more than half of their turns leave the machine (20 or more
// turns were seen).
bool too_many_leave(const RecentShare& share);

class Ledger {
 public:
  // Made (0600, in a 0700 folder) when absent. incompatible when the file is not a ledger or was
  // written by a later version; resources when it cannot be written.
  // `clock` replaces the system's (tests): milliseconds since 1970.
  using Clock = std::function<std::int64_t()>;
  static Result<Ledger> open(const std::filesystem::path& path, Clock clock = {});
  Ledger(Ledger&&) noexcept;
  Ledger& operator=(Ledger&&) noexcept;
  ~Ledger();

  // The turn's number.
  Result<std::int64_t> record(const TurnRecord& turn);

  // Turns and requests from `since_ms` on.
  Result<UsageReport> usage(std::int64_t since_ms) const;
  // Of the last `turns` turns.
  Result<RecentShare> recent(std::int64_t turns = 50) const;

  const std::filesystem::path& path() const { return path_; }

 private:
  friend class Budget;
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  Ledger(std::unique_ptr<sqlite3, Close> handle, std::filesystem::path path, Clock clock);
  std::unique_ptr<sqlite3, Close> handle_;
  std::filesystem::path path_;
  Clock clock_;
};

}  // namespace cactus
