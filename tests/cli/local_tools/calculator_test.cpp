// Arithmetic: what people write and say, exactness, and bounds.
#include "cli/local_tools/calculator.h"

#include <random>

#include "tests/cli/local_tools/environment.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::cli;

namespace {

std::string result(const std::string& expression) {
  const auto calculation = calculate(expression);
  if (!calculation) return "error: " + calculation.error().why;
  const auto [digits, rounded] = quantity_text(calculation->value);
  return (rounded ? "~" : "") + digits + (calculation->is_percentage ? "%" : "");
}

}  // namespace

TEST_CASE("calculator: operators and precedence", "[cli]") {
  const std::pair<const char*, const char*> cases[] = {
      {"12*7", "84"},       {"12 x 7", "84"},      {"12x7", "84"},
      {"3×4", "12"},        {"9 ÷ 2", "4.5"},      {"7−10", "-3"},
      {"2 + 3 * 4", "14"},  {"(2 + 3) * 4", "20"}, {"[2 + 3] * {4}", "20"},
      {"2^3^2", "512"},     {"2**10", "1024"},     {"-2^2", "-4"},
      {"(-2)^2", "4"},      {"2^-1", "0.5"},       {"10 % 3", "1"},
      {"-7 mod 3", "2"},    {"7 modulo -3", "-2"}, {"5!", "120"},
      {"3!!", "720"},       {"0!", "1"},           {"2(3+4)", "14"},
      {"(1+2)(3+4)", "21"}, {"10 - 4 - 3", "3"},   {"100 / 10 / 2", "5"},
      {"--5", "5"},         {"+5", "5"},           {"3²", "9"},
      {"2¹⁰", "1024"},      {"½ + ¼", "0.75"},     {"√16", "4"},
      {"∛27", "3"},         {"1e3 + 1", "1001"},   {"1.5e-3", "0.0015"},
      {"3:4", "0.75"},      {"5.", "5"},           {".5 + .5", "1"},
      {"2 * (3 + 4", "14"},  // a parenthesis that was not closed
  };
  for (const auto& [expression, expected] : cases) {
    INFO(expression);
    CHECK(result(expression) == expected);
  }
}

TEST_CASE("calculator: decimals are exact", "[cli]") {
  CHECK(result("0.1 + 0.2") == "0.3");
  CHECK(result("18% of 249.90") == "44.982");
  CHECK(result("1.1 * 1.1") == "1.21");
  CHECK(result("1/8") == "0.125");
  CHECK(result("1/3") == "~0.333333333333");
  CHECK(result("1/3 * 3") == "1");
  CHECK(result("2/3 + 1/3") == "1");
  CHECK(result("123456789012345678901234567890 + 1") == "123456789012345678901234567891");
  CHECK(result("99999999999999999999 * 99999999999999999999") ==
        "9999999999999999999800000000000000000001");
  CHECK(result("2^100") == "1267650600228229401496703205376");
  CHECK(result("2^100 / 2^99") == "2");
  CHECK(result("0.1^10") == "0.0000000001");
  CHECK(result("(1/7) * 7 - 1") == "0");
}

TEST_CASE("calculator: percentages as people mean them", "[cli]") {
  const std::pair<const char*, const char*> cases[] = {
      {"18% of 249.90", "44.982"},
      {"18 percent of 249.90", "44.982"},
      {"18 per cent of 50", "9"},
      {"7.5% of 1,250", "93.75"},
      {"5% off 80", "76"},
      {"5% off of 80", "76"},
      {"80 plus 5%", "84"},
      {"80 + 5%", "84"},
      {"80 - 5%", "76"},
      {"80 minus 5%", "76"},
      {"5% + 5%", "0.1"},
      {"20% of 30% of 500", "30"},
      {"15% tip on 80", "12"},
      {"20% VAT on 100", "20"},
      {"8% more than 50", "54"},
      {"8% less than 50", "46"},
      {"increase 80 by 5%", "84"},
      {"decrease 80 by 5%", "76"},
      {"what percent of 80 is 20", "25%"},
      {"20 is what percent of 80", "25%"},
      {"20 as a percentage of 80", "25%"},
      {"20 out of 80", "25%"},
      {"50%", "0.5"},
      {"100 * 5%", "5"},
      {"10% of $45.50", "4.55"},
  };
  for (const auto& [expression, expected] : cases) {
    INFO(expression);
    CHECK(result(expression) == expected);
  }
}

