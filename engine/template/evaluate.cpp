// Expressions.
#include <algorithm>

#include "engine/template/builtins.h"
#include "engine/template/failure.h"
#include "engine/template/interpreter.h"
#include "engine/template/objects.h"
#include "engine/template/python.h"

namespace cactus::jinja {

Value Interpreter::evaluate(const Expr& expr) {
  charge(1);
  check_stack();
  line_ = expr.line;
  switch (expr.kind) {
    case ExprKind::constant:
      return expr.value;
    case ExprKind::name:
      return evaluate_name(expr);
    case ExprKind::list:
    case ExprKind::tuple:
    case ExprKind::dict:
      return evaluate_collection(expr);
    case ExprKind::attribute:
      return attribute(evaluate(*expr.operands[0]), expr.text);
    case ExprKind::item: {
      const Value value = evaluate(*expr.operands[0]);
      return item(value, evaluate(*expr.operands[1]));
    }
    case ExprKind::slice:
      return evaluate_slice(expr);
    case ExprKind::call:
      return evaluate_call(expr);
    case ExprKind::filter:
      return evaluate_filters(expr, nullptr);
    case ExprKind::test: {
      const Value value = evaluate(*expr.operands[0]);
      return test(expr.text, value, evaluate_arguments(expr.arguments));
    }
    case ExprKind::negate:
    case ExprKind::plus:
      return negate(evaluate(*expr.operands[0]), expr.kind == ExprKind::negate);
    case ExprKind::logical_not:
      return !truth(evaluate(*expr.operands[0]));
    case ExprKind::logical_and:
    case ExprKind::logical_or: {
      Value left = evaluate(*expr.operands[0]);
      return truth(left) == (expr.kind == ExprKind::logical_or) ? left
                                                                : evaluate(*expr.operands[1]);
    }
    case ExprKind::concat:
      return evaluate_concat(expr);
    case ExprKind::compare:
      return evaluate_compare(expr);
    case ExprKind::conditional:
      return evaluate_conditional(expr);
    default:
      return evaluate_binary(expr);
  }
}

Value Interpreter::evaluate_name(const Expr& expr) {
  if (const Value* value = scope_->find(expr.symbol)) return *value;
  const std::string& name = name_of(expr.symbol);
  if (const Value* function = find_function(name)) return *function;
  return Value::undefined("'" + name + "' is undefined");
}

Value Interpreter::evaluate_binary(const Expr& expr) {
  const Value left = evaluate(*expr.operands[0]);
  const Value right = evaluate(*expr.operands[1]);
  line_ = expr.line;
  return expr.kind == ExprKind::add ? add(*this, left, right)
                                    : arithmetic(*this, expr.kind, left, right);
}

Value Interpreter::evaluate_concat(const Expr& expr) {
  Text text;
  for (const auto& operand : expr.operands) {
    const Value value = evaluate(*operand);
    charge_walk(value);
    append_printed(text, value);
  }
  return text;
}

bool Interpreter::equals(const Value& a, const Value& b) {
  const bool both =
      (a.list() != nullptr && b.list() != nullptr) || (a.dict() != nullptr && b.dict() != nullptr);
  if (both) charge(std::min(a.extent().weight, b.extent().weight));
  return equal(a, b);
}

bool Interpreter::compare_with(CompareOp op, const Value& a, const Value& b) {
  switch (op) {
    case CompareOp::eq:
      return equals(a, b);
    case CompareOp::ne:
      return !equals(a, b);
    case CompareOp::lt:
      return compare(a, b, "<") < 0;
    case CompareOp::le:
      return compare(a, b, "<=") <= 0;
    case CompareOp::gt:
      return compare(a, b, ">") > 0;
    case CompareOp::ge:
      return compare(a, b, ">=") >= 0;
    case CompareOp::in:
    case CompareOp::not_in:
      break;
  }
  if (b.text() != nullptr) {
    charge_text(b.text()->size());
  } else if (b.list() != nullptr) {
    charge(a.extent().depth > 0 ? b.extent().weight
                                : static_cast<std::int64_t>(b.list()->items.size()));
  }
  return contains(b, a) == (op == CompareOp::in);
}

Value Interpreter::evaluate_compare(const Expr& expr) {
  Value left = evaluate(*expr.operands[0]);
  for (std::size_t i = 0; i < expr.ops.size(); ++i) {
    Value right = evaluate(*expr.operands[i + 1]);
    if (!compare_with(expr.ops[i], left, right)) return false;
    left = std::move(right);
  }
  return true;
}

Value Interpreter::evaluate_conditional(const Expr& expr) {
  if (truth(evaluate(*expr.operands[1]))) return evaluate(*expr.operands[0]);
  if (expr.operands[2] != nullptr) return evaluate(*expr.operands[2]);
  return Value::undefined(
      "the inline if-expression evaluated to false and no else section was defined");
}

Value Interpreter::evaluate_collection(const Expr& expr) {
  if (expr.kind == ExprKind::dict) {
    Dict dict;
    for (std::size_t i = 0; i + 1 < expr.operands.size(); i += 2) {
      const Value key = evaluate(*expr.operands[i]);
      dict.set(key, evaluate(*expr.operands[i + 1]));
      charge_objects(1);
    }
    return make_dict(std::move(dict));
  }
  std::vector<Value> items;
  items.reserve(expr.operands.size());
  for (const auto& operand : expr.operands) items.push_back(evaluate(*operand));
  return make_list(std::move(items),
                   expr.kind == ExprKind::tuple ? ListKind::tuple : ListKind::list);
}

Value Interpreter::evaluate_slice(const Expr& expr) {
  Value parts[4];
  for (std::size_t i = 0; i < 4; ++i) {
    if (expr.operands[i] != nullptr) parts[i] = evaluate(*expr.operands[i]);
  }
  return slice(*this, parts[0], parts[1], parts[2], parts[3]);
}

Value Interpreter::evaluate_call(const Expr& expr) {
  const Value callee = evaluate(*expr.operands[0]);
  const Arguments arguments = evaluate_arguments(expr.arguments);
  line_ = expr.line;
  return call(callee, arguments);
}

Value Interpreter::evaluate_filters(const Expr& expr, const Value* input) {
  const Expr* operand = expr.operands[0].get();
  Value value;
  if (operand == nullptr) {
    value = *input;
  } else if (operand->kind == ExprKind::filter) {
    check_stack();
    value = evaluate_filters(*operand, input);
  } else {
    value = evaluate(*operand);
  }
  const Arguments arguments = evaluate_arguments(expr.arguments);
  line_ = expr.line;
  return filter(expr.text, value, arguments);
}

Arguments Interpreter::evaluate_arguments(const CallArguments& arguments) {
  Arguments out;
  for (const auto& expr : arguments.positional) out.positional.push_back(evaluate(*expr));
  for (const auto& [name, expr] : arguments.named) out.named.emplace_back(name, evaluate(*expr));
  if (arguments.star != nullptr) {
    const auto items = iterate(evaluate(*arguments.star));
    charge_items(items->items.size());
    out.positional.insert(out.positional.end(), items->items.begin(), items->items.end());
  }
  if (arguments.double_star != nullptr) {
    const Value value = evaluate(*arguments.double_star);
    if (value.dict() == nullptr) fail("argument after ** must be a mapping");
    for (const auto& [key, item] : value.dict()->entries) {
      if (key.text() == nullptr) fail("keywords must be strings");
      out.named.emplace_back(key.text()->bytes(), item);
    }
  }
  return out;
}

Value Interpreter::call(const Value& callee, const Arguments& arguments) {
  charge(1);
  if (callee.is_undefined()) fail(callee.undefined_message());
  Object* object = callee.object();
  if (object == nullptr || !object->callable()) {
    fail("'" + std::string(type_name(callee)) + "' object is not callable");
  }
  return object->call(*this, arguments);
}

Text Interpreter::print(const Value& value) {
  charge_walk(value);
  return jinja::print(value);
}

std::shared_ptr<const List> Interpreter::iterate(const Value& value) {
  if (const List* list = value.list()) return {std::make_shared<const Value>(value), list};
  List items;
  if (const Text* text = value.text()) {
    charge_objects(text->length());
    for (std::size_t at = 0; at < text->size();) {
      std::size_t end = at + 1;
      while (end < text->size() && (static_cast<unsigned char>(text->view()[end]) & 0xC0) == 0x80)
        ++end;
      items.items.emplace_back(text->slice(at, end));
      at = end;
    }
    items.extent = {1, 1 + static_cast<std::int64_t>(items.items.size())};
  } else if (const Dict* dict = value.dict()) {
    charge_items(dict->entries.size());
    for (const auto& [key, item] : dict->entries) items.items.push_back(key);
    items.extent = dict->extent;
  } else if (!value.is_undefined()) {
    fail("'" + std::string(type_name(value)) + "' object is not iterable");
  }
  return std::make_shared<const List>(std::move(items));
}

}  // namespace cactus::jinja
