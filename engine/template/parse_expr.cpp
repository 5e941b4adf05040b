#include <algorithm>
#include <cstdlib>

#include "engine/template/failure.h"
#include "engine/template/literals.h"
#include "engine/template/parser_base.h"

namespace cactus::jinja {

const Token& ParserBase::peek(std::size_t ahead) const {
  return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
}

Token ParserBase::take() {
  Token token = std::move(tokens_[next_]);
  if (next_ + 1 < tokens_.size()) {
    tokens_[next_].line = token.line;
    ++next_;
  } else {
    tokens_[next_] = {TokenKind::end, token.line, ""};
  }
  return token;
}

bool ParserBase::skip_op(std::string_view op) {
  if (!at_op(op)) return false;
  take();
  return true;
}

bool ParserBase::skip_name(std::string_view name) {
  if (!at_name(name)) return false;
  take();
  return true;
}

std::string ParserBase::describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::data:
      return "text";
    case TokenKind::block_begin:
      return "{%";
    case TokenKind::block_end:
      return "%}";
    case TokenKind::print_begin:
      return "{{";
    case TokenKind::print_end:
      return "}}";
    case TokenKind::end:
      return "the end of the template";
    default:
      return "'" + token.text + "'";
  }
}

void ParserBase::error(const std::string& what) const {
  throw Failure{ErrorKind::incompatible, what, peek().line};
}

void ParserBase::expect_op(std::string_view op) {
  if (!skip_op(op)) error("expected '" + std::string(op) + "' and not " + describe(peek()));
}

std::string ParserBase::expect_name() {
  if (!at(TokenKind::name)) error("expected a name and not " + describe(peek()));
  return take().text;
}

Symbol ParserBase::intern(const std::string& name) {
  const auto [it, added] =
      program_.symbols.emplace(name, static_cast<Symbol>(program_.names.size()));
  if (added) program_.names.push_back(name);
  return it->second;
}

ParserBase::Nesting::Nesting(ParserBase& parser, int limit) : parser_(parser) {
  if (parser.nesting_ >= limit) parser.error("the template is nested too deeply");
  ++parser.nesting_;
}

std::unique_ptr<Expr> ExprParser::make(ExprKind kind) const {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->line = peek().line;
  return expr;
}

ExprPtr ExprParser::finish(std::unique_ptr<Expr> expr) const {
  int depth = 0;
  auto measure = [&depth](const ExprPtr& part) {
    if (part != nullptr) depth = std::max(depth, part->depth);
  };
  for (const auto& part : expr->operands) measure(part);
  for (const auto& part : expr->arguments.positional) measure(part);
  for (const auto& part : expr->arguments.named) measure(part.second);
  measure(expr->arguments.star);
  measure(expr->arguments.double_star);
  expr->depth = depth + 1;
  if (expr->depth > kMaxExprDepth) error("an expression is nested too deeply");
  return expr;
}

ExprPtr ExprParser::binary(ExprKind kind, ExprPtr left, ExprPtr right) const {
  auto expr = make(kind);
  expr->line = left->line;
  expr->operands.push_back(std::move(left));
  expr->operands.push_back(std::move(right));
  return finish(std::move(expr));
}

ExprPtr ExprParser::constant(Value value) const {
  auto expr = make(ExprKind::constant);
  expr->value = std::move(value);
  return expr;
}

ExprPtr ExprParser::parse_expression() {
  const Nesting nesting(*this, kMaxExprDepth);
  ExprPtr expr = parse_or();
  while (skip_name("if")) {
    auto conditional = make(ExprKind::conditional);
    conditional->operands.push_back(std::move(expr));
    conditional->operands.push_back(parse_or());
    conditional->operands.push_back(skip_name("else") ? parse_expression() : nullptr);
    expr = finish(std::move(conditional));
  }
  return expr;
}

ExprPtr ExprParser::parse_without_conditional() {
  return parse_or();
}

ExprPtr ExprParser::parse_or() {
  const Nesting nesting(*this, kMaxExprDepth);
  ExprPtr left = parse_and();
  while (skip_name("or")) left = binary(ExprKind::logical_or, std::move(left), parse_and());
  return left;
}

ExprPtr ExprParser::parse_and() {
  ExprPtr left = parse_not();
  while (skip_name("and")) left = binary(ExprKind::logical_and, std::move(left), parse_not());
  return left;
}

ExprPtr ExprParser::parse_not() {
  if (!at_name("not")) return parse_compare();
  const Nesting nesting(*this, kMaxExprDepth);
  auto expr = make(ExprKind::logical_not);
  take();
  expr->operands.push_back(parse_not());
  return finish(std::move(expr));
}

ExprPtr ExprParser::parse_compare() {
  static constexpr std::pair<std::string_view, CompareOp> kOps[] = {
      {"==", CompareOp::eq}, {"!=", CompareOp::ne}, {"<", CompareOp::lt},
      {"<=", CompareOp::le}, {">", CompareOp::gt},  {">=", CompareOp::ge}};
  auto expr = make(ExprKind::compare);
  expr->operands.push_back(parse_sum());
  for (;;) {
    const auto* op = std::find_if(std::begin(kOps), std::end(kOps),
                                  [this](const auto& o) { return at_op(o.first); });
    if (op != std::end(kOps)) {
      take();
      expr->ops.push_back(op->second);
    } else if (skip_name("in")) {
      expr->ops.push_back(CompareOp::in);
    } else if (at_name("not") && is(peek(1), TokenKind::name, "in")) {
      take();
      take();
      expr->ops.push_back(CompareOp::not_in);
    } else {
      break;
    }
    expr->operands.push_back(parse_sum());
  }
  if (expr->ops.empty()) {
    ExprPtr only = std::move(expr->operands.front());
    return only;
  }
  return finish(std::move(expr));
}

