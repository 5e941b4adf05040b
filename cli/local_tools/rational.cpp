#include "cli/local_tools/rational.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace cactus::cli {
namespace {

// floor(log10(|value|)) for value not zero.
int decimal_exponent(const Rational& value) {
  const double bits = static_cast<double>(value.numerator().bit_length()) -
                      static_cast<double>(value.denominator().bit_length());
  int guess = static_cast<int>(std::floor(bits * 0.30102999566398120));
  const Rational magnitude = value.is_negative() ? -value : value;
  const auto power_of_ten = [](int exponent) {
    const BigInteger power_value = power(10, static_cast<std::uint64_t>(std::abs(exponent)));
    return exponent >= 0 ? Rational(power_value) : Rational(1, power_value);
  };
  while (compare(magnitude, power_of_ten(guess)) < 0) --guess;
  while (compare(magnitude, power_of_ten(guess + 1)) >= 0) ++guess;
  return guess;
}

}  // namespace

Rational::Rational(BigInteger numerator, BigInteger denominator)
    : numerator_(std::move(numerator)), denominator_(std::move(denominator)) {
  if (denominator_.is_negative()) {
    numerator_ = -numerator_;
    denominator_ = -denominator_;
  }
  const BigInteger common = gcd(numerator_, denominator_);
  if (!(common == BigInteger(1))) {
    numerator_ = numerator_ / common;
    denominator_ = denominator_ / common;
  }
}

Rational Rational::parse(std::string_view decimal) {
  std::string digits;
  int exponent = 0;
  bool negative = false, after_point = false;
  for (std::size_t i = 0; i < decimal.size(); ++i) {
    const char c = decimal[i];
    if (c >= '0' && c <= '9') {
      digits += c;
      if (after_point) --exponent;
    } else if (c == '.') {
      after_point = true;
    } else if (c == '-') {
      negative = true;
    } else if (c == 'e' || c == 'E') {
      std::string_view tail = decimal.substr(i + 1);
      if (tail.starts_with('+')) tail.remove_prefix(1);
      int shift = 0;
      std::from_chars(tail.data(), tail.data() + tail.size(), shift);
      exponent += std::clamp(shift, -4000, 4000);
      break;
    }
  }
  BigInteger value = BigInteger::from_digits(digits);
  if (negative) value = -value;
  const BigInteger scale = power(10, static_cast<std::uint64_t>(std::abs(exponent)));
  return exponent >= 0 ? Rational(value * scale) : Rational(value, scale);
}

Rational Rational::from_double(double value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return parse({text, static_cast<std::size_t>(end - text)});
}

double Rational::to_double() const {
  int up = 0, down = 0;
  const double n = numerator_.to_double(up), d = denominator_.to_double(down);
  return std::ldexp(n / d, up - down);
}

Rational Rational::operator-() const {
  Rational result = *this;
  result.numerator_ = -numerator_;
  return result;
}

Rational operator+(const Rational& a, const Rational& b) {
  return {a.numerator_ * b.denominator_ + b.numerator_ * a.denominator_,
          a.denominator_ * b.denominator_};
}
Rational operator-(const Rational& a, const Rational& b) {
  return a + -b;
}
Rational operator*(const Rational& a, const Rational& b) {
  return {a.numerator_ * b.numerator_, a.denominator_ * b.denominator_};
}
Rational operator/(const Rational& a, const Rational& b) {
  return {a.numerator_ * b.denominator_, a.denominator_ * b.numerator_};
}
int compare(const Rational& a, const Rational& b) {
  return compare(a.numerator_ * b.denominator_, b.numerator_ * a.denominator_);
}

BigInteger Rational::floor() const {
  BigInteger quotient, remainder;
  BigInteger::divide(numerator_, denominator_, quotient, remainder);
  return remainder.is_negative() ? quotient - 1 : quotient;
}

int exact_decimals(const Rational& value, int most) {
  BigInteger rest = value.denominator();
  int twos = 0, fives = 0;
  while (twos <= most && rest.is_even()) {
    rest = rest / 2;
    ++twos;
  }
  while (fives <= most && (rest % 5).is_zero()) {
    rest = rest / 5;
    ++fives;
  }
  const int decimals = std::max(twos, fives);
  return rest == BigInteger(1) && decimals <= most ? decimals : -1;
}

std::string fixed_text(const Rational& value, int decimals) {
  const BigInteger scale = power(10, static_cast<std::uint64_t>(decimals));
  // round(|v| · scale), halves up, as floor((2 n · scale + d) / 2 d).
  const BigInteger units =
      (value.numerator().abs() * scale * 2 + value.denominator()) / (value.denominator() * 2);
  std::string digits = units.text();
  const auto after = static_cast<std::size_t>(decimals);
  if (digits.size() <= after) digits.insert(0, after + 1 - digits.size(), '0');
  if (after > 0) digits.insert(digits.size() - after, 1, '.');
  if (value.is_negative() && !units.is_zero()) digits.insert(0, 1, '-');
  return digits;
}

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string rounded_text(const Rational& value, int digits) {
  if (value.is_zero()) return "0";
  const int exponent = decimal_exponent(value);
  if (exponent >= -7 && exponent <= 17)
    return without_trailing_zeros(fixed_text(value, std::max(0, digits - 1 - exponent)));
  const BigInteger scale = power(10, static_cast<std::uint64_t>(std::abs(exponent)));
  const Rational mantissa = exponent >= 0
                                ? Rational(value.numerator(), value.denominator() * scale)
                                : Rational(value.numerator() * scale, value.denominator());
  std::string text = without_trailing_zeros(fixed_text(mantissa, digits - 1));
  int shown = exponent;
  if (text == "10" || text == "-10") {
    text.pop_back();
    ++shown;
  }
  return text + "e" + (shown < 0 ? "-" : "+") + std::to_string(std::abs(shown));
}

std::string grouped(const std::string& digits) {
  if (digits.find('e') != std::string::npos) return digits;
  const std::size_t start = digits.starts_with('-') ? 1 : 0;
  std::size_t end = std::min(digits.find('.'), digits.size());
  std::string text = digits;
  if (end - start <= 4) return text;
  while (end > start + 3) {
    end -= 3;
    text.insert(end, 1, ',');
  }
  return text;
}

}  // namespace cactus::cli
