#include "cli/bench/report.h"

#include <cstdio>

#include "cli/render/format.h"

namespace cactus::cli {
namespace {

std::string text(const char* format, auto... values) {
  char buffer[160];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

std::vector<double> member(const std::vector<Limits>& limits, double Limits::*which) {
  std::vector<double> values;
  for (const Limits& l : limits) values.push_back(l.*which);
  return values;
}

Json spread_json(const Spread& s) {
  return {{"median", s.median}, {"low", s.low}, {"high", s.high}};
}

std::string label(const BenchCase& c) {
  return c.what == "prefill" ? "prefill " + std::to_string(c.size) + " tokens"
                             : "decode at context " + std::to_string(c.size);
}

}  // namespace

std::string bench_table(const BenchConditions& k, const BenchResult& result,
                        const StartFigures& start) {
  const Spread read = spread_of(member(result.limits, &Limits::read_gbs));
  const Spread macs = spread_of(member(result.limits, &Limits::int8_gmacs));
  std::string out = k.model + (k.random_weights ? " (random weights)" : "") + " · " + k.weights +
                    " · kv " + k.kv + " · " + k.isa + " · " + std::to_string(k.threads) +
                    (k.threads == 1 ? " thread" : " threads") + " · median of " +
                    std::to_string(k.runs) + " runs (low … high)\n";
  out += text("limits here    read %.1f GB/s (%.1f … %.1f)   int8 %.0f GMAC/s (%.0f … %.0f)\n\n",
              read.median, read.low, read.high, macs.median, macs.low, macs.high);
  out += text("%-24s %20s   %s\n", "", "tokens/s", "share of the limit");
  for (const BenchCase& c : result.cases) {
    const Spread rate = spread_of(c.tokens_per_second);
    const Spread share = spread_of(c.share);
    out += text("%-24s %7.1f (%.1f … %.1f)   %.0f%% of %s\n", label(c).c_str(), rate.median,
                rate.low, rate.high, 100 * share.median, c.what == "prefill" ? "int8" : "read");
  }
  out += "\n";
  out += text("%-24s %7.1f ms (%.1f … %.1f)\n", "open", start.open_ms.median, start.open_ms.low,
              start.open_ms.high);
  out += text("%-24s %7.1f ms (%.1f … %.1f)\n", "start to first token", start.first_token_ms.median,
              start.first_token_ms.low, start.first_token_ms.high);
  out += text("%-24s %s (prompt of %lld tokens; KV cache %s)\n", "peak memory",
              format_bytes(static_cast<double>(start.peak_bytes)).c_str(),
              static_cast<long long>(start.peak_context),
              format_bytes(static_cast<double>(result.kv_bytes)).c_str());
  return out;
}

Json bench_json(const BenchConditions& k, const BenchResult& result, const StartFigures& start) {
  Json cases = Json::array();
  for (const BenchCase& c : result.cases) {
    cases.push_back({{"what", c.what},
                     {"size", c.size},
                     {"tokens", c.tokens},
                     {"tokens_per_second", spread_json(spread_of(c.tokens_per_second))},
                     {"needed_per_token", c.needed},
                     {"needed_unit", c.what == "prefill" ? "multiply-adds" : "bytes"},
                     {"share_of_limit", spread_json(spread_of(c.share))}});
  }
  return {
      {"v", 1},
      {"version", k.version},
      {"model", k.model},
      {"random_weights", k.random_weights},
      {"weights", k.weights},
      {"kv", k.kv},
      {"isa", k.isa},
      {"threads", k.threads},
      {"runs", k.runs},
      {"limits",
       {{"read_gb_per_second", spread_json(spread_of(member(result.limits, &Limits::read_gbs)))},
        {"int8_gmac_per_second",
         spread_json(spread_of(member(result.limits, &Limits::int8_gmacs)))}}},
      {"cases", std::move(cases)},
      {"open_ms", spread_json(start.open_ms)},
      {"first_token_ms", spread_json(start.first_token_ms)},
      {"peak_memory_bytes", start.peak_bytes},
      {"peak_memory_context", start.peak_context},
      {"kv_bytes", result.kv_bytes}};
}

}  // namespace cactus::cli
