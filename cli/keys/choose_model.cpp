#include "cli/keys/choose_model.h"

#include <algorithm>
#include <cstdlib>

#include "cli/accounts.h"
#include "cli/keys/ask.h"
#include "cli/render/sanitise.h"

namespace cactus::cli {
namespace {

constexpr std::size_t kShown = 15;
constexpr PicoDollars kNanoInPico = 1000;

// "$1.00 in, $5.00 out for a million tokens"
std::string price_text(const ModelPrice& price) {
  const auto million = [](PicoDollars token) {
    return format_dollars(multiply_money(token, 1'000'000) / kNanoInPico);
  };
  return million(price.usual.input) + " in, " + million(price.usual.output) +
         " out for a million tokens";
}

}  // namespace

Result<std::string> choose_model(Context& context, const Settings& settings,
                                 const std::string& provider, std::vector<std::string> models) {
  Terminal& terminal = context.terminal;
  CACTUS_TRY(prices, price_table(settings));
  std::stable_partition(models.begin(), models.end(),
                        [&prices = prices, &provider](const std::string& m) {
                          return prices.find(provider, m).has_value();
                        });
  const std::size_t shown = std::min(models.size(), kShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto price = prices.find(provider, models[i]);
    terminal.err("  " + std::to_string(i + 1) + "  " + sanitise(models[i]) +
                 (price ? "  " + price_text(*price) : "") + "\n");
  }
  if (models.size() > shown)
    terminal.err("  … and " + std::to_string(models.size() - shown) +
                 " more; any name can be typed\n");
  CACTUS_TRY(answer, ask_line(terminal, "model for hand-offs (empty: none): "));
  char* end = nullptr;
  const unsigned long number = std::strtoul(answer.c_str(), &end, 10);
  if (!answer.empty() && *end == '\0' && number >= 1 && number <= models.size())
    return models[number - 1];
  return answer;
}

}  // namespace cactus::cli
