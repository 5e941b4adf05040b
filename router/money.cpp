#include "router/money.h"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace cactus {
namespace {
constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();
constexpr int kDecimals = 9;
}  // namespace

std::int64_t add_money(std::int64_t a, std::int64_t b) {
  return a > kGreatest - b ? kGreatest : a + b;
}

std::int64_t multiply_money(std::int64_t price, std::int64_t count) {
  if (price == 0 || count == 0) return 0;
  return price > kGreatest / count ? kGreatest : price * count;
}

std::optional<NanoDollars> parse_dollars(std::string_view text) {
  if (text.starts_with('$')) text.remove_prefix(1);
  NanoDollars whole = 0, part = 0;
  int digits = 0, decimals = -1;
  for (const char c : text) {
    if (c == '.' && decimals < 0 && digits > 0) {
      decimals = 0;
    } else if (c < '0' || c > '9') {
      return {};
    } else if (decimals < 0) {
      ++digits;
      whole = whole * 10 + (c - '0');
      if (whole > kGreatest / kDollar - 1) return {};
    } else if (++decimals > kDecimals) {
      return {};
    } else {
      part = part * 10 + (c - '0');
    }
  }
  if (digits == 0 || decimals == 0) return {};
  for (int i = decimals < 0 ? kDecimals : decimals; i < kDecimals; ++i) part *= 10;
  return whole * kDollar + part;
}

std::string format_dollars(NanoDollars amount) {
  char text[48];
  if (amount == 0) return "$0";
  const long long dollars = amount / kDollar, rest = amount % kDollar;
  constexpr NanoDollars kCent = kDollar / 100;
  if (amount >= kCent) {
    // To the nearest cent.
    const NanoDollars cents = amount / kCent + (amount % kCent >= kCent / 2 ? 1 : 0);
    std::snprintf(text, sizeof text, "$%lld.%02lld", static_cast<long long>(cents / 100),
                  static_cast<long long>(cents % 100));
    return text;
  }
  std::snprintf(text, sizeof text, "$%lld.%09lld", dollars, rest);
  std::string shown = text;
  const std::size_t first = shown.find_first_not_of("$0.");
  shown.resize(std::min(first + 2, shown.size()));
  shown.resize(shown.find_last_not_of('0') + 1);
  return shown;
}

}  // namespace cactus
