#include "cli/local_tools/big_integer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace cactus::cli {
namespace {

constexpr std::uint32_t kChunk = 1'000'000'000;  // nine decimal digits a step
constexpr std::size_t kChunkDigits = 9;

}  // namespace

BigInteger::BigInteger(std::int64_t value) : negative_(value < 0) {
  std::uint64_t magnitude =
      negative_ ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  for (; magnitude != 0; magnitude >>= 32) limbs_.push_back(static_cast<std::uint32_t>(magnitude));
}

BigInteger BigInteger::from_digits(std::string_view digits) {
  BigInteger number;
  for (std::size_t at = 0; at < digits.size();) {
    const std::size_t count = std::min(kChunkDigits, digits.size() - at);
    std::uint32_t chunk = 0, scale = 1;
    for (std::size_t i = 0; i < count; ++i, scale *= 10)
      chunk = chunk * 10 + static_cast<std::uint32_t>(digits[at + i] - '0');
    std::uint64_t carry = chunk;
    for (std::uint32_t& limb : number.limbs_) {
      carry += static_cast<std::uint64_t>(limb) * scale;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) number.limbs_.push_back(static_cast<std::uint32_t>(carry));
    at += count;
  }
  return number;
}

std::size_t BigInteger::bit_length() const {
  if (limbs_.empty()) return 0;
  return limbs_.size() * 32 - static_cast<std::size_t>(std::countl_zero(limbs_.back()));
}

std::string BigInteger::text() const {
  if (limbs_.empty()) return "0";
  std::string reversed;
  Limbs rest = limbs_;
  while (!rest.empty()) {
    std::uint32_t chunk = divide_small(rest, kChunk);
    for (std::size_t i = 0; i < kChunkDigits && (chunk != 0 || !rest.empty()); ++i, chunk /= 10)
      reversed += static_cast<char>('0' + chunk % 10);
  }
  if (negative_) reversed += '-';
  return {reversed.rbegin(), reversed.rend()};
}

double BigInteger::to_double(int& exponent) const {
  exponent = 0;
  double value = 0;
  const std::size_t used = std::min<std::size_t>(limbs_.size(), 4);
  for (std::size_t i = 0; i < used; ++i)
    value = value * 4294967296.0 + limbs_[limbs_.size() - 1 - i];
  exponent = static_cast<int>(32 * (limbs_.size() - used));
  return negative_ ? -value : value;
}

bool BigInteger::fits_int64() const {
  return bit_length() <= 63;
}

std::int64_t BigInteger::to_int64() const {
  std::uint64_t magnitude = 0;
  for (std::size_t i = std::min<std::size_t>(limbs_.size(), 2); i > 0; --i)
    magnitude = magnitude << 32 | limbs_[i - 1];
  const auto value = static_cast<std::int64_t>(magnitude);
  return negative_ ? -value : value;
}

BigInteger BigInteger::operator-() const {
  BigInteger result = *this;
  result.negative_ = !negative_ && !limbs_.empty();
  return result;
}

BigInteger BigInteger::abs() const {
  BigInteger result = *this;
  result.negative_ = false;
  return result;
}

void BigInteger::trim(Limbs& limbs) {
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
}

void BigInteger::set(Limbs limbs, bool negative) {
  trim(limbs);
  limbs_ = std::move(limbs);
  negative_ = negative && !limbs_.empty();
}

int BigInteger::compare_limbs(const Limbs& a, const Limbs& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (std::size_t i = a.size(); i > 0; --i)
    if (a[i - 1] != b[i - 1]) return a[i - 1] < b[i - 1] ? -1 : 1;
  return 0;
}

BigInteger::Limbs BigInteger::add(const Limbs& a, const Limbs& b) {
  const Limbs& longer = a.size() >= b.size() ? a : b;
  const Limbs& shorter = a.size() >= b.size() ? b : a;
  Limbs sum = longer;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    carry += static_cast<std::uint64_t>(sum[i]) + (i < shorter.size() ? shorter[i] : 0);
    sum[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  if (carry != 0) sum.push_back(static_cast<std::uint32_t>(carry));
  return sum;
}

BigInteger::Limbs BigInteger::subtract(const Limbs& a, const Limbs& b) {
  Limbs difference = a;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::uint64_t take = (i < b.size() ? b[i] : 0) + borrow;
    borrow = a[i] < take ? 1 : 0;
    difference[i] = static_cast<std::uint32_t>(a[i] + (borrow << 32) - take);
  }
  trim(difference);
  return difference;
}

BigInteger operator+(const BigInteger& a, const BigInteger& b) {
  BigInteger sum;
  if (a.negative_ == b.negative_) {
    sum.set(BigInteger::add(a.limbs_, b.limbs_), a.negative_);
  } else if (BigInteger::compare_limbs(a.limbs_, b.limbs_) >= 0) {
    sum.set(BigInteger::subtract(a.limbs_, b.limbs_), a.negative_);
  } else {
    sum.set(BigInteger::subtract(b.limbs_, a.limbs_), b.negative_);
  }
  return sum;
}

BigInteger operator-(const BigInteger& a, const BigInteger& b) {
  return a + -b;
}

