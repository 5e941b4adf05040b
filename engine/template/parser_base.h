// What the parsers of expressions and of statements share: the tokens, the names, the nesting.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/template/ast.h"
#include "engine/template/lexer.h"

namespace cactus::jinja {

constexpr int kMaxExprDepth = 200;   // operators and brackets inside each other
constexpr int kMaxBlockDepth = 100;  // statements inside each other

class ParserBase {
 protected:
  ParserBase(std::vector<Token> tokens, Program& program)
      : tokens_(std::move(tokens)), program_(program) {}

  const Token& peek(std::size_t ahead = 0) const;
  Token take();
  bool at_op(std::string_view op) const { return is(peek(), TokenKind::op, op); }
  bool at_name(std::string_view name) const { return is(peek(), TokenKind::name, name); }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  bool skip_op(std::string_view op);
  bool skip_name(std::string_view name);
  void expect_op(std::string_view op);
  std::string expect_name();

  [[noreturn]] void error(const std::string& what) const;
  static std::string describe(const Token& token);
  Symbol intern(const std::string& name);

  // Counts how deep the parser itself is.
  class Nesting {
   public:
    explicit Nesting(ParserBase& parser, int limit);
    ~Nesting() { --parser_.nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    ParserBase& parser_;
  };

  static bool is(const Token& token, TokenKind kind, std::string_view text) {
    return token.kind == kind && token.text == text;
  }

  std::vector<Token> tokens_;
  Program& program_;
  std::size_t next_ = 0;
  int nesting_ = 0;
  unsigned reserved_read_ = 0;  // bits by ReservedSymbol
};

class ExprParser : protected ParserBase {
 protected:
  using ParserBase::ParserBase;

  ExprPtr parse_expression();  // with inline if
  ExprPtr parse_without_conditional();
  // a, b, c: a tuple where there is a comma, the expression itself where there is none.
  ExprPtr parse_tuple(bool with_conditional);
  ExprPtr parse_filters(ExprPtr operand);  // | f | g(…), at least one when operand is null
  Target parse_target(bool with_namespace);
  CallArguments parse_arguments();  // after the opening parenthesis, to the closing one

 private:
  ExprPtr parse_or();
  ExprPtr parse_and();
  ExprPtr parse_not();
  ExprPtr parse_compare();
  ExprPtr parse_sum();
  ExprPtr parse_concat();
  ExprPtr parse_product();
  ExprPtr parse_power();
  ExprPtr parse_unary(bool with_filters);
  ExprPtr parse_primary();
  ExprPtr parse_name_or_constant();
  ExprPtr parse_number();
  ExprPtr parse_bracketed();
  ExprPtr parse_dict();
  ExprPtr parse_postfix(ExprPtr operand);
  ExprPtr parse_filters_and_tests(ExprPtr operand);
  ExprPtr parse_dotted(ExprPtr operand);
  ExprPtr parse_subscript(ExprPtr operand);
  ExprPtr parse_test(ExprPtr operand);
  bool at_test_argument() const;
  std::string parse_dotted_name();
  Target parse_one_target(bool with_namespace);

  std::unique_ptr<Expr> make(ExprKind kind) const;
  ExprPtr finish(std::unique_ptr<Expr> expr) const;  // measures its depth
  ExprPtr binary(ExprKind kind, ExprPtr left, ExprPtr right) const;
  ExprPtr constant(Value value) const;
};

}  // namespace cactus::jinja
