// What may follow an expression: attributes, subscripts, calls, filters, tests; and targets.
#include "engine/template/parser_base.h"

namespace cactus::jinja {

ExprPtr ExprParser::parse_postfix(ExprPtr operand) {
  for (;;) {
    if (at_op(".")) {
      operand = parse_dotted(std::move(operand));
    } else if (at_op("[")) {
      operand = parse_subscript(std::move(operand));
    } else if (at_op("(")) {
      auto call = make(ExprKind::call);
      take();
      call->operands.push_back(std::move(operand));
      call->arguments = parse_arguments();
      operand = finish(std::move(call));
    } else {
      return operand;
    }
  }
}

ExprPtr ExprParser::parse_filters_and_tests(ExprPtr operand) {
  for (;;) {
    if (at_op("|")) {
      operand = parse_filters(std::move(operand));
    } else if (at_name("is")) {
      operand = parse_test(std::move(operand));
    } else if (at_op("(")) {
      operand = parse_postfix(std::move(operand));
    } else {
      return operand;
    }
  }
}

ExprPtr ExprParser::parse_dotted(ExprPtr operand) {
  take();
  if (at(TokenKind::integer)) {
    auto item = make(ExprKind::item);
    item->operands.push_back(std::move(operand));
    item->operands.push_back(parse_number());
    return finish(std::move(item));
  }
  auto attribute = make(ExprKind::attribute);
  attribute->text = expect_name();
  attribute->operands.push_back(std::move(operand));
  return finish(std::move(attribute));
}

ExprPtr ExprParser::parse_subscript(ExprPtr operand) {
  auto expr = make(ExprKind::item);
  take();
  ExprPtr parts[3];
  bool slice = false;
  if (!at_op(":")) parts[0] = parse_tuple(true);
  for (std::size_t i = 1; i < 3 && skip_op(":"); ++i) {
    slice = true;
    if (!at_op(":") && !at_op("]")) parts[i] = parse_expression();
  }
  expect_op("]");
  expr->operands.push_back(std::move(operand));
  expr->operands.push_back(std::move(parts[0]));
  if (slice) {
    expr->kind = ExprKind::slice;
    expr->operands.push_back(std::move(parts[1]));
    expr->operands.push_back(std::move(parts[2]));
  }
  return finish(std::move(expr));
}

CallArguments ExprParser::parse_arguments() {
  const Nesting nesting(*this, kMaxExprDepth);
  CallArguments arguments;
  while (!at_op(")")) {
    if (skip_op("*")) {
      if (arguments.star != nullptr) error("a call has two *arguments");
      arguments.star = parse_expression();
    } else if (skip_op("**")) {
      if (arguments.double_star != nullptr) error("a call has two **arguments");
      arguments.double_star = parse_expression();
    } else if (at(TokenKind::name) && is(peek(1), TokenKind::op, "=")) {
      std::string name = take().text;
      take();
      arguments.named.emplace_back(std::move(name), parse_expression());
    } else {
      if (!arguments.named.empty() || arguments.double_star != nullptr) {
        error("a positional argument follows a named one");
      }
      arguments.positional.push_back(parse_expression());
    }
    if (!skip_op(",")) break;
  }
  expect_op(")");
  return arguments;
}

std::string ExprParser::parse_dotted_name() {
  std::string name = expect_name();
  while (skip_op(".")) name += "." + expect_name();
  return name;
}

ExprPtr ExprParser::parse_filters(ExprPtr operand) {
  bool implied_bar = operand == nullptr;  // {% filter upper %}
  while (implied_bar || skip_op("|")) {
    implied_bar = false;
    auto filter = make(ExprKind::filter);
    filter->text = parse_dotted_name();
    filter->operands.push_back(std::move(operand));
    if (skip_op("(")) filter->arguments = parse_arguments();
    operand = finish(std::move(filter));
  }
  return operand;
}

bool ExprParser::at_test_argument() const {
  switch (peek().kind) {
    case TokenKind::string:
    case TokenKind::integer:
    case TokenKind::real:
      return true;
    case TokenKind::op:
      return at_op("[") || at_op("{");
    case TokenKind::name:
      return !at_name("else") && !at_name("or") && !at_name("and") && !at_name("is");
    default:
      return false;
  }
}

ExprPtr ExprParser::parse_test(ExprPtr operand) {
  take();
  const bool negated = skip_name("not");
  auto test = make(ExprKind::test);
  test->text = parse_dotted_name();
  test->operands.push_back(std::move(operand));
  if (skip_op("(")) {
    test->arguments = parse_arguments();
  } else if (at_test_argument()) {
    // "x is none if y", "x is defined not in …": a keyword of the expression around the test. Jinja
    // reads only else, or, and so; these two would be arguments to tests that take none.
    if (!at_name("if") && !at_name("not") && !at_name("in")) {
      const Nesting nesting(*this, kMaxExprDepth);
      test->arguments.positional.push_back(parse_postfix(parse_primary()));
    }
  }
  if (!negated) return finish(std::move(test));
  auto inverse = make(ExprKind::logical_not);
  inverse->operands.push_back(finish(std::move(test)));
  return finish(std::move(inverse));
}

Target ExprParser::parse_one_target(bool with_namespace) {
  const Nesting nesting(*this, kMaxExprDepth);
  if (skip_op("(")) {
    Target inner = parse_target(with_namespace);
    expect_op(")");
    return inner;
  }
  static constexpr std::string_view kReserved[] = {"true", "false", "none",
                                                   "True", "False", "None"};
  Target target;
  const std::string name = expect_name();
  for (std::string_view reserved : kReserved) {
    if (name == reserved) error("cannot assign to '" + name + "'");
  }
  target.symbol = intern(name);
  if (with_namespace && skip_op(".")) target.attribute = expect_name();
  return target;
}

Target ExprParser::parse_target(bool with_namespace) {
  Target first = parse_one_target(with_namespace);
  if (!at_op(",")) return first;
  Target target;
  target.parts.push_back(std::move(first));
  while (skip_op(",")) {
    if (!at(TokenKind::name) && !at_op("(")) break;
    if (at_name("in")) break;
    target.parts.push_back(parse_one_target(with_namespace));
  }
  return target;
}

}  // namespace cactus::jinja
