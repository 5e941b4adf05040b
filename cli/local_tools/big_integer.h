// Whole numbers of any size: what the calculator needs to stay exact. Nothing here fails; callers
// bound sizes before they multiply (bit_length).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cactus::cli {

class BigInteger {
 public:
  BigInteger() = default;
  BigInteger(std::int64_t value);  // implicit: literals read as numbers
  // Decimal digits only, at least one.
  static BigInteger from_digits(std::string_view digits);

  bool is_zero() const { return limbs_.empty(); }
  bool is_negative() const { return negative_; }
  bool is_even() const { return limbs_.empty() || (limbs_[0] & 1) == 0; }
  std::size_t bit_length() const;
  std::string text() const;  // decimal, with '-' when negative
  // The value as mantissa · 2^exponent, correct to a double's precision.
  double to_double(int& exponent) const;
  bool fits_int64() const;
  std::int64_t to_int64() const;  // only when it fits

  BigInteger operator-() const;
  BigInteger abs() const;
  friend BigInteger operator+(const BigInteger& a, const BigInteger& b);
  friend BigInteger operator-(const BigInteger& a, const BigInteger& b);
  friend BigInteger operator*(const BigInteger& a, const BigInteger& b);
  // Truncates towards zero; the remainder has the sign of `a`. `b` is not zero.
  static void divide(const BigInteger& a, const BigInteger& b, BigInteger& quotient,
                     BigInteger& remainder);
  friend BigInteger operator/(const BigInteger& a, const BigInteger& b);
  friend BigInteger operator%(const BigInteger& a, const BigInteger& b);
  friend int compare(const BigInteger& a, const BigInteger& b);  // -1, 0, 1
  friend bool operator==(const BigInteger& a, const BigInteger& b) { return compare(a, b) == 0; }

 private:
  using Limbs = std::vector<std::uint32_t>;  // least significant first, no leading zeros
  static int compare_limbs(const Limbs& a, const Limbs& b);
  static Limbs add(const Limbs& a, const Limbs& b);
  static Limbs subtract(const Limbs& a, const Limbs& b);  // a >= b
  static std::uint32_t divide_small(Limbs& a, std::uint32_t b);
  static void divide_large(const Limbs& a, const Limbs& b, Limbs& quotient, Limbs& remainder);
  static void trim(Limbs& limbs);
  void set(Limbs limbs, bool negative);

  Limbs limbs_;
  bool negative_ = false;
};

BigInteger gcd(BigInteger a, BigInteger b);
BigInteger power(BigInteger base, std::uint64_t exponent);
// The greatest r with r^n <= value, for value >= 0 and n >= 1.
BigInteger root(const BigInteger& value, std::uint32_t n);

}  // namespace cactus::cli
