#include "engine/template/parser.h"

#include <algorithm>

#include "engine/template/failure.h"
#include "engine/template/parser_base.h"

namespace cactus::jinja {
namespace {

using Words = std::initializer_list<std::string_view>;

class Parser : ExprParser {
 public:
  Parser(std::vector<Token> tokens, Program& program) : ExprParser(std::move(tokens), program) {}

  void run() {
    program_.body = parse_block({});
    if (!at(TokenKind::end)) error("unexpected " + describe(peek()));
  }

 private:
  // Statements up to "{% word" with one of `ends`, which is left to be read (or up to the end).
  Block parse_block(Words ends) {
    const Nesting nesting(*this, kMaxBlockDepth);
    Block block;
    for (;;) {
      switch (peek().kind) {
        case TokenKind::end:
          return block;
        case TokenKind::data: {
          auto text = make_stmt(StmtKind::text);
          text->text = take().text;
          block.push_back(std::move(text));
          break;
        }
        case TokenKind::print_begin: {
          auto print = make_stmt(StmtKind::print);
          take();
          print->expr = parse_tuple(true);
          expect(TokenKind::print_end);
          block.push_back(std::move(print));
          break;
        }
        case TokenKind::block_begin: {
          const Token& word = peek(1);
          if (word.kind == TokenKind::name &&
              std::find(ends.begin(), ends.end(), word.text) != ends.end()) {
            return block;
          }
          take();
          block.push_back(parse_statement());
          break;
        }
        default:
          error("unexpected " + describe(peek()));
      }
    }
  }

  std::unique_ptr<Stmt> make_stmt(StmtKind kind) const {
    auto stmt = std::make_unique<Stmt>();
    stmt->kind = kind;
    stmt->line = peek().line;
    return stmt;
  }

  void expect(TokenKind kind) {
    if (!at(kind)) error("unexpected " + describe(peek()));
    take();
  }

  // "{% word": the tag that ends a block, up to its "%}".
  std::string end_of_block(std::string_view opener) {
    if (at(TokenKind::end)) error("{% " + std::string(opener) + " %} is not closed");
    take();
    return expect_name();
  }

  Block body_until(std::string_view opener, std::string_view end) {
    expect(TokenKind::block_end);
    Block body = parse_block({end});
    end_of_block(opener);
    // Jinja allows the name again: {% endmacro name %}.
    if (opener == "macro" && at(TokenKind::name)) take();
    expect(TokenKind::block_end);
    return body;
  }

  std::unique_ptr<const Stmt> parse_statement() {
    const std::string word = expect_name();
    if (word == "if") return parse_if();
    if (word == "for") return parse_for();
    if (word == "set") return parse_set();
    if (word == "macro") return parse_macro();
    if (word == "call") return parse_call();
    if (word == "filter") return parse_filter_block();
    if (word == "with") return parse_with();
    if (word == "generation") {
      auto stmt = make_stmt(StmtKind::scope);
      stmt->body = body_until("generation", "endgeneration");
      return stmt;
    }
    if (word == "break" || word == "continue") {
      if (loops_ == 0) error("{% " + word + " %} outside of a loop");
      auto stmt = make_stmt(word == "break" ? StmtKind::loop_break : StmtKind::loop_continue);
      expect(TokenKind::block_end);
      return stmt;
    }
    error("unknown tag '" + word + "'");
  }

  std::unique_ptr<const Stmt> parse_if() {
    auto stmt = make_stmt(StmtKind::branch);
    std::string word = "if";
    while (word == "if" || word == "elif") {
      Arm arm;
      arm.condition = parse_tuple(false);
      expect(TokenKind::block_end);
      arm.body = parse_block({"elif", "else", "endif"});
      stmt->arms.push_back(std::move(arm));
      word = end_of_block("if");
    }
    if (word == "else") {
      expect(TokenKind::block_end);
      stmt->arms.push_back({nullptr, parse_block({"endif"})});
      end_of_block("if");
    }
    expect(TokenKind::block_end);
    return stmt;
  }

