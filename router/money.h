// Amounts of money without rounding: whole nano-dollars (10⁻⁹ USD). A price of $0.075 for a million
// tokens is 75 a token; the greatest amount is 9.2 billion dollars.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cactus {

using NanoDollars = std::int64_t;
inline constexpr NanoDollars kDollar = 1'000'000'000;

// Both saturate at the greatest amount; arguments are not negative.
NanoDollars add_money(NanoDollars a, NanoDollars b);
NanoDollars multiply_money(NanoDollars price, std::int64_t count);

// "1.50", "$2", "0.000000075": at most nine decimals, not negative. Nothing for anything else.
std::optional<NanoDollars> parse_dollars(std::string_view text);
// "$1.50", "$0.0004"; amounts below a cent keep two significant digits, zero is "$0".
std::string format_dollars(NanoDollars amount);

}  // namespace cactus
