#include "cli/local_tools/calculator.h"

#include <algorithm>
#include <initializer_list>
#include <span>

#include "cli/local_tools/calculator_lexer.h"
#include "cli/local_tools/number_words.h"
#include "cli/suggest.h"

namespace cactus::cli {
namespace {

constexpr int kMostDepth = 60;
constexpr std::size_t kMostWork = 1'000'000;  // bits of all results together

using Words = std::initializer_list<std::string_view>;

bool one_of(std::string_view word, Words words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class Evaluator {
 public:
  explicit Evaluator(std::span<const Token> tokens) : tokens_(tokens) {}

  Result<Calculation> run() {
    skip_introduction();
    CACTUS_TRY(value, sentence());
    while (take("=") || take_any({"equals", "equal", "is", "please", "exactly", "altogether"})) {
    }
    if (!at_end()) return unexpected();
    value.radians = radians_;
    return std::move(value);
  }

 private:
  // Tokens.
  const Token& token(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool at_end() const { return token().kind == TokenKind::end; }
  bool is(std::string_view text, std::size_t ahead = 0) const {
    const Token& t = token(ahead);
    return (t.kind == TokenKind::word || t.kind == TokenKind::sign) && t.text == text;
  }
  bool take(std::string_view text) {
    if (!is(text)) return false;
    ++at_;
    return true;
  }
  bool take_all(Words words) {
    std::size_t ahead = 0;
    for (const std::string_view word : words)
      if (!is(word, ahead++)) return false;
    at_ += words.size();
    return true;
  }
  bool take_any(Words words) {
    for (const std::string_view word : words)
      if (take(word)) return true;
    return false;
  }
  Error unexpected() const {
    const Token& t = token();
    if (t.kind == TokenKind::end) return unworkable("it ends where a number is expected");
    if (t.kind == TokenKind::number) return unworkable("two numbers stand side by side");
    if (t.kind == TokenKind::sign || t.kind == TokenKind::superscript)
      return unworkable("'" + t.text + "' stands in the wrong place");
    static const std::vector<std::string> known = {
        "plus",   "minus",  "times",   "divided",  "multiplied", "percent", "squared",   "cubed",
        "square", "modulo", "million", "thousand", "hundred",    "average", "factorial", "root"};
    const std::string near = closest(t.text, known);
    return unworkable("'" + t.text +
                      "' is no number, operator or function that this calculator knows" +
                      (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }

  // Bounds.
  Status spend(const Quantity& value) {
    work_ += value.exact.bits();
    if (work_ > kMostWork) return unworkable("it is too much work: the numbers are very long");
    return ok_status();
  }
  Result<Quantity> counted(Result<Quantity> value) {
    if (!value) return value;
    CACTUS_CHECK(spend(*value));
    return value;
  }
  struct Deeper {
    explicit Deeper(int& depth) : depth_(depth) { ++depth_; }
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    int& depth_;
  };

  void skip_introduction() {
    while (token().kind == TokenKind::word) {
      if (is("what") && (is("percent", 1) || is("percentage", 1) || is("%", 1))) return;
      if (take_all({"work", "out"}) || take_all({"result", "of"}) || take_all({"value", "of"}) ||
          take_all({"how", "much", "is"}))
        continue;
      if (!take_any({"what", "whats", "is", "are", "calculate", "compute", "evaluate", "solve",
                     "please", "find", "the", "tell", "me", "so"}))
        return;
    }
  }

  // Sentences that are more than an expression.
  Result<Calculation> sentence() {
    if (take("what")) {  // what percent of 80 is 20
      ++at_;
      if (!take("of")) return unexpected();
      CACTUS_TRY(whole, sum());
      if (!take("is")) return unexpected();
      CACTUS_TRY(part, sum());
      return share(part, whole);
    }
    if (const auto start = at_; take_any({"add", "subtract", "multiply", "divide", "increase",
                                          "decrease", "reduce", "raise", "deduct"})) {
      const std::string verb = token_at(start).text;
      return as_calculation(command(verb));
    }
    CACTUS_TRY(value, sum());
    if (take_all({"is", "what", "percent", "of"}) || take_all({"is", "what", "%", "of"}) ||
        take_all({"is", "what", "percentage", "of"}) || take_all({"out", "of"}) ||
        take_all({"as", "a", "percent", "of"}) || take_all({"as", "a", "percentage", "of"}) ||
        take_all({"as", "percentage", "of"}) || take_all({"as", "a", "%", "of"})) {
      CACTUS_TRY(whole, sum());
      return share(value, whole);
    }
    return as_calculation(value);
  }

  const Token& token_at(std::size_t index) const { return tokens_[index]; }

  Result<Calculation> as_calculation(Result<Quantity> value) {
    if (!value) return std::move(value).error();
    Calculation result;
    result.value = *value;
    return result;
  }
  Result<Calculation> share(const Quantity& part, const Quantity& whole) {
    CACTUS_TRY(ratio, divide(part, whole));
    CACTUS_TRY(percent, multiply(ratio, exactly(100)));
    Calculation result;
    result.value = percent;
    result.is_percentage = true;
    return result;
  }

  Result<Quantity> command(const std::string& verb) {
    CACTUS_TRY(first, sum());
    const bool joined = take_any({"to", "from", "by", "and", "with"});
    if (take("the")) take_all({"power", "of"});
    if (!joined) return unexpected();
    CACTUS_TRY(second, sum());
    if (verb == "add") return plus(second, first);
    if (verb == "subtract" || verb == "deduct") return minus(second, first);
    if (verb == "multiply") return counted(multiply(first, second));
    if (verb == "divide") return counted(divide(first, second));
    if (verb == "raise" && !second.percent) return counted(raise(first, second));
    return verb == "decrease" || verb == "reduce" ? minus(first, second) : plus(first, second);
  }

  // a + 8% adds 8% of a, as every desk calculator does.
  Result<Quantity> plus(const Quantity& a, const Quantity& b) {
    if (!b.percent || a.percent) return counted(keep_percent(add(a, b), a, b));
    CACTUS_TRY(factor, add(exactly(1), b));
    return counted(multiply(a, factor));
  }
  Result<Quantity> minus(const Quantity& a, const Quantity& b) {
    if (!b.percent || a.percent) return counted(keep_percent(subtract(a, b), a, b));
    CACTUS_TRY(factor, subtract(exactly(1), b));
    return counted(multiply(a, factor));
  }
  static Result<Quantity> keep_percent(Result<Quantity> value, const Quantity& a,
                                       const Quantity& b) {
    if (value) value->percent = a.percent && b.percent;
    return value;
  }

  Result<Quantity> sum() {
    const Deeper deeper(depth_);
    if (depth_ > kMostDepth) return unworkable("it is nested more than 60 deep");
    CACTUS_TRY(first, product());
    Quantity value = first;
    for (;;) {
      if (take_all({"more", "than"}) || take_all({"added", "to"})) {
        CACTUS_TRY(right, product());
        CACTUS_TRY(next, plus(right, value));
        value = next;
      } else if (take_all({"less", "than"}) || take_all({"subtracted", "from"})) {
        CACTUS_TRY(right, product());
        CACTUS_TRY(next, minus(right, value));
        value = next;
      } else if (take("+") || take("plus") || take("add") || take_all({"increased", "by"})) {
        CACTUS_TRY(right, product());
        CACTUS_TRY(next, plus(value, right));
        value = next;
      } else if (take("-") || take("minus") || take("less") || take("subtract") ||
                 take_all({"take", "away"}) || take_all({"decreased", "by"}) ||
                 take_all({"reduced", "by"}) || take_all({"discounted", "by"})) {
        CACTUS_TRY(right, product());
        CACTUS_TRY(next, minus(value, right));
        value = next;
      } else {
        return value;
      }
    }
  }

  // 2(3 + 4), 2 pi, 3 sqrt 2: what multiplies without a sign.
  bool begins_operand() const {
    const Token& t = token();
    if (is("(")) return true;
    return t.kind == TokenKind::word &&
           (one_of(t.text, {"pi", "e", "tau"}) || find_function(t.text) != nullptr);
  }

  Result<Quantity> product() {
    CACTUS_TRY(first, signed_operand());
    Quantity value = first;
    for (;;) {
      enum class Op { times, over, modulo, off } op = Op::times;
      if (take("*") || take("x") || take("times") || take("of") || take_all({"multiplied", "by"}) ||
          take_all({"multiplied", "with"}) || take_tip()) {
      } else if (take("/") || take("over") || take_all({"divided", "by"}) ||
                 take_all({"divide", "by"})) {
        op = Op::over;
      } else if (take("mod") || take("modulo") || take_all({"modulus"})) {
        op = Op::modulo;
      } else if (take("%")) {  // not a percent sign: a number follows
        op = Op::modulo;
      } else if (take("off")) {
        op = Op::off;
        take_any({"of", "from"});
      } else if (!begins_operand()) {
        return value;
      }
      take("the");
      CACTUS_TRY(right, signed_operand());
      auto next = op == Op::times  ? multiply(value, right)
                  : op == Op::over ? divide(value, right)
                  : op == Op::off  ? minus(right, value)
                                   : modulo(value, right);
      if (!next) return next;
      CACTUS_CHECK(spend(*next));
      value = *next;
    }
  }

  const Token& token_before() const { return tokens_[at_ > 0 ? at_ - 1 : 0]; }

  // "15% tip on 80", "20% VAT on 100", "8% on 50".
  bool take_tip() {
    const std::size_t begin = at_;
    take("sales");
    take_any({"tip", "tax", "vat", "discount", "interest", "commission", "gratuity", "fee"});
    if (take("on")) return true;
    at_ = begin;
    return false;
  }

  Result<Quantity> signed_operand() {
    const Deeper deeper(depth_);
    if (depth_ > kMostDepth) return unworkable("it is nested more than 60 deep");
    if (take("-") || take("minus") || take("negative")) {
      CACTUS_TRY(value, signed_operand());
      auto negated = negate(value);
      return negated;
    }
    if (take("+") || take("positive")) return signed_operand();
    return powered();
  }

  Result<Quantity> powered() {
    CACTUS_TRY(base, postfixed());
    if (take("^") || take_all({"to", "the", "power", "of"}) || take_all({"to", "the", "power"}) ||
        take_all({"raised", "to", "the", "power", "of"}) ||
        take_all({"raised", "to", "the", "power"})) {
      CACTUS_TRY(exponent, signed_operand());
      return counted(raise(base, exponent));
    }
    const std::size_t begin = at_;
    if (take_all({"raised", "to"}) || take("to")) {  // "to the fifth (power)", "raised to 5"
      const bool raised = is_word_at(begin, "raised");
      if (take("the")) {
        if (const auto n = ordinal_here()) {
          take("power");
          return counted(raise(base, exactly(*n)));
        }
      } else if (raised) {
        CACTUS_TRY(exponent, signed_operand());
        return counted(raise(base, exponent));
      }
      at_ = begin;
    }
    return base;
  }

  bool is_word_at(std::size_t index, std::string_view word) const {
    return tokens_[index].text == word;
  }

  // "fourth", or "4" and "th".
  std::optional<int> ordinal_here() {
    if (token().kind == TokenKind::word) {
      const auto n = ordinal_word(token().text);
      if (n) ++at_;
      return n;
    }
    const bool ending =
        token(1).kind == TokenKind::word && one_of(token(1).text, {"st", "nd", "rd", "th"});
    const BigInteger& value = token().value.numerator();
    if (token().kind != TokenKind::number || !ending || value.bit_length() > 10 ||
        !token().value.is_integer())
      return std::nullopt;
    at_ += 2;
    return static_cast<int>(value.to_int64());
  }

  Result<Quantity> postfixed() {
    CACTUS_TRY(first, primary());
    Quantity value = first;
    for (;;) {
      if (take("!") || take("factorial")) {
        CACTUS_TRY(next, counted(factorial(value)));
        value = next;
      } else if (token().kind == TokenKind::superscript) {
        CACTUS_TRY(next, counted(raise(value, exactly(token().value))));
        ++at_;
        value = next;
      } else if (take("squared") || take("cubed")) {
        const std::int64_t n = token_before().text == "squared" ? 2 : 3;
        CACTUS_TRY(next, counted(raise(value, exactly(n))));
        value = next;
      } else if (is_percent_sign() || is("percent") || is("pct") || is("percents")) {
        ++at_;
        CACTUS_TRY(next, divide(value, exactly(100)));
        value = next;
        value.percent = true;
      } else if (take_all({"per", "cent"})) {
        CACTUS_TRY(next, divide(value, exactly(100)));
        value = next;
        value.percent = true;
      } else if (take("°") || take("degrees") || take("degree") || take("deg")) {
        value.degrees = true;
      } else if (!take_any({"radians", "rad", "dollars", "dollar", "euros", "euro", "bucks", "usd",
                            "eur", "gbp", "pounds", "people"})) {
        return value;
      }
    }
  }

  // "18% of", but "10 % 3".
  bool is_percent_sign() const {
    if (!is("%")) return false;
    const Token& after = token(1);
    return after.kind != TokenKind::number && !(after.kind == TokenKind::sign && after.text == "(");
  }

  Result<Quantity> primary() {
    take("the");
    const Token& t = token();
    if (t.kind == TokenKind::number) {
      if (const auto n = nth_root_here()) return *n;
      ++at_;
      return exactly(with_words_after(t.value));
    }
    if (take("(")) {
      CACTUS_TRY(value, sum());
      if (!take(")") && !at_end()) return unexpected();
      return std::move(value);
    }
    if (t.kind != TokenKind::word) return unexpected();
    if (const auto n = nth_root_here()) return *n;
    if (const auto number = number_words_here()) return exactly(*number);
    return named();
  }

  std::vector<std::string> words_from(std::size_t index) const {
    std::vector<std::string> words;
    for (; index < tokens_.size() && tokens_[index].kind == TokenKind::word && words.size() < 30;
         ++index)
      words.push_back(tokens_[index].text);
    return words;
  }

  Rational with_words_after(const Rational& number) {
    WordNumber scaled = scaled_by_words(number, words_from(at_));
    at_ += scaled.used;
    if (token().kind == TokenKind::word && number.is_integer()) {  // 3 quarters, 2 thirds
      if (const auto d = fraction_word(token().text); d && !one_of(token().text, {"second"})) {
        ++at_;
        return scaled.value / Rational(*d);
      }
    }
    return scaled.value;
  }

  std::optional<Rational> number_words_here() {
    const std::vector<std::string> words = words_from(at_);
    const bool article = one_of(words[0], {"a", "an"});
    if (const auto d = fraction_word(words[0])) {  // half of, third of
      at_ += 1;
      return Rational(1, *d);
    }
    if (article && words.size() > 1) {
      if (const auto d = fraction_word(words[1])) {
        at_ += 2;
        return Rational(1, *d);
      }
    }
    const WordNumber number = number_in_words(words);
    if (number.used == 0) return std::nullopt;
    at_ += number.used;
    return with_words_after(number.value);
  }

  // "4th root of 16", "fourth root of 16", "square root of 2", "cube root of 27".
  std::optional<Result<Quantity>> nth_root_here() {
    const std::size_t begin = at_;
    int n = 0;
    if (take("square")) {
      n = 2;
    } else if (take("cube") || take("cubic")) {
      n = 3;
    } else if (is("root")) {
      n = 2;
      if (token(1).kind == TokenKind::sign) return std::nullopt;  // root(27, 3)
    } else if (const auto ordinal = ordinal_here()) {
      n = *ordinal;
    }
    if (n == 0 || !take("root")) {
      at_ = begin;
      return std::nullopt;
    }
    take("of");
    auto value = signed_operand();
    if (!value) return value;
    return counted(nth_root(*value, exactly(n)));
  }

  Result<Quantity> named() {
    const std::string name = token().text;
    if (one_of(name, {"pi", "tau", "e", "phi"})) {
      ++at_;
      Quantity value;
      value.is_exact = false;
      value.approximate = name == "pi"    ? 3.14159265358979323846
                          : name == "tau" ? 6.28318530717958647692
                          : name == "e"   ? 2.71828182845904523536
                                          : 1.61803398874989484820;
      return value;
    }
    if (one_of(name, {"double", "twice", "triple", "square", "cube"})) {
      ++at_;
      take("of");
      CACTUS_TRY(value, signed_operand());
      if (name == "square" || name == "cube")
        return counted(raise(value, exactly(name == "square" ? 2 : 3)));
      return counted(multiply(value, exactly(name == "triple" ? 3 : 2)));
    }
    if (one_of(name, {"product", "difference", "quotient", "ratio"})) {
      ++at_;
      return fold_of(name);
    }
    if (one_of(name, {"sum", "total", "average", "mean", "minimum", "maximum", "smallest",
                      "largest", "gcd", "lcm", "hcf", "min", "max", "avg"}) &&
        !is("(", 1)) {
      ++at_;
      CACTUS_TRY(values, list());
      return counted(apply_function(name, values));
    }
    if (take_all({"greatest", "common", "divisor"}) || take_all({"greatest", "common", "factor"}) ||
        take_all({"highest", "common", "factor"})) {
      CACTUS_TRY(values, list());
      return counted(apply_function("gcd", values));
    }
    if (take_all({"least", "common", "multiple"}) || take_all({"lowest", "common", "multiple"})) {
      CACTUS_TRY(values, list());
      return counted(apply_function("lcm", values));
    }
    if (take_all({"natural", "log"}) || take_all({"natural", "logarithm"})) return call("ln");
    if (take_all({"absolute", "value"})) return call("abs");
    if (take("remainder")) {
      take_any({"of", "from"});
      CACTUS_TRY(left, signed_operand());
      if (!take_all({"divided", "by"}) && !take("/") && !take("and")) return unexpected();
      CACTUS_TRY(right, signed_operand());
      return counted(modulo(left, right));
    }
    if (find_function(name) != nullptr) {
      ++at_;
      return call(name);
    }
    return unexpected();
  }

  // After a function's name: (a, b), or one operand, "of" before it or not.
  Result<Quantity> call(const std::string& name) {
    std::vector<Quantity> arguments;
    if (take("(")) {
      do {
        CACTUS_TRY(value, sum());
        arguments.push_back(value);
      } while (take(","));
      if (!take(")") && !at_end()) return unexpected();
    } else {
      Quantity base;
      const bool has_base = name == "log" && take("base");
      if (has_base) {
        CACTUS_TRY(value, signed_operand());
        base = value;
      }
      take("of");
      CACTUS_TRY(value, signed_operand());
      arguments.push_back(value);
      if (has_base) arguments.push_back(base);
    }
    if (one_of(name, {"sin", "cos", "tan", "sine", "cosine", "tangent"}) && !arguments[0].degrees)
      radians_ = true;
    return counted(apply_function(name, arguments));
  }

  Result<std::vector<Quantity>> list() {
    take_any({"of", "between"});
    std::vector<Quantity> values;
    do {
      CACTUS_TRY(value, sum());
      values.push_back(value);
      if (take(",")) {
        take("and");
        continue;
      }
    } while (token_before().text == "," || token_before().text == "and" || take("and"));
    return values;
  }

  Result<Quantity> fold_of(const std::string& what) {
    take_any({"of", "between"});
    CACTUS_TRY(first, sum());
    Quantity value = first;
    while (take("and") || take(",") || take("to") || take("with")) {
      take("and");
      CACTUS_TRY(next, sum());
      auto folded = what == "product"      ? multiply(value, next)
                    : what == "difference" ? subtract(value, next)
                                           : divide(value, next);
      if (!folded) return folded;
      CACTUS_CHECK(spend(*folded));
      value = *folded;
    }
    return value;
  }

  std::span<const Token> tokens_;
  std::size_t at_ = 0, work_ = 0;
  int depth_ = 0;
  bool radians_ = false;
};

}  // namespace

Result<Calculation> calculate(std::string_view expression) {
  CACTUS_TRY(tokens, read_arithmetic(expression));
  if (tokens.size() == 1) return unworkable("there is nothing to work out");
  return Evaluator(tokens).run();
}

}  // namespace cactus::cli