TEST_CASE("calculator: words", "[cli]") {
  const std::pair<const char*, const char*> cases[] = {
      {"12 times 7", "84"},
      {"twelve times seven", "84"},
      {"84xfourteen", "1176"},
      {"forty-two plus eight", "50"},
      {"forty two minus two", "40"},
      {"a hundred and five divided by 3", "35"},
      {"two million three hundred thousand", "2300000"},
      {"2.5 million + 1", "2500001"},
      {"5k * 2", "10000"},
      {"three and a half times 2", "7"},
      {"3 and a half times 2", "7"},
      {"two point five times 4", "10"},
      {"half of 90", "45"},
      {"a third of 90", "30"},
      {"two thirds of 90", "60"},
      {"three quarters of 80", "60"},
      {"a quarter of 90", "22.5"},
      {"a dozen times 3", "36"},
      {"two dozen", "24"},
      {"the square root of 144", "12"},
      {"square root of 2", "~1.41421356237"},
      {"cube root of 27", "3"},
      {"fourth root of 16", "2"},
      {"4th root of 16", "2"},
      {"5 squared", "25"},
      {"2 cubed", "8"},
      {"the square of 9", "81"},
      {"2 to the power of 10", "1024"},
      {"2 to the 8th power", "256"},
      {"2 to the eighth", "256"},
      {"2 raised to 5", "32"},
      {"5 factorial", "120"},
      {"factorial of 5", "120"},
      {"100 modulo 7", "2"},
      {"remainder of 10 divided by 3", "1"},
      {"sum of 3, 4 and 5", "12"},
      {"sum of 3 and 4", "7"},
      {"product of 3 and 4", "12"},
      {"difference between 10 and 4", "6"},
      {"average of 2, 4 and 9", "5"},
      {"add 5 to 7", "12"},
      {"subtract 5 from 12", "7"},
      {"multiply 3 by 4", "12"},
      {"divide 12 by 4", "3"},
      {"double 21", "42"},
      {"twice 21", "42"},
      {"5 less than 12", "7"},
      {"12 less 5", "7"},
      {"greatest common divisor of 12 and 18", "6"},
      {"lcm of 4 and 6", "12"},
      {"minus 5 plus 3", "-2"},
      {"what is 12 times 7?", "84"},
      {"calculate 12 * 7 =", "84"},
      {"log base 2 of 8", "3"},
      {"1,250 + 1", "1251"},
      {"1.250,50 + 1", "1251.5"},
      {"1'000'000 / 2", "500000"},
      {"0,5 * 2", "1"},
      {"10,000.50 * 2", "20001"},
      {"$45.50 + $4.50", "50"},
  };
  for (const auto& [expression, expected] : cases) {
    INFO(expression);
    CHECK(result(expression) == expected);
  }
}

TEST_CASE("calculator: functions", "[cli]") {
  const std::pair<const char*, const char*> cases[] = {
      {"sqrt(16)", "4"},
      {"sqrt(0.25)", "0.5"},
      {"sqrt 16", "4"},
      {"sqrt(1,250)", "~35.3553390593"},
      {"cbrt(-8)", "-2"},
      {"root(32, 5)", "2"},
      {"8^(1/3)", "2"},
      {"27^(2/3)", "9"},
      {"abs(-5)", "5"},
      {"exp(0)", "1"},
      {"ln(1)", "0"},
      {"ln(e)", "~1"},
      {"log(1000)", "3"},
      {"log(8, 2)", "3"},
      {"log2(8)", "3"},
      {"log10(0.01)", "-2"},
      {"sin(0)", "0"},
      {"sin(30°)", "0.5"},
      {"sin(30 degrees)", "0.5"},
      {"cos(60°)", "0.5"},
      {"tan(45°)", "1"},
      {"sin(pi)", "0"},
      {"2 * pi", "~6.28318530718"},
      {"2pi", "~6.28318530718"},
      {"floor(-2.5)", "-3"},
      {"ceil(-2.5)", "-2"},
      {"round(2.5)", "3"},
      {"round(-2.5)", "-3"},
      {"round(2.345, 2)", "2.35"},
      {"max(1,250)", "250"},
      {"min(3, 1, 2)", "1"},
      {"gcd(12, 18)", "6"},
      {"lcm(4, 6)", "12"},
      {"mod(10, 4)", "2"},
      {"mean(1, 2, 6)", "3"},
      {"acos(2)", "error: that is of a number from -1 to 1"},
  };
  for (const auto& [expression, expected] : cases) {
    INFO(expression);
    CHECK(result(expression) == expected);
  }
  CHECK(calculate("sin(1)")->radians);
  CHECK_FALSE(calculate("sin(30°)")->radians);
}

