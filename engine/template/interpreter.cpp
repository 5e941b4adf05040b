#include "engine/template/interpreter.h"

#include <algorithm>

#include "engine/template/builtins.h"
#include "engine/template/failure.h"
#include "engine/template/objects.h"
#include "engine/template/python.h"

namespace cactus::jinja {
namespace {

constexpr std::size_t kMaxKeptObjects = 100'000;

std::uintptr_t stack_position() {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

}  // namespace

const Value* Scope::find(Symbol symbol) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent.get()) {
    for (const auto& [name, value] : scope->variables) {
      if (name == symbol) return &value;
    }
  }
  return nullptr;
}

void Scope::set(Symbol symbol, Value value) {
  for (auto& [name, old] : variables) {
    if (name != symbol) continue;
    old = std::move(value);
    return;
  }
  variables.emplace_back(symbol, std::move(value));
}

class Interpreter::Entered {
 public:
  Entered(Interpreter& interpreter, std::shared_ptr<Scope> parent)
      : interpreter_(interpreter), outer_(std::move(interpreter.scope_)) {
    interpreter_.scope_ = std::make_shared<Scope>();
    interpreter_.scope_->parent = std::move(parent);
  }
  explicit Entered(Interpreter& interpreter) : Entered(interpreter, interpreter.scope_) {}
  ~Entered() { interpreter_.scope_ = std::move(outer_); }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

  // A scope like new: the same one where nothing else holds it.
  void renew() {
    auto& scope = interpreter_.scope_;
    if (scope.use_count() == 1) {
      scope->variables.clear();
      return;
    }
    auto next = std::make_shared<Scope>();
    next->parent = scope->parent;
    scope = std::move(next);
  }

 private:
  Interpreter& interpreter_;
  std::shared_ptr<Scope> outer_;
};

class Interpreter::Captured {
 public:
  explicit Captured(Interpreter& interpreter)
      : interpreter_(interpreter), outer_(std::exchange(interpreter.output_, &text_)) {}
  ~Captured() { interpreter_.output_ = outer_; }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  Text take() { return std::move(text_); }

 private:
  Interpreter& interpreter_;
  Text* outer_;
  Text text_;
};

Interpreter::Interpreter(const Program& program, const RenderLimits& limits, std::int64_t now)
    : program_(program),
      limits_(limits),
      now_(now),
      steps_left_(limits.steps),
      stack_base_(stack_position()),
      scope_(std::make_shared<Scope>()) {}

Interpreter::~Interpreter() {
  for (const auto& object : kept_) object->release();
}

void Interpreter::charge(std::int64_t units) {
  steps_left_ -= units;
  if (steps_left_ < 0) fail("the template runs for too many steps", ErrorKind::resources);
}

void Interpreter::check_stack() const {
  const std::uintptr_t here = stack_position();
  const std::uintptr_t used = here < stack_base_ ? stack_base_ - here : here - stack_base_;
  if (used > limits_.stack_bytes) fail("the template nests too deeply", ErrorKind::resources);
}

Value Interpreter::keep(std::shared_ptr<Object> object) {
  if (kept_.size() >= kMaxKeptObjects) {
    fail("the template makes too many namespaces and macros", ErrorKind::resources);
  }
  kept_.push_back(object);
  return object;
}

void Interpreter::define(const std::string& name, Value value) {
  const auto it = program_.symbols.find(name);
  if (it != program_.symbols.end()) scope_->set(it->second, std::move(value));
}

Text Interpreter::run() {
  Captured output(*this);
  try {
    run(program_.body);
  } catch (Failure& failure) {
    if (failure.line == 0) failure.line = line_;
    throw;
  }
  return output.take();
}

