// Amounts of money as whole numbers: nano-dollars (10⁻⁹ USD, so 9.2 billion dollars at most) for
// what was spent, pico-dollars for the price of one token ($0.0028 for a million tokens are 2800).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cactus {

using NanoDollars = std::int64_t;
using PicoDollars = std::int64_t;
inline constexpr NanoDollars kDollar = 1'000'000'000;

// Both saturate at the greatest amount; arguments are not negative.
std::int64_t add_money(std::int64_t a, std::int64_t b);
std::int64_t multiply_money(std::int64_t price, std::int64_t count);

// "1.50", "$2", "0.000000075": at most nine decimals, not negative. Nothing for anything else.
std::optional<NanoDollars> parse_dollars(std::string_view text);
// "$1.50", "$0.0004"; amounts below a cent keep two significant digits, zero is "$0".
std::string format_dollars(NanoDollars amount);

}  // namespace cactus