TEST_CASE("calculator: what cannot be worked out says why, at once", "[cli]") {
  const std::pair<const char*, const char*> cases[] = {
      {"1/0", "divides by zero"},
      {"5 mod 0", "divides by zero"},
      {"0^-1", "divides by zero"},
      {"9^9^9^9", "digits"},
      {"9^9^9", "digits"},
      {"10^100000", "digits"},
      {"100000!", "digits"},
      {"(-1)!", "whole number"},
      {"2.5!", "whole number"},
      {"sqrt(-1)", "no square root"},
      {"log(0)", "above zero"},
      {"ln(-1)", "above zero"},
      {"", "nothing"},
      {"?", "nothing"},
      {"2 +", "ends"},
      {"* 2", "wrong place"},
      {"2 3", "side by side"},
      {"(((", "ends"},
      {"2 plsu 3", "did you mean 'plus'"},
      {"bananas", "bananas"},
      {"2 # 3", "means nothing"},
      {"2 \xff 3", "UTF-8"},
      {"sqrt(1, 2)", "takes 1 number"},
      {"1e9999", "too long"},
      {"exp(100000)", "larger"},
      {"tan(90°)", "no finite value"},
  };
  for (const auto& [expression, expected] : cases) {
    INFO(expression << " -> " << result(expression));
    CHECK(result(expression).find("error: ") == 0);
    CHECK(result(expression).find(expected) != std::string::npos);
  }
  CHECK(result(std::string(5'000, '1')).find("longer") != std::string::npos);
  CHECK(result(std::string(900, '9')).find("too long") != std::string::npos);
  CHECK(result(std::string(900, '(')).find("deep") != std::string::npos);
  CHECK(result(std::string(900, '-') + "1").find("deep") != std::string::npos);
  std::string chain = "2^16000";
  for (int i = 0; i < 80; ++i) chain += "+2^16000";
  CHECK(result(chain).find("work") != std::string::npos);
  CHECK(result("1500!").size() > 4'000);
}

TEST_CASE("calculator: whole numbers agree with the machine's, by division and multiplication",
          "[cli]") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2'000; ++i) {
    const auto a = static_cast<std::int64_t>(random() >> (random() % 60 + 2));
    const auto b = static_cast<std::int64_t>(random() >> (random() % 60 + 3)) + 1;
    const auto text = [](std::int64_t n) { return std::to_string(n); };
    CHECK((BigInteger(a) / BigInteger(b)).text() == text(a / b));
    CHECK((BigInteger(a) % BigInteger(-b)).text() == text(a % -b));
    CHECK((BigInteger(a) - BigInteger(b)).text() == text(a - b));
  }
  for (int i = 0; i < 300; ++i) {  // longer ones: (q·b + r) / b gives q and r back
    const auto draw = [&](std::size_t digits) {
      std::string text(1, static_cast<char>('1' + random() % 9));
      while (text.size() < digits) text += static_cast<char>('0' + random() % 10);
      return BigInteger::from_digits(text);
    };
    const BigInteger q = draw(1 + random() % 60), b = draw(2 + random() % 60);
    const BigInteger r = draw(1 + random() % 60) % b;
    BigInteger quotient, remainder;
    BigInteger::divide(q * b + r, b, quotient, remainder);
    CHECK(quotient == q);
    CHECK(remainder == r);
    CHECK(BigInteger::from_digits(q.text()) == q);
    CHECK(root(q * q, 2) == q);
    CHECK(root(power(b, 5) - 1, 5) == b - 1);
    CHECK(gcd(q * b, b) == b);
  }
  // The quotient's guess is one too large here (Knuth's add-back step).
  const BigInteger high = power(2, 95), low = power(2, 63) + 1;
  CHECK((high / low) * low + high % low == high);
}

TEST_CASE("calculator tool: words for people, numbers for programs", "[cli]") {
  World world;
  const auto answer = world.ok("calculator", {{"expression", "18% of 249.90"}});
  CHECK(answer.sentence == "18% of 249.90 = 44.982");
  CHECK(answer.value["result"] == 44.982);
  CHECK(answer.value["exact"] == true);
  CHECK(world.say("calculator", {{"expression", "1234 * 1000 ="}}) == "1234 * 1000 = 1,234,000");
  CHECK(world.say("calculator", {{"expression", "square root of 2"}}) ==
        "square root of 2 ≈ 1.41421356237");
  CHECK(world.say("calculator", {{"expression", "sin(1)"}}).find("radians") != std::string::npos);
  const auto large = world.ok("calculator", {{"expression", "100!"}});
  CHECK(large.value["result"].get<std::string>().size() == 158);
  CHECK(large.sentence.find("158 digits") != std::string::npos);
  const Error error = world.fail("calculator", {{"expression", "9^9^9^9"}});
  CHECK(error.what == "cannot work out '9^9^9^9'");
  CHECK(error.kind == ErrorKind::usage);
}
