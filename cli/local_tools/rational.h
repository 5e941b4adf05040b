// Fractions of whole numbers of any size, always in lowest terms, and how they are written.
#pragma once
#include <string>
#include <string_view>

#include "cli/local_tools/big_integer.h"

namespace cactus::cli {

class Rational {
 public:
  Rational() = default;
  Rational(std::int64_t value) : numerator_(value) {}
  Rational(BigInteger value) : numerator_(std::move(value)) {}
  Rational(BigInteger numerator, BigInteger denominator);  // denominator not zero
  // "12", "0.453", ".5" with an optional exponent ("1.5e-3"): digits as a source file has them.
  static Rational parse(std::string_view decimal);
  static Rational from_double(
      double value);  // finite; exactly the shortest decimal that reads back

  const BigInteger& numerator() const { return numerator_; }
  const BigInteger& denominator() const { return denominator_; }
  bool is_zero() const { return numerator_.is_zero(); }
  bool is_negative() const { return numerator_.is_negative(); }
  bool is_integer() const { return denominator_ == BigInteger(1); }
  std::size_t bits() const { return numerator_.bit_length() + denominator_.bit_length(); }
  double to_double() const;  // may be infinite
  Rational operator-() const;

  friend Rational operator+(const Rational& a, const Rational& b);
  friend Rational operator-(const Rational& a, const Rational& b);
  friend Rational operator*(const Rational& a, const Rational& b);
  friend Rational operator/(const Rational& a, const Rational& b);  // b not zero
  friend int compare(const Rational& a, const Rational& b);
  friend bool operator==(const Rational& a, const Rational& b) { return compare(a, b) == 0; }
  // The greatest whole number not above it.
  BigInteger floor() const;

 private:
  BigInteger numerator_, denominator_ = 1;
};

// How many decimals write it exactly, or -1 when none do, or more than `most`.
int exact_decimals(const Rational& value, int most);
// With exactly `decimals` digits after the point, half away from zero: "-0.50". Plain digits.
std::string fixed_text(const Rational& value, int decimals);
// `text` without zeros at its end after a point.
std::string without_trailing_zeros(std::string text);
// The nearest decimal of `digits` significant digits, in plain digits where that is short and as
// 1.05702e-19 elsewhere.
std::string rounded_text(const Rational& value, int digits);
// "1234567.5" → "1,234,567.5"; four digits stay together.
std::string grouped(const std::string& digits);

}  // namespace cactus::cli
