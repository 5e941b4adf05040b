// Values with state or behaviour.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/template/interpreter.h"
#include "engine/template/value.h"

namespace cactus::jinja {

// namespace(a=1): the one thing whose attributes a template may set.
struct Namespace final : Object {
  std::vector<std::pair<std::string, Value>> members;
  std::string_view type_name() const override { return "Namespace"; }
  Value attribute(std::string_view name) override;
  void set(const std::string& name, Value value);
  void release() override { members.clear(); }
};

struct Macro final : Object {
  const MacroDefinition* definition = nullptr;
  std::shared_ptr<Scope> scope;
  std::string_view type_name() const override { return "Macro"; }
  bool callable() const override { return true; }
  Value attribute(std::string_view name) override;
  Value call(Interpreter& interpreter, const Arguments& arguments) override;
  void release() override { scope.reset(); }
};

// The `loop` of a for statement.
struct Loop final : Object, std::enable_shared_from_this<Loop> {
  std::shared_ptr<const List> items;
  std::size_t index = 0;
  int level = 1;
  const Stmt* statement = nullptr;  // of a recursive loop, with the scope it stands in
  std::shared_ptr<Scope> scope;
  std::unique_ptr<Value> last_changed;  // what changed() saw last
  std::string_view type_name() const override { return "LoopContext"; }
  bool callable() const override { return true; }
  Value attribute(std::string_view name) override;
  Value call(Interpreter& interpreter, const Arguments& arguments) override;
  void release() override;
};

using FunctionBody = Value (*)(Interpreter& interpreter, const Arguments& arguments);
struct Function final : Object {
  std::string_view name;
  FunctionBody body = nullptr;
  std::string_view type_name() const override { return "function"; }
  bool callable() const override { return true; }
  Value call(Interpreter& interpreter, const Arguments& arguments) override;
};

using MethodBody = Value (*)(Interpreter& interpreter, const Value& self,
                             const Arguments& arguments);
struct Method final : Object {
  Value self;
  MethodBody body = nullptr;
  std::string_view type_name() const override { return "builtin_function_or_method"; }
  bool callable() const override { return true; }
  Value call(Interpreter& interpreter, const Arguments& arguments) override;
};
Value make_method(const Value& self, MethodBody body);

// The function of this name that every template has (range, namespace, …), or null.
const Value* find_function(std::string_view name);

}  // namespace cactus::jinja