Interpreter::Flow Interpreter::run(const Block& block) {
  for (const auto& stmt : block) {
    if (const Flow flow = run(*stmt); flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

Interpreter::Flow Interpreter::run(const Stmt& stmt) {
  charge(1);
  check_stack();
  line_ = stmt.line;
  switch (stmt.kind) {
    case StmtKind::text:
      output_->append(stmt.text);
      charge_text(stmt.text.size());
      if (output_->size() > limits_.output_bytes)
        fail("the text grows too long", ErrorKind::resources);
      break;
    case StmtKind::print:
      write(evaluate(*stmt.expr));
      break;
    case StmtKind::branch:
      return run_branch(stmt);
    case StmtKind::loop:
      run_for(stmt, evaluate(*stmt.expr), 1);
      break;
    case StmtKind::set:
      assign(stmt.target, evaluate(*stmt.expr));
      break;
    case StmtKind::set_block:
      run_set_block(stmt);
      break;
    case StmtKind::with:
      run_with(stmt);
      break;
    case StmtKind::macro: {
      auto macro = std::make_shared<Macro>();
      macro->definition = &stmt.macro;
      macro->scope = scope_;
      scope_->set(stmt.macro.symbol, keep(std::move(macro)));
      break;
    }
    case StmtKind::call_block:
      run_call_block(stmt);
      break;
    case StmtKind::filter:
      run_filter_block(stmt);
      break;
    case StmtKind::scope:
      run_in_own_scope(stmt.body);
      break;
    case StmtKind::loop_break:
      return Flow::loop_break;
    case StmtKind::loop_continue:
      return Flow::loop_continue;
  }
  return Flow::normal;
}

Interpreter::Flow Interpreter::run_branch(const Stmt& stmt) {
  for (const Arm& arm : stmt.arms) {
    if (arm.condition == nullptr || truth(evaluate(*arm.condition))) return run(arm.body);
  }
  return Flow::normal;
}

void Interpreter::run_in_own_scope(const Block& block) {
  const Entered entered(*this);
  run(block);
}

void Interpreter::write(const Value& value) {
  charge_walk(value);
  append_printed(*output_, value);
  if (output_->size() > limits_.output_bytes) fail("the text grows too long", ErrorKind::resources);
}

std::shared_ptr<const List> Interpreter::filtered(const Stmt& stmt,
                                                  std::shared_ptr<const List> items) {
  if (stmt.condition == nullptr) return items;
  List kept;
  Entered entered(*this);
  for (const Value& item : items->items) {
    entered.renew();
    assign(stmt.target, item);
    if (!truth(evaluate(*stmt.condition))) continue;
    kept.extent.add(item.extent());
    kept.items.push_back(item);
  }
  return std::make_shared<const List>(std::move(kept));
}

Interpreter::Flow Interpreter::run_for(const Stmt& stmt, const Value& iterable, int depth) {
  auto loop = std::make_shared<Loop>();
  loop->items = filtered(stmt, iterate(iterable));
  loop->level = depth;
  loop->extent = loop->items->extent;
  Value loop_value{std::static_pointer_cast<Object>(loop)};
  if (stmt.recursive) {
    loop->statement = &stmt;
    loop->scope = scope_;
    keep(loop);
  }
  if (loop->items->items.empty()) {
    run_in_own_scope(stmt.otherwise);
    return Flow::normal;
  }
  Entered entered(*this);
  for (; loop->index < loop->items->items.size(); ++loop->index) {
    charge(1);
    entered.renew();
    scope_->set(kLoop, loop_value);
    line_ = stmt.line;
    assign(stmt.target, loop->items->items[loop->index]);
    if (run(stmt.body) == Flow::loop_break) break;
  }
  return Flow::normal;
}

Value Interpreter::run_loop(const Stmt& stmt, const Value& iterable,
                            const std::shared_ptr<Scope>& scope, int depth) {
  check_stack();
  Captured output(*this);
  const Entered entered(*this, scope);
  run_for(stmt, iterable, depth);
  return output.take();
}

void Interpreter::run_set_block(const Stmt& stmt) {
  Value value;
  {
    Captured output(*this);
    run_in_own_scope(stmt.body);
    value = output.take();
  }
  assign(stmt.target, stmt.expr == nullptr ? value : evaluate_filters(*stmt.expr, &value));
}

void Interpreter::run_filter_block(const Stmt& stmt) {
  Value value;
  {
    Captured output(*this);
    run_in_own_scope(stmt.body);
    value = output.take();
  }
  write(evaluate_filters(*stmt.expr, &value));
}

void Interpreter::run_with(const Stmt& stmt) {
  std::vector<Value> values;  // all are evaluated outside of the new scope
  for (const auto& assignment : stmt.assignments) values.push_back(evaluate(*assignment.second));
  const Entered entered(*this);
  for (std::size_t i = 0; i < values.size(); ++i) assign(stmt.assignments[i].first, values[i]);
  run(stmt.body);
}

void Interpreter::run_call_block(const Stmt& stmt) {
  auto caller = std::make_shared<Macro>();
  caller->definition = &stmt.macro;
  caller->scope = scope_;
  const Value callee = evaluate(*stmt.expr->operands[0]);
  Arguments arguments = evaluate_arguments(stmt.expr->arguments);
  arguments.named.emplace_back("caller", keep(std::move(caller)));
  write(call(callee, arguments));
}

void Interpreter::assign(const Target& target, Value value) {
  if (target.parts.empty()) {
    if (target.attribute.empty()) return scope_->set(target.symbol, std::move(value));
    const Value* owner = scope_->find(target.symbol);
    auto* space = owner == nullptr ? nullptr : dynamic_cast<Namespace*>(owner->object());
    if (space == nullptr) {
      fail("cannot assign attribute '" + target.attribute + "' of '" + name_of(target.symbol) +
           "', which is not a namespace");
    }
    return space->set(target.attribute, std::move(value));
  }
  const auto items = iterate(value);
  if (items->items.size() != target.parts.size()) {
    fail("cannot unpack " + std::to_string(items->items.size()) + " values into " +
         std::to_string(target.parts.size()));
  }
  for (std::size_t i = 0; i < target.parts.size(); ++i) assign(target.parts[i], items->items[i]);
}

Value Interpreter::call_macro(const MacroDefinition& macro, const std::shared_ptr<Scope>& scope,
                              const Arguments& arguments) {
  check_stack();
  const int line = line_;
  Captured output(*this);
  const Entered entered(*this, scope);
  const std::size_t count = macro.parameters.size();
  std::vector<bool> given(count, false);
  std::vector<Value> extra;
  Dict extra_named;
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
    if (i < count) {
      given[i] = true;
      scope_->set(macro.parameters[i], arguments.positional[i]);
    } else {
      extra.push_back(arguments.positional[i]);
    }
  }
  if (!extra.empty() && !macro.uses_varargs) {
    fail("macro '" + macro.name + "' takes not more than " + std::to_string(count) +
         " argument(s)");
  }
  bool has_caller = false;
  for (const auto& [name, value] : arguments.named) {
    const auto it = std::find(macro.parameter_names.begin(), macro.parameter_names.end(), name);
    const auto i = static_cast<std::size_t>(it - macro.parameter_names.begin());
    if (i < count) {
      if (given[i]) fail("macro '" + macro.name + "' got two values for '" + name + "'");
      given[i] = true;
      scope_->set(macro.parameters[i], value);
    } else if (name == "caller" && macro.uses_caller) {
      has_caller = true;
      scope_->set(kCaller, value);
    } else if (macro.uses_kwargs) {
      extra_named.set(Text(name), value);
    } else {
      fail("macro '" + macro.name + "' takes no keyword argument '" + name + "'");
    }
  }
  if (macro.uses_caller && !has_caller) scope_->set(kCaller, Value::undefined("No caller defined"));
  if (macro.uses_varargs) scope_->set(kVarargs, make_list(std::move(extra), ListKind::tuple));
  if (macro.uses_kwargs) scope_->set(kKwargs, make_dict(std::move(extra_named)));
  const std::size_t first_default = count - macro.defaults.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (given[i]) continue;
    const auto& name = macro.parameter_names[i];
    scope_->set(macro.parameters[i],
                i < first_default ? Value::undefined("parameter '" + name + "' was not provided")
                                  : evaluate(*macro.defaults[i - first_default]));
  }
  run(macro.body);
  line_ = line;
  return output.take();
}

}  // namespace cactus::jinja