BigInteger operator*(const BigInteger& a, const BigInteger& b) {
  BigInteger::Limbs product(a.limbs_.size() + b.limbs_.size(), 0);
  for (std::size_t i = 0; i < a.limbs_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.limbs_.size(); ++j) {
      carry += static_cast<std::uint64_t>(a.limbs_[i]) * b.limbs_[j] + product[i + j];
      product[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    product[i + b.limbs_.size()] = static_cast<std::uint32_t>(carry);
  }
  BigInteger result;
  result.set(std::move(product), a.negative_ != b.negative_);
  return result;
}

std::uint32_t BigInteger::divide_small(Limbs& a, std::uint32_t b) {
  std::uint64_t rest = 0;
  for (std::size_t i = a.size(); i > 0; --i) {
    rest = rest << 32 | a[i - 1];
    a[i - 1] = static_cast<std::uint32_t>(rest / b);
    rest %= b;
  }
  trim(a);
  return static_cast<std::uint32_t>(rest);
}

// Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm D.
void BigInteger::divide_large(const Limbs& a, const Limbs& b, Limbs& quotient, Limbs& remainder) {
  const int shift = std::countl_zero(b.back());
  const auto shifted = [shift](const Limbs& in, bool extra) {
    Limbs out(in.size() + (extra ? 1 : 0), 0);
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      carry |= static_cast<std::uint64_t>(in[i]) << shift;
      out[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (extra) out[in.size()] = static_cast<std::uint32_t>(carry);
    return out;
  };
  Limbs u = shifted(a, true);
  const Limbs v = shifted(b, false);
  const std::size_t n = v.size(), m = a.size() - n;
  quotient.assign(m + 1, 0);
  for (std::size_t j = m + 1; j-- > 0;) {
    const std::uint64_t top = static_cast<std::uint64_t>(u[j + n]) << 32 | u[j + n - 1];
    std::uint64_t guess = top / v[n - 1], rest = top % v[n - 1];
    while (guess >> 32 != 0 || guess * v[n - 2] > (rest << 32 | u[j + n - 2])) {
      --guess;
      rest += v[n - 1];
      if (rest >> 32 != 0) break;
    }
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t product = guess * v[i] + borrow;
      borrow = product >> 32;
      const auto low = static_cast<std::uint32_t>(product);
      if (u[i + j] < low) ++borrow;
      u[i + j] -= low;
    }
    const bool too_much = u[j + n] < borrow;
    u[j + n] = static_cast<std::uint32_t>(u[j + n] - borrow);
    if (too_much) {
      --guess;
      std::uint64_t carry = 0;
      for (std::size_t i = 0; i < n; ++i) {
        carry += static_cast<std::uint64_t>(u[i + j]) + v[i];
        u[i + j] = static_cast<std::uint32_t>(carry);
        carry >>= 32;
      }
      u[j + n] = static_cast<std::uint32_t>(u[j + n] + carry);
    }
    quotient[j] = static_cast<std::uint32_t>(guess);
  }
  remainder.assign(n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t pair = static_cast<std::uint64_t>(u[i + 1]) << 32 | u[i];
    remainder[i] = static_cast<std::uint32_t>(pair >> shift);
  }
}

void BigInteger::divide(const BigInteger& a, const BigInteger& b, BigInteger& quotient,
                        BigInteger& remainder) {
  Limbs q, r;
  if (compare_limbs(a.limbs_, b.limbs_) < 0) {
    r = a.limbs_;
  } else if (b.limbs_.size() == 1) {
    q = a.limbs_;
    const std::uint32_t rest = divide_small(q, b.limbs_[0]);
    if (rest != 0) r.push_back(rest);
  } else {
    divide_large(a.limbs_, b.limbs_, q, r);
  }
  const bool q_negative = a.negative_ != b.negative_, r_negative = a.negative_;
  quotient.set(std::move(q), q_negative);
  remainder.set(std::move(r), r_negative);
}

BigInteger operator/(const BigInteger& a, const BigInteger& b) {
  BigInteger quotient, remainder;
  BigInteger::divide(a, b, quotient, remainder);
  return quotient;
}

BigInteger operator%(const BigInteger& a, const BigInteger& b) {
  BigInteger quotient, remainder;
  BigInteger::divide(a, b, quotient, remainder);
  return remainder;
}

int compare(const BigInteger& a, const BigInteger& b) {
  if (a.negative_ != b.negative_) return a.negative_ ? -1 : 1;
  const int magnitude = BigInteger::compare_limbs(a.limbs_, b.limbs_);
  return a.negative_ ? -magnitude : magnitude;
}

BigInteger gcd(BigInteger a, BigInteger b) {
  a = a.abs();
  b = b.abs();
  while (!b.is_zero()) {
    BigInteger rest = a % b;
    a = std::move(b);
    b = std::move(rest);
  }
  return a;
}

BigInteger power(BigInteger base, std::uint64_t exponent) {
  BigInteger result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = result * base;
    if (exponent > 1) base = base * base;
  }
  return result;
}

BigInteger root(const BigInteger& value, std::uint32_t n) {
  if (value.is_zero() || n == 1) return value;
  if (n >= value.bit_length()) return 1;
  // Newton's steps from above: they fall until they reach the root.
  BigInteger guess = power(2, value.bit_length() / n + 1);
  for (;;) {
    const BigInteger next =
        (guess * (static_cast<std::int64_t>(n) - 1) + value / power(guess, n - 1)) /
        static_cast<std::int64_t>(n);
    if (compare(next, guess) >= 0) return guess;
    guess = next;
  }
}

}  // namespace cactus::cli
