// What a token costs at each provider: a dated table that is part of the program
// (router/prices.json) and what the user put over it.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "router/money.h"
#include "router/provider.h"

namespace cactus {

// Pico-dollars for one token: the dollars for a million tokens times 10⁶.
struct TokenPrice {
  PicoDollars input = 0;
  PicoDollars output = 0;
  PicoDollars cached = 0;       // input read from the provider's cache
  PicoDollars cache_write = 0;  // input written to it
  bool operator==(const TokenPrice&) const = default;
};

struct ModelPrice {
  TokenPrice usual;
  // Requests with more input tokens than this pay `long_prompt` for every token.
  std::optional<std::int64_t> long_above;
  TokenPrice long_prompt;
  std::optional<PicoDollars> audio;  // a token of sound that is sent; unset: not known
  std::string as_of;   // "2026-11-05": when the price was looked up; empty for the user's own
  std::string origin;  // "built-in", or what the caller named it
};

// For requests with sounds: no token of the input is cheaper than one of sound, since usage does
// not tell them apart.
ModelPrice with_audio(ModelPrice price);

// What `usage` costs, rounded up to a nano-dollar.
NanoDollars cost_of(const ModelPrice& price, const CloudUsage& usage);
// The most that a request can cost: all input at the dearest of its prices, every output token
// used, the dearer of the tiers that the input may reach.
NanoDollars worst_cost(const ModelPrice& price, std::int64_t input_tokens,
                       std::int64_t output_tokens);

class PriceTable {
 public:
  // The table in the program.
  static PriceTable builtin();
  static PriceTable empty() { return PriceTable(); }

  // Puts the entries of a text of the same form as router/prices.json over those that are there;
  // usage for anything else. `name` is what errors and `origin` call it.
  Status merge(std::string_view json, std::string_view name);
  void set(std::string_view provider, std::string_view model, ModelPrice price);
  // One price for every model of a provider, in place of what is there.
  void set_all(std::string_view provider, ModelPrice price);

  // The entry of this model; else of its name without a date at the end ("-20251001",
  // "-2026-01-31", "-latest"); else the provider's "*"; else nothing: the price is not known.
  std::optional<ModelPrice> find(std::string_view provider, std::string_view model) const;

 private:
  std::map<std::pair<std::string, std::string>, ModelPrice, std::less<>> prices_;
};

}  // namespace cactus
