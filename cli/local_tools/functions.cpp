// The calculator's functions by name.
#include <cmath>
#include <iterator>

#include "cli/local_tools/quantity.h"

namespace cactus::cli {
namespace {

constexpr double kPi = 3.14159265358979323846;

using Function = Result<Quantity> (*)(std::span<const Quantity>);

Result<Quantity> real(double value) {
  if (std::isnan(value)) return unworkable("the function has no value there");
  if (std::isinf(value)) return unworkable("the function has no finite value there");
  Quantity result;
  result.approximate = value;
  result.is_exact = false;
  return result;
}

double radians(const Quantity& angle) {
  return angle.degrees ? as_double(angle) * kPi / 180 : as_double(angle);
}

// sin 180° is 0 and not what rounding leaves of it.
Result<Quantity> trigonometric(double value) {
  if (std::abs(value) < 1e-15) return exactly(0);
  if (std::abs(value) > 1e15) return unworkable("the function has no finite value there");
  const double nearest = std::round(value * 2) / 2;
  if (std::abs(value - nearest) < 1e-15) return exactly(Rational::from_double(nearest));
  return real(value);
}

Result<Quantity> logarithm(double value, double base) {
  if (!(value > 0)) return unworkable("only numbers above zero have a logarithm");
  if (!(base > 0) || base == 1)
    return unworkable("the base of a logarithm is a number above zero, and not 1");
  const double result = base == 10  ? std::log10(value)
                        : base == 2 ? std::log2(value)
                                    : std::log(value) / std::log(base);
  const double nearest = std::round(result);
  if (std::abs(nearest) < 1000 && std::abs(result - nearest) < 1e-12 &&
      std::pow(base, nearest) == value)
    return exactly(static_cast<std::int64_t>(nearest));
  return real(result);
}

Result<Quantity> rounded(const Quantity& value, const Rational& shift) {
  const Rational exact = value.is_exact ? value.exact : Rational::from_double(value.approximate);
  return exactly((exact + shift).floor());
}

template <class Better>
Result<Quantity> best(std::span<const Quantity> values, Better better) {
  const Quantity* found = &values[0];
  for (const Quantity& value : values)
    if (better(as_double(value), as_double(*found))) found = &value;
  return *found;
}

Result<Quantity> total(std::span<const Quantity> values) {
  Quantity sum = exactly(0);
  for (const Quantity& value : values) {
    CACTUS_TRY(next, add(sum, value));
    sum = next;
  }
  return sum;
}

Result<Quantity> whole_fold(std::span<const Quantity> values, bool least_multiple) {
  BigInteger result = least_multiple ? 1 : 0;
  for (const Quantity& value : values) {
    if (!value.is_exact || !value.exact.is_integer())
      return unworkable("gcd and lcm are of whole numbers");
    const BigInteger next = value.exact.numerator().abs();
    const BigInteger common = gcd(result, next);
    if (!least_multiple) {
      result = common;
    } else {
      result = common.is_zero() ? 0 : result * (next / common);
      if (result.bit_length() > kMostBits) return unworkable("the result has too many digits");
    }
  }
  return exactly(result);
}

using Values = std::span<const Quantity>;
Result<Quantity> arc(double value, const Quantity& argument) {
  if (!(std::abs(as_double(argument)) <= 1)) return unworkable("that is of a number from -1 to 1");
  return real(value);
}

struct Row {
  FunctionInfo info;
  Function run;
};

const Row kFunctions[] = {
    {{"sqrt", 1, 1}, [](Values v) { return nth_root(v[0], exactly(2)); }},
    {{"cbrt", 1, 1}, [](Values v) { return nth_root(v[0], exactly(3)); }},
    {{"root", 2, 2}, [](Values v) { return nth_root(v[0], v[1]); }},
    {{"pow", 2, 2}, [](Values v) { return raise(v[0], v[1]); }},
    {{"abs", 1, 1}, [](Values v) { return as_double(v[0]) < 0 ? negate(v[0]) : v[0]; }},
    {{"exp", 1, 1},
     [](Values v) -> Result<Quantity> {
       if (v[0].is_exact && v[0].exact.is_zero()) return exactly(1);
       const double value = std::exp(as_double(v[0]));
       if (std::isinf(value)) return unworkable("the result is larger than this calculator keeps");
       return real(value);
     }},
    {{"ln", 1, 1},
     [](Values v) -> Result<Quantity> {
       if (v[0].is_exact && v[0].exact == Rational(1)) return exactly(0);
       if (!(as_double(v[0]) > 0)) return unworkable("only numbers above zero have a logarithm");
       return real(std::log(as_double(v[0])));
     }},
    {{"log", 1, 2},
     [](Values v) { return logarithm(as_double(v[0]), v.size() > 1 ? as_double(v[1]) : 10); }},
    {{"log10", 1, 1}, [](Values v) { return logarithm(as_double(v[0]), 10); }},
    {{"log2", 1, 1}, [](Values v) { return logarithm(as_double(v[0]), 2); }},
    {{"sin", 1, 1}, [](Values v) { return trigonometric(std::sin(radians(v[0]))); }},
    {{"cos", 1, 1}, [](Values v) { return trigonometric(std::cos(radians(v[0]))); }},
    {{"tan", 1, 1}, [](Values v) { return trigonometric(std::tan(radians(v[0]))); }},
    {{"asin", 1, 1}, [](Values v) { return arc(std::asin(as_double(v[0])), v[0]); }},
    {{"acos", 1, 1}, [](Values v) { return arc(std::acos(as_double(v[0])), v[0]); }},
    {{"atan", 1, 1}, [](Values v) { return real(std::atan(as_double(v[0]))); }},
    {{"sinh", 1, 1}, [](Values v) { return real(std::sinh(as_double(v[0]))); }},
    {{"cosh", 1, 1}, [](Values v) { return real(std::cosh(as_double(v[0]))); }},
    {{"tanh", 1, 1}, [](Values v) { return real(std::tanh(as_double(v[0]))); }},
    {{"floor", 1, 1}, [](Values v) { return rounded(v[0], 0); }},
    {{"ceil", 1, 1},
     [](Values v) -> Result<Quantity> {
       CACTUS_TRY(minus, negate(v[0]));
       CACTUS_TRY(down, rounded(minus, 0));
       return negate(down);
     }},
    {{"round", 1, 2},
     [](Values v) -> Result<Quantity> {
       if (v.size() > 1) {
         const bool fits = v[1].is_exact && v[1].exact.is_integer() && !v[1].exact.is_negative() &&
                           v[1].exact.numerator().bit_length() <= 5;
         if (!fits) return unworkable("it rounds to 0 to 31 decimals");
         const Rational value =
             v[0].is_exact ? v[0].exact : Rational::from_double(v[0].approximate);
         return exactly(Rational::parse(
             fixed_text(value, static_cast<int>(v[1].exact.numerator().to_int64()))));
       }
       const bool negative = as_double(v[0]) < 0;  // half away from zero
       CACTUS_TRY(magnitude, negative ? negate(v[0]) : Result<Quantity>(v[0]));
       CACTUS_TRY(whole, rounded(magnitude, Rational(1, 2)));
       return negative ? negate(whole) : whole;
     }},
    {{"factorial", 1, 1}, [](Values v) { return factorial(v[0]); }},
    {{"mod", 2, 2}, [](Values v) { return modulo(v[0], v[1]); }},
    {{"min", 1, 1000}, [](Values v) { return best(v, [](double a, double b) { return a < b; }); }},
    {{"max", 1, 1000}, [](Values v) { return best(v, [](double a, double b) { return a > b; }); }},
    {{"sum", 1, 1000}, [](Values v) { return total(v); }},
    {{"mean", 1, 1000},
     [](Values v) -> Result<Quantity> {
       CACTUS_TRY(sum, total(v));
       return divide(sum, exactly(static_cast<std::int64_t>(v.size())));
     }},
    {{"gcd", 1, 1000}, [](Values v) { return whole_fold(v, false); }},
    {{"lcm", 1, 1000}, [](Values v) { return whole_fold(v, true); }},
};

struct Alias {
  std::string_view name, function;
};
constexpr Alias kAliases[] = {
    {"sine", "sin"},      {"cosine", "cos"},  {"tangent", "tan"},  {"arcsin", "asin"},
    {"arccos", "acos"},   {"arctan", "atan"}, {"average", "mean"}, {"avg", "mean"},
    {"minimum", "min"},   {"maximum", "max"}, {"absolute", "abs"}, {"ceiling", "ceil"},
    {"logarithm", "log"}, {"hcf", "gcd"},     {"power", "pow"},    {"total", "sum"},
    {"log_10", "log10"},  {"lg", "log10"},    {"smallest", "min"}, {"largest", "max"},
};

const Row* find_row(std::string_view name) {
  for (const Alias& alias : kAliases)
    if (alias.name == name) name = alias.function;
  for (const Row& row : kFunctions)
    if (row.info.name == name) return &row;
  return nullptr;
}

}  // namespace

const FunctionInfo* find_function(std::string_view name) {
  const Row* row = find_row(name);
  return row != nullptr ? &row->info : nullptr;
}

Result<Quantity> apply_function(std::string_view name, std::span<const Quantity> arguments) {
  const Row* row = find_row(name);
  if (row == nullptr) return unworkable("there is no function '" + std::string(name) + "'");
  if (arguments.size() < row->info.least || arguments.size() > row->info.most)
    return unworkable("'" + std::string(name) + "' takes " + std::to_string(row->info.least) +
                      (row->info.most == row->info.least ? ""
                       : row->info.most > 2              ? " or more"
                                                         : " or 2") +
                      (row->info.most == 1 ? " number" : " numbers"));
  return row->run(arguments);
}

}  // namespace cactus::cli
