#include "router/price.h"

#include <algorithm>
#include <cmath>

#include "engine/base/json.h"
#include "router/prices.h"

namespace cactus {
namespace {

constexpr double kPicosForMillion = 1e6;  // pico-dollars a token for a dollar a million tokens
constexpr double kDearest = 1e6;          // dollars for a million tokens
constexpr std::int64_t kPicosInNano = 1000;

Error bad_table(std::string_view name, const std::string& why) {
  return make_error(ErrorKind::usage, "the prices in " + std::string(name) + " cannot be used",
                    why);
}

// Dollars for a million tokens, at most six decimals. nullopt: not such a number.
std::optional<PicoDollars> price_in(const Json& value) {
  if (!value.is_number()) return {};
  const double dollars = value.get<double>();
  if (!(dollars >= 0) || dollars > kDearest) return {};
  return static_cast<PicoDollars>(std::llround(dollars * kPicosForMillion));
}

Result<TokenPrice> token_price(const Json& entry, std::string_view name, const std::string& which) {
  const auto read = [&](const char* key, PicoDollars fallback) -> std::optional<PicoDollars> {
    return entry.contains(key) ? price_in(entry.at(key)) : std::optional(fallback);
  };
  if (!entry.contains("input") || !entry.contains("output"))
    return bad_table(name, which + " lacks \"input\" or \"output\"");
  const auto input = read("input", 0), output = read("output", 0);
  // What is not said is not cheaper than ordinary input.
  const auto cached = read("cached", input.value_or(0));
  const auto cache_write = read("cache_write", input.value_or(0));
  if (!input || !output || !cached || !cache_write)
    return bad_table(name, which + " has a price that is not a number of dollars");
  return TokenPrice{*input, *output, *cached, *cache_write};
}

// The name without the date or "-latest" that providers put at the end of a fixed version.
std::string_view without_date(std::string_view model) {
  const auto digits = [&](std::size_t from, std::size_t count) {
    return std::all_of(model.begin() + static_cast<std::ptrdiff_t>(from),
                       model.begin() + static_cast<std::ptrdiff_t>(from + count),
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  constexpr std::string_view kLatest = "-latest";
  const std::size_t n = model.size();
  if (model.ends_with(kLatest)) return model.substr(0, n - kLatest.size());
  if (n > 9 && model[n - 9] == '-' && digits(n - 8, 8)) return model.substr(0, n - 9);
  if (n > 11 && model[n - 11] == '-' && digits(n - 10, 4) && model[n - 6] == '-' &&
      digits(n - 5, 2) && model[n - 3] == '-' && digits(n - 2, 2))
    return model.substr(0, n - 11);
  return model;
}

NanoDollars rounded_up(PicoDollars amount) {
  return amount / kPicosInNano + (amount % kPicosInNano > 0 ? 1 : 0);
}

PicoDollars sum(const TokenPrice& price, const CloudUsage& usage) {
  // A provider that counts its cache apart from the input would make the rest negative.
  const std::int64_t plain =
      std::max<std::int64_t>(0, usage.input - usage.cached - usage.cache_write);
  PicoDollars total = multiply_money(price.input, plain);
  total = add_money(total, multiply_money(price.cached, usage.cached));
  total = add_money(total, multiply_money(price.cache_write, usage.cache_write));
  return add_money(total, multiply_money(price.output, usage.output));
}

}  // namespace

ModelPrice with_audio(ModelPrice price) {
  if (!price.audio) return price;
  for (TokenPrice* tier : {&price.usual, &price.long_prompt})
    for (PicoDollars* input : {&tier->input, &tier->cached, &tier->cache_write})
      *input = std::max(*input, *price.audio);
  return price;
}

NanoDollars cost_of(const ModelPrice& price, const CloudUsage& usage) {
  const bool is_long = price.long_above && usage.input > *price.long_above;
  return rounded_up(sum(is_long ? price.long_prompt : price.usual, usage));
}

NanoDollars worst_cost(const ModelPrice& price, std::int64_t input_tokens,
                       std::int64_t output_tokens) {
  const auto worst = [&](const TokenPrice& tier) {
    const PicoDollars input = std::max({tier.input, tier.cached, tier.cache_write});
    return rounded_up(
        add_money(multiply_money(input, input_tokens), multiply_money(tier.output, output_tokens)));
  };
  if (!price.long_above || input_tokens <= *price.long_above) return worst(price.usual);
  return std::max(worst(price.usual), worst(price.long_prompt));
}

PriceTable PriceTable::builtin() {
  PriceTable table;
  // A test merges the same text and checks that it is well-formed.
  static_cast<void>(table.merge(kBuiltinPrices, "built-in").ok());
  return table;
}

Status PriceTable::merge(std::string_view json, std::string_view name) {
  CACTUS_TRY(root, parse_json(json, name, ErrorKind::usage));
  if (!root.is_object() || !root.contains("prices") || !root.at("prices").is_array())
    return bad_table(name, "it is not an object with a list \"prices\"");
  for (const Json& entry : root.at("prices")) {
    if (!entry.is_object()) return bad_table(name, "an entry is not an object");
    const auto text = [&](const char* key) {
      return entry.contains(key) && entry.at(key).is_string() ? entry.at(key).get<std::string>()
                                                              : std::string();
    };
    const std::string provider = text("provider"), model = text("model");
    if (provider.empty() || model.empty())
      return bad_table(name, "an entry lacks \"provider\" or \"model\"");
    const std::string which = provider + "/" + model;
    ModelPrice price;
    CACTUS_TRY(usual, token_price(entry, name, which));
    price.usual = usual;
    if (entry.contains("long_prompt")) {
      const Json& tier = entry.at("long_prompt");
      if (!tier.is_object() || !tier.contains("above") || !tier.at("above").is_number_integer())
        return bad_table(name, which + ": \"long_prompt\" lacks \"above\"");
      CACTUS_TRY(long_prompt, token_price(tier, name, which));
      price.long_prompt = long_prompt;
      price.long_above = tier.at("above").get<std::int64_t>();
    }
    if (entry.contains("audio")) {
      price.audio = price_in(entry.at("audio"));
      if (!price.audio)
        return bad_table(name, which + " has a price that is not a number of dollars");
    }
    price.as_of = text("as_of");
    price.origin = name;
    set(provider, model, std::move(price));
  }
  return ok_status();
}

void PriceTable::set(std::string_view provider, std::string_view model, ModelPrice price) {
  prices_[{std::string(provider), std::string(model)}] = std::move(price);
}

void PriceTable::set_all(std::string_view provider, ModelPrice price) {
  std::erase_if(prices_, [&](const auto& entry) { return entry.first.first == provider; });
  set(provider, "*", std::move(price));
}

std::optional<ModelPrice> PriceTable::find(std::string_view provider,
                                           std::string_view model) const {
  for (const std::string_view name : {model, without_date(model), std::string_view("*")}) {
    const auto found = prices_.find({std::string(provider), std::string(name)});
    if (found != prices_.end()) return found->second;
  }
  return {};
}

}  // namespace cactus
