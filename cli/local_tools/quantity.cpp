#include "cli/local_tools/quantity.h"

#include <cmath>

namespace cactus::cli {
namespace {

constexpr int kMostDecimals = 40, kDigits = 12;

Error too_large() {
  return unworkable("the result has more digits than this calculator keeps (4,900)");
}

Result<Quantity> approximately(double value) {
  if (std::isnan(value)) return unworkable("there is no real number that is the result");
  if (std::isinf(value)) return too_large();
  Quantity result;
  result.approximate = value;
  result.is_exact = false;
  return result;
}

Result<Quantity> bounded(Rational value) {
  if (value.bits() > kMostBits) return too_large();
  return exactly(std::move(value));
}

bool both_exact(const Quantity& a, const Quantity& b) {
  return a.is_exact && b.is_exact;
}

bool is_zero(const Quantity& value) {
  return value.is_exact ? value.exact.is_zero() : value.approximate == 0;
}

// base^exponent for a whole exponent that keeps the result within bounds.
Result<Quantity> whole_power(const Quantity& base, const BigInteger& exponent) {
  const Rational& value = base.exact;
  const bool unit = value == Rational(1) || value == Rational(-1) || value.is_zero();
  if (exponent.is_negative() && value.is_zero()) return unworkable("that divides by zero");
  if (unit) {
    if (exponent.is_zero() || value == Rational(1)) return exactly(1);
    return exactly(value == Rational(-1) && exponent.is_even() ? Rational(1) : value);
  }
  const std::size_t length = exponent.bit_length();
  const std::size_t most =
      std::max(value.numerator().bit_length(), value.denominator().bit_length());
  if (length > 20 || (most - 1) * static_cast<std::size_t>(exponent.abs().to_int64()) > kMostBits)
    return approximately(std::pow(as_double(base), Rational(exponent).to_double()));
  const auto times = static_cast<std::uint64_t>(exponent.abs().to_int64());
  BigInteger n = power(value.numerator(), times), d = power(value.denominator(), times);
  return exponent.is_negative() ? bounded({std::move(d), std::move(n)})
                                : bounded({std::move(n), std::move(d)});
}

}  // namespace

Error unworkable(std::string why, std::string fix) {
  return make_error(ErrorKind::usage, {}, std::move(why), std::move(fix));
}

Quantity exactly(Rational value) {
  Quantity result;
  result.exact = std::move(value);
  return result;
}

double as_double(const Quantity& value) {
  return value.is_exact ? value.exact.to_double() : value.approximate;
}

Result<Quantity> add(const Quantity& a, const Quantity& b) {
  if (both_exact(a, b)) return bounded(a.exact + b.exact);
  return approximately(as_double(a) + as_double(b));
}

Result<Quantity> negate(const Quantity& value) {
  Quantity result = value;
  result.exact = -value.exact;
  result.approximate = -value.approximate;
  return result;
}

Result<Quantity> subtract(const Quantity& a, const Quantity& b) {
  if (both_exact(a, b)) return bounded(a.exact - b.exact);
  return approximately(as_double(a) - as_double(b));
}

Result<Quantity> multiply(const Quantity& a, const Quantity& b) {
  if (both_exact(a, b)) return bounded(a.exact * b.exact);
  return approximately(as_double(a) * as_double(b));
}

Result<Quantity> divide(const Quantity& a, const Quantity& b) {
  if (is_zero(b)) return unworkable("that divides by zero");
  if (both_exact(a, b)) return bounded(a.exact / b.exact);
  return approximately(as_double(a) / as_double(b));
}

Result<Quantity> modulo(const Quantity& a, const Quantity& b) {
  if (is_zero(b)) return unworkable("that divides by zero");
  if (both_exact(a, b)) {
    CACTUS_TRY(quotient, bounded(a.exact / b.exact));
    return bounded(a.exact - b.exact * Rational(quotient.exact.floor()));
  }
  const double x = as_double(a), y = as_double(b);
  return approximately(x - y * std::floor(x / y));
}

Result<Quantity> raise(const Quantity& base, const Quantity& exponent) {
  if (both_exact(base, exponent)) {
    if (exponent.exact.is_integer()) return whole_power(base, exponent.exact.numerator());
    // Like 8^(2/3), when the root is a whole one.
    if (exponent.exact.denominator().bit_length() <= 6) {
      const Quantity n = exactly(Rational(exponent.exact.denominator()));
      if (const auto part = nth_root(base, n); part && part->is_exact)
        return whole_power(*part, exponent.exact.numerator());
    }
  }
  if (as_double(base) < 0)
    return unworkable("a negative number has no power that is not whole among the real numbers");
  if (is_zero(base) && as_double(exponent) < 0) return unworkable("that divides by zero");
  return approximately(std::pow(as_double(base), as_double(exponent)));
}

Result<Quantity> nth_root(const Quantity& value, const Quantity& n) {
  if (!n.is_exact || !n.exact.is_integer() || n.exact.is_negative() || n.exact.is_zero() ||
      n.exact.numerator().bit_length() > 16)
    return unworkable("a root is the second, third, … 65535th");
  const auto degree = static_cast<std::uint32_t>(n.exact.numerator().to_int64());
  const bool negative = as_double(value) < 0;
  if (negative && degree % 2 == 0)
    return unworkable("a negative number has no square root among the real numbers");
  if (value.is_exact) {
    const BigInteger top = root(value.exact.numerator().abs(), degree);
    const BigInteger bottom = root(value.exact.denominator(), degree);
    const BigInteger signed_top = negative ? -top : top;
    if (power(top, top.bit_length() > 1 ? degree : 1) == value.exact.numerator().abs() &&
        power(bottom, bottom.bit_length() > 1 ? degree : 1) == value.exact.denominator())
      return exactly({signed_top, bottom});
  }
  const double magnitude = std::abs(as_double(value));
  double result = degree == 2   ? std::sqrt(magnitude)
                  : degree == 3 ? std::cbrt(magnitude)
                                : std::pow(magnitude, 1.0 / degree);
  return approximately(negative ? -result : result);
}

Result<Quantity> factorial(const Quantity& value) {
  if (!value.is_exact || !value.exact.is_integer() || value.exact.is_negative())
    return unworkable("a factorial is of a whole number from 0 up");
  constexpr std::int64_t kMost = 1'500;
  const BigInteger& n = value.exact.numerator();
  if (!n.fits_int64() || n.to_int64() > kMost)
    return unworkable("the factorial has more digits than this calculator keeps (4,900)",
                      "a number up to " + std::to_string(kMost));
  BigInteger product = 1;
  for (std::int64_t i = 2; i <= n.to_int64(); ++i) product = product * i;
  return bounded(product);
}

std::pair<std::string, bool> quantity_text(const Quantity& value) {
  if (!value.is_exact) {
    Rational shown = Rational::from_double(value.approximate);
    return {rounded_text(shown, kDigits), true};
  }
  const int decimals = exact_decimals(value.exact, kMostDecimals);
  if (decimals >= 0) return {fixed_text(value.exact, decimals), false};
  return {rounded_text(value.exact, kDigits), true};
}

}  // namespace cactus::cli
