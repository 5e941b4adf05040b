// What the calculator computes with: exact fractions as long as that is possible, a double where a
// root or a logarithm leaves no exact value. Errors carry only their reason; the tool adds the
// rest.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "cli/local_tools/rational.h"
#include "engine/base/result.h"

namespace cactus::cli {

struct Quantity {
  Rational exact;
  double approximate = 0;  // when not exact
  bool is_exact = true;
  bool percent = false;  // written with a percent sign: exact is a hundredth of what was written
  bool degrees = false;  // an angle in degrees (the number as written)
};

inline constexpr std::size_t kMostBits = 16'384;  // numerator and denominator: 4,900 digits

Error unworkable(std::string why, std::string fix = {});

Quantity exactly(Rational value);
double as_double(const Quantity& value);

Result<Quantity> add(const Quantity& a, const Quantity& b);
Result<Quantity> subtract(const Quantity& a, const Quantity& b);
Result<Quantity> multiply(const Quantity& a, const Quantity& b);
Result<Quantity> divide(const Quantity& a, const Quantity& b);
Result<Quantity> modulo(const Quantity& a, const Quantity& b);  // with the sign of b
Result<Quantity> raise(const Quantity& base, const Quantity& exponent);
Result<Quantity> nth_root(const Quantity& value, const Quantity& n);
Result<Quantity> factorial(const Quantity& value);
Result<Quantity> negate(const Quantity& value);

// sqrt, log, sin, max, … ; `least` and `most` are the numbers of arguments it takes.
struct FunctionInfo {
  std::string_view name;
  std::size_t least = 1, most = 1;
};
const FunctionInfo* find_function(std::string_view name);
Result<Quantity> apply_function(std::string_view name, std::span<const Quantity> arguments);

// "44.982", "1.41421356237": every digit of an exact decimal, else twelve significant digits. The
// second says whether digits were left out.
std::pair<std::string, bool> quantity_text(const Quantity& value);

}  // namespace cactus::cli