  std::unique_ptr<const Stmt> parse_for() {
    auto stmt = make_stmt(StmtKind::loop);
    stmt->target = parse_target(false);
    if (!skip_name("in")) error("expected 'in' and not " + describe(peek()));
    stmt->expr = parse_tuple(false);
    if (skip_name("if")) stmt->condition = parse_expression();
    stmt->recursive = skip_name("recursive");
    expect(TokenKind::block_end);
    ++loops_;
    stmt->body = parse_block({"else", "endfor"});
    --loops_;
    if (end_of_block("for") == "else") {
      expect(TokenKind::block_end);
      stmt->otherwise = parse_block({"endfor"});
      end_of_block("for");
    }
    expect(TokenKind::block_end);
    return stmt;
  }

  std::unique_ptr<const Stmt> parse_set() {
    auto stmt = make_stmt(StmtKind::set);
    stmt->target = parse_target(true);
    if (skip_op("=")) {
      stmt->expr = parse_tuple(true);
      expect(TokenKind::block_end);
      return stmt;
    }
    stmt->kind = StmtKind::set_block;
    if (at_op("|")) {
      take();
      stmt->expr = parse_filters(nullptr);
    }
    stmt->body = body_until("set", "endset");
    return stmt;
  }

  // The parameters of a macro, after the opening parenthesis.
  void parse_parameters(MacroDefinition& macro) {
    while (!at_op(")")) {
      const std::string name = expect_name();
      macro.parameters.push_back(intern(name));
      macro.parameter_names.push_back(name);
      if (skip_op("=")) {
        macro.defaults.push_back(parse_expression());
      } else if (!macro.defaults.empty()) {
        error("a parameter without default follows one with a default");
      }
      if (!skip_op(",")) break;
    }
    expect_op(")");
  }

  void parse_macro_body(MacroDefinition& macro, std::string_view opener, std::string_view end) {
    const int loops = std::exchange(loops_, 0);
    const unsigned outer = std::exchange(reserved_read_, 0U);
    macro.body = body_until(opener, end);
    // Which of the special names the body reads decides what the macro accepts.
    macro.uses_caller = (reserved_read_ & (1U << kCaller)) != 0;
    macro.uses_varargs = (reserved_read_ & (1U << kVarargs)) != 0;
    macro.uses_kwargs = (reserved_read_ & (1U << kKwargs)) != 0;
    reserved_read_ |= outer;
    loops_ = loops;
  }

  std::unique_ptr<const Stmt> parse_macro() {
    auto stmt = make_stmt(StmtKind::macro);
    stmt->macro.name = expect_name();
    stmt->macro.symbol = intern(stmt->macro.name);
    expect_op("(");
    parse_parameters(stmt->macro);
    parse_macro_body(stmt->macro, "macro", "endmacro");
    return stmt;
  }

  std::unique_ptr<const Stmt> parse_call() {
    auto stmt = make_stmt(StmtKind::call_block);
    stmt->macro.name = "caller";
    if (skip_op("(")) parse_parameters(stmt->macro);
    stmt->expr = parse_expression();
    if (stmt->expr->kind != ExprKind::call) error("{% call %} needs a call");
    parse_macro_body(stmt->macro, "call", "endcall");
    return stmt;
  }

  std::unique_ptr<const Stmt> parse_filter_block() {
    auto stmt = make_stmt(StmtKind::filter);
    stmt->expr = parse_filters(nullptr);
    stmt->body = body_until("filter", "endfilter");
    return stmt;
  }

  std::unique_ptr<const Stmt> parse_with() {
    auto stmt = make_stmt(StmtKind::with);
    while (!at(TokenKind::block_end)) {
      Target target = parse_target(false);
      expect_op("=");
      stmt->assignments.emplace_back(std::move(target), parse_expression());
      if (!skip_op(",")) break;
    }
    stmt->body = body_until("with", "endwith");
    return stmt;
  }

  int loops_ = 0;
};

}  // namespace

std::unique_ptr<const Program> parse_program(std::string source) {
  auto program = std::make_unique<Program>();
  program->source = std::move(source);
  for (std::string_view reserved : {"loop", "caller", "varargs", "kwargs"}) {
    program->symbols.emplace(reserved, static_cast<Symbol>(program->names.size()));
    program->names.emplace_back(reserved);
  }
  Parser(tokenize(normalize_newlines(program->source)), *program).run();
  return program;
}

}  // namespace cactus::jinja
