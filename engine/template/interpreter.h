// Runs a Program: scopes, statements, expressions, and the budget they share.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/template/ast.h"
#include "engine/template/chat_template.h"
#include "engine/template/value.h"

namespace cactus::jinja {

// Variables of one block; names not found here are looked up in the parent.
struct Scope {
  std::vector<std::pair<Symbol, Value>> variables;
  std::shared_ptr<Scope> parent;

  const Value* find(Symbol symbol) const;
  void set(Symbol symbol, Value value);
};

class Interpreter {
 public:
  // `now`: seconds since 1970.
  Interpreter(const Program& program, const RenderLimits& limits, std::int64_t now);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // All of these throw Failure.
  void define(const std::string& name, Value value);
  Text run();

  // For filters, tests, methods and functions:
  void charge(std::int64_t units);  // one unit: a step, or 16 bytes
  void charge_items(std::size_t count) { charge(2 * static_cast<std::int64_t>(count)); }
  // Items with data of their own: short strings, pairs.
  void charge_objects(std::size_t count) { charge(8 * static_cast<std::int64_t>(count)); }
  void charge_text(std::size_t bytes) { charge(static_cast<std::int64_t>(bytes / 16)); }
  void charge_walk(const Value& value) { charge(value.extent().weight); }
  void check_stack() const;
  Value attribute(const Value& value, std::string_view name);
  Value item(const Value& value, const Value& key);
  Value call(const Value& callee, const Arguments& arguments);
  Value filter(std::string_view name, const Value& value, const Arguments& arguments);
  bool test(std::string_view name, const Value& value, const Arguments& arguments);
  bool equals(const Value& a, const Value& b);
  Text print(const Value& value);
  // What `for` would go through: a list of the items, keys or characters of `value`.
  std::shared_ptr<const List> iterate(const Value& value);
  // Remembers an object that may come to hold itself, so that it is taken apart at the end.
  Value keep(std::shared_ptr<Object> object);

  // For macros and recursive loops:
  Value call_macro(const MacroDefinition& macro, const std::shared_ptr<Scope>& scope,
                   const Arguments& arguments);
  Value run_loop(const Stmt& stmt, const Value& iterable, const std::shared_ptr<Scope>& scope,
                 int depth);

  const RenderLimits& limits() const { return limits_; }
  std::int64_t now() const { return now_; }
  const std::string& name_of(Symbol symbol) const { return program_.names[symbol]; }

 private:
  enum class Flow { normal, loop_break, loop_continue };
  class Entered;   // a scope for as long as it lives
  class Captured;  // an output of its own for as long as it lives

  Flow run(const Block& block);
  Flow run(const Stmt& stmt);
  Flow run_branch(const Stmt& stmt);
  Flow run_for(const Stmt& stmt, const Value& iterable, int depth);
  void run_set_block(const Stmt& stmt);
  void run_with(const Stmt& stmt);
  void run_call_block(const Stmt& stmt);
  void run_filter_block(const Stmt& stmt);
  void run_in_own_scope(const Block& block);
  void write(const Value& value);
  void assign(const Target& target, Value value);
  std::shared_ptr<const List> filtered(const Stmt& stmt, std::shared_ptr<const List> items);

  Value evaluate(const Expr& expr);
  Value evaluate_name(const Expr& expr);
  Value evaluate_binary(const Expr& expr);
  Value evaluate_concat(const Expr& expr);
  Value evaluate_compare(const Expr& expr);
  Value evaluate_conditional(const Expr& expr);
  Value evaluate_collection(const Expr& expr);
  Value evaluate_slice(const Expr& expr);
  Value evaluate_call(const Expr& expr);
  Value evaluate_filters(const Expr& expr, const Value* input);
  Arguments evaluate_arguments(const CallArguments& arguments);
  bool compare_with(CompareOp op, const Value& a, const Value& b);

  const Program& program_;
  const RenderLimits limits_;
  const std::int64_t now_;
  std::int64_t steps_left_;
  std::uintptr_t stack_base_;
  int line_ = 0;
  Text* output_ = nullptr;
  std::shared_ptr<Scope> scope_;
  std::vector<std::shared_ptr<Object>> kept_;
};

}  // namespace cactus::jinja