ExprPtr ExprParser::parse_sum() {
  ExprPtr left = parse_concat();
  while (at_op("+") || at_op("-")) {
    const ExprKind kind = take().text == "+" ? ExprKind::add : ExprKind::subtract;
    left = binary(kind, std::move(left), parse_concat());
  }
  return left;
}

ExprPtr ExprParser::parse_concat() {
  ExprPtr first = parse_product();
  if (!at_op("~")) return first;
  auto expr = make(ExprKind::concat);
  expr->operands.push_back(std::move(first));
  while (skip_op("~")) expr->operands.push_back(parse_product());
  return finish(std::move(expr));
}

ExprPtr ExprParser::parse_product() {
  static constexpr std::pair<std::string_view, ExprKind> kOps[] = {{"*", ExprKind::multiply},
                                                                   {"/", ExprKind::divide},
                                                                   {"//", ExprKind::floor_divide},
                                                                   {"%", ExprKind::modulo}};
  ExprPtr left = parse_power();
  for (;;) {
    const auto* op = std::find_if(std::begin(kOps), std::end(kOps),
                                  [this](const auto& o) { return at_op(o.first); });
    if (op == std::end(kOps)) return left;
    take();
    left = binary(op->second, std::move(left), parse_power());
  }
}

ExprPtr ExprParser::parse_power() {
  ExprPtr left = parse_unary(true);
  while (skip_op("**")) left = binary(ExprKind::power, std::move(left), parse_unary(true));
  return left;
}

ExprPtr ExprParser::parse_unary(bool with_filters) {
  const Nesting nesting(*this, kMaxExprDepth);
  ExprPtr expr;
  if (at_op("-") || at_op("+")) {
    auto sign = make(at_op("-") ? ExprKind::negate : ExprKind::plus);
    take();
    sign->operands.push_back(parse_unary(false));
    expr = finish(std::move(sign));
  } else {
    expr = parse_primary();
  }
  expr = parse_postfix(std::move(expr));
  return with_filters ? parse_filters_and_tests(std::move(expr)) : std::move(expr);
}

ExprPtr ExprParser::parse_primary() {
  switch (peek().kind) {
    case TokenKind::name:
      return parse_name_or_constant();
    case TokenKind::integer:
    case TokenKind::real:
      return parse_number();
    case TokenKind::string: {
      std::string text = take().text;
      while (at(TokenKind::string)) text += take().text;
      return constant(Text(std::move(text)));
    }
    case TokenKind::op:
      return parse_bracketed();
    default:
      error("expected an expression and not " + describe(peek()));
  }
}

ExprPtr ExprParser::parse_name_or_constant() {
  auto expr = make(ExprKind::name);
  const std::string name = peek().text;
  take();
  if (name == "true" || name == "True") return constant(true);
  if (name == "false" || name == "False") return constant(false);
  if (name == "none" || name == "None") return constant(Value());
  expr->symbol = intern(name);
  program_.read.resize(program_.names.size());
  program_.read[expr->symbol] = true;
  if (expr->symbol < kReservedSymbols) reserved_read_ |= 1U << expr->symbol;
  return finish(std::move(expr));
}

ExprPtr ExprParser::parse_number() {
  const bool real = at(TokenKind::real);
  const std::string text = peek().text;
  std::int64_t value = 0;
  if (!real && !parse_integer(text, value)) error("the number " + text + " is too large");
  ExprPtr expr = constant(real ? Value(std::strtod(text.c_str(), nullptr)) : Value(value));
  take();
  return expr;
}

ExprPtr ExprParser::parse_bracketed() {
  if (skip_op("(")) {
    ExprPtr inner;
    if (at_op(")")) {
      inner = finish(make(ExprKind::tuple));
    } else {
      inner = parse_tuple(true);
    }
    expect_op(")");
    return inner;
  }
  if (at_op("[")) {
    auto list = make(ExprKind::list);
    take();
    while (!at_op("]")) {
      list->operands.push_back(parse_expression());
      if (!skip_op(",")) break;
    }
    expect_op("]");
    return finish(std::move(list));
  }
  if (at_op("{")) return parse_dict();
  error("expected an expression and not " + describe(peek()));
}

ExprPtr ExprParser::parse_dict() {
  auto dict = make(ExprKind::dict);
  take();
  while (!at_op("}")) {
    dict->operands.push_back(parse_expression());
    expect_op(":");
    dict->operands.push_back(parse_expression());
    if (!skip_op(",")) break;
  }
  expect_op("}");
  return finish(std::move(dict));
}

ExprPtr ExprParser::parse_tuple(bool with_conditional) {
  auto one = [&] { return with_conditional ? parse_expression() : parse_without_conditional(); };
  ExprPtr first = one();
  if (!at_op(",")) return first;
  auto tuple = make(ExprKind::tuple);
  tuple->operands.push_back(std::move(first));
  while (skip_op(",")) {
    if (at(TokenKind::block_end) || at(TokenKind::print_end) || at_op(")")) break;
    tuple->operands.push_back(one());
  }
  return finish(std::move(tuple));
}

}  // namespace cactus::jinja
