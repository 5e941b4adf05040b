#include "engine/template/objects.h"

#include <algorithm>

#include "engine/template/builtins.h"

namespace cactus::jinja {

Value Namespace::attribute(std::string_view name) {
  for (const auto& [key, value] : members) {
    if (key == name) return value;
  }
  return Object::attribute(name);
}

void Namespace::set(const std::string& name, Value value) {
  for (auto& [key, old] : members) {
    if (key != name) continue;
    old = std::move(value);
    return;
  }
  members.emplace_back(name, std::move(value));
}

Value Macro::attribute(std::string_view name) {
  if (name == "name") return Value::literal(definition->name);
  if (name == "caller") return definition->uses_caller;
  if (name == "catch_varargs") return definition->uses_varargs;
  if (name == "catch_kwargs") return definition->uses_kwargs;
  if (name == "arguments") {
    std::vector<Value> names;
    for (const auto& parameter : definition->parameter_names) {
      names.push_back(Value::literal(parameter));
    }
    return make_list(std::move(names), ListKind::tuple);
  }
  return Object::attribute(name);
}

Value Macro::call(Interpreter& interpreter, const Arguments& arguments) {
  return interpreter.call_macro(*definition, scope, arguments);
}

namespace {

// loop.cycle('odd', 'even')
Value loop_cycle(Interpreter&, const Value& self, const Arguments& arguments) {
  if (arguments.positional.empty()) fail("no items for cycling given");
  const auto* loop = static_cast<const Loop*>(self.object());
  return arguments.positional[loop->index % arguments.positional.size()];
}

Value loop_changed(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  auto* loop = static_cast<Loop*>(self.object());
  Value now = make_list(arguments.positional, ListKind::tuple);
  if (loop->last_changed != nullptr && interpreter.equals(*loop->last_changed, now)) return false;
  // It may now hold itself, by way of its arguments.
  if (loop->last_changed == nullptr) interpreter.keep(self.shared_object());
  loop->last_changed = std::make_unique<Value>(std::move(now));
  return true;
}

}  // namespace

Value Loop::attribute(std::string_view name) {
  const auto count = static_cast<std::int64_t>(items->items.size());
  const auto at = static_cast<std::int64_t>(index);
  if (name == "index") return at + 1;
  if (name == "index0") return at;
  if (name == "first") return at == 0;
  if (name == "last") return at + 1 >= count;
  if (name == "length") return count;
  if (name == "revindex") return count - at;
  if (name == "revindex0") return count - at - 1;
  if (name == "depth") return static_cast<std::int64_t>(level);
  if (name == "depth0") return static_cast<std::int64_t>(level - 1);
  if (name == "previtem") {
    if (at == 0) return Value::undefined("there is no previous item");
    return items->items[index - 1];
  }
  if (name == "nextitem") {
    if (at + 1 >= count) return Value::undefined("there is no next item");
    return items->items[index + 1];
  }
  if (name == "cycle")
    return make_method(std::static_pointer_cast<Object>(shared_from_this()), loop_cycle);
  if (name == "changed") {
    return make_method(std::static_pointer_cast<Object>(shared_from_this()), loop_changed);
  }
  return Object::attribute(name);
}

Value Loop::call(Interpreter& interpreter, const Arguments& arguments) {
  if (statement == nullptr || scope == nullptr) {
    fail("only a loop with the 'recursive' modifier can be called");
  }
  const Parameters parameters("loop", arguments, {"iterable"});
  return interpreter.run_loop(*statement, parameters.required(0), scope, level + 1);
}

void Loop::release() {
  scope.reset();
  last_changed.reset();
}

Value Function::call(Interpreter& interpreter, const Arguments& arguments) {
  return body(interpreter, arguments);
}

Value Method::call(Interpreter& interpreter, const Arguments& arguments) {
  return body(interpreter, self, arguments);
}

Value make_method(const Value& self, MethodBody body) {
  auto method = std::make_shared<Method>();
  method->self = self;
  method->body = body;
  method->extent.add(self.extent());
  if (method->extent.depth > kMaxDataDepth)
    fail("a value is nested too deeply", ErrorKind::resources);
  return std::static_pointer_cast<Object>(std::move(method));
}

const Value* find_function(std::string_view name) {
  static const std::vector<std::pair<std::string_view, Value>> table = [] {
    std::vector<std::pair<std::string_view, Value>> values;
    for (const auto& row : functions()) {
      auto function = std::make_shared<Function>();
      function->name = row.name;
      function->body = row.body;
      values.emplace_back(row.name, std::static_pointer_cast<Object>(std::move(function)));
    }
    return values;
  }();
  const auto it = std::find_if(table.begin(), table.end(),
                               [name](const auto& entry) { return entry.first == name; });
  return it == table.end() ? nullptr : &it->second;
}

Parameters::Parameters(std::string_view function, const Arguments& arguments,
                       std::initializer_list<std::string_view> names)
    : function_(function), names_(names), values_(names.size(), nullptr) {
  if (arguments.positional.size() > names.size()) {
    fail(std::string(function) + "() takes at most " + std::to_string(names.size()) +
         " argument(s), " + std::to_string(arguments.positional.size()) + " given");
  }
  for (std::size_t i = 0; i < arguments.positional.size(); ++i)
    values_[i] = &arguments.positional[i];
  for (const auto& [name, value] : arguments.named) {
    const auto i =
        static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    if (i == names.size()) {
      fail(std::string(function) + "() got an unexpected keyword argument '" + name + "'");
    }
    if (values_[i] != nullptr) {
      fail(std::string(function) + "() got multiple values for argument '" + name + "'");
    }
    values_[i] = &value;
  }
}

const Value& Parameters::required(std::size_t i) const {
  if (values_[i] == nullptr) {
    fail(std::string(function_) + "() misses its argument '" + std::string(names_[i]) + "'");
  }
  return *values_[i];
}

Value Parameters::get(std::size_t i, Value otherwise) const {
  return values_[i] == nullptr ? std::move(otherwise) : *values_[i];
}

std::int64_t Parameters::integer(std::size_t i, std::int64_t otherwise) const {
  return values_[i] == nullptr ? otherwise : expect_integer(*values_[i], function_);
}

bool Parameters::boolean(std::size_t i, bool otherwise) const {
  return values_[i] == nullptr ? otherwise : truth(*values_[i]);
}

const Text& Parameters::text(std::size_t i) const {
  return expect_text(required(i), function_);
}

Text Parameters::text(std::size_t i, std::string_view otherwise) const {
  return values_[i] == nullptr ? Text(std::string(otherwise)) : expect_text(*values_[i], function_);
}

const Text& expect_text(const Value& value, std::string_view function) {
  if (value.is_undefined()) fail(value.undefined_message());
  if (value.text() == nullptr) {
    fail(std::string(function) + "() needs a string, not " + std::string(type_name(value)));
  }
  return *value.text();
}

std::int64_t expect_integer(const Value& value, std::string_view function) {
  if (value.is_undefined()) fail(value.undefined_message());
  if (!value.is_integral()) {
    fail(std::string(function) + "() needs an integer, not " + std::string(type_name(value)));
  }
  return value.integer();
}

}  // namespace cactus::jinja
