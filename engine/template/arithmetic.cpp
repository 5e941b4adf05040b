// Python's operators on numbers, strings and sequences.
#include <cmath>

#include "engine/template/builtins.h"

namespace cactus::jinja {
namespace {

std::string_view symbol_of(ExprKind op) {
  switch (op) {
    case ExprKind::add:
      return "+";
    case ExprKind::subtract:
      return "-";
    case ExprKind::multiply:
      return "*";
    case ExprKind::divide:
      return "/";
    case ExprKind::floor_divide:
      return "//";
    case ExprKind::modulo:
      return "%";
    default:
      return "**";
  }
}

[[noreturn]] void unsupported(ExprKind op, const Value& a, const Value& b) {
  if (a.is_undefined()) fail(a.undefined_message());
  if (b.is_undefined()) fail(b.undefined_message());
  fail("unsupported operand type(s) for " + std::string(symbol_of(op)) + ": '" +
       std::string(type_name(a)) + "' and '" + std::string(type_name(b)) + "'");
}

// 64 bits are all the integers templates get; Python's do not end there.
std::int64_t narrow(__int128 value) {
  if (value > INT64_MAX || value < INT64_MIN)
    fail("a number grows beyond 64 bits", ErrorKind::resources);
  return static_cast<std::int64_t>(value);
}

std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  if (b == -1) return 0;  // INT64_MIN % -1 traps
  const std::int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

Value integer_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) fail("0.0 cannot be raised to a negative power");
    return std::pow(static_cast<double>(base), static_cast<double>(exponent));
  }
  std::int64_t result = 1;
  if (base == 0 || base == 1) return exponent == 0 ? std::int64_t{1} : base;
  if (base == -1) return std::int64_t{exponent % 2 == 0 ? 1 : -1};
  for (std::int64_t i = 0; i < exponent; ++i) result = narrow(static_cast<__int128>(result) * base);
  return result;
}

Value on_integers(ExprKind op, std::int64_t a, std::int64_t b) {
  const __int128 wide = a;
  switch (op) {
    case ExprKind::subtract:
      return narrow(wide - b);
    case ExprKind::multiply:
      return narrow(wide * b);
    case ExprKind::power:
      return integer_power(a, b);
    default:
      break;
  }
  if (b == 0)
    fail(op == ExprKind::divide ? "division by zero" : "integer division or modulo by zero");
  if (op == ExprKind::divide) return static_cast<double>(a) / static_cast<double>(b);
  if (op == ExprKind::modulo) return floor_mod(a, b);
  return narrow((wide - floor_mod(a, b)) / b);
}

double float_mod(double a, double b) {
  const double r = std::fmod(a, b);
  if (r == 0) return std::copysign(0.0, b);
  return (r < 0) != (b < 0) ? r + b : r;
}

Value on_floats(ExprKind op, double a, double b) {
  switch (op) {
    case ExprKind::subtract:
      return a - b;
    case ExprKind::multiply:
      return a * b;
    case ExprKind::power:
      if (a == 0 && b < 0) fail("0.0 cannot be raised to a negative power");
      if (a < 0 && std::floor(b) != b) fail("a negative number raised to a fraction is complex");
      return std::pow(a, b);
    default:
      break;
  }
  if (b == 0) fail(op == ExprKind::modulo ? "float modulo" : "float division by zero");
  if (op == ExprKind::divide) return a / b;
  return op == ExprKind::modulo ? float_mod(a, b) : std::floor((a - float_mod(a, b)) / b);
}

Value repeat(Interpreter& interpreter, const Value& value, std::int64_t count) {
  if (count < 0) count = 0;
  if (const Text* text = value.text()) {
    if (!text->empty() && count > static_cast<std::int64_t>(kMaxTextBytes / text->size())) {
      fail("a string grows too long", ErrorKind::resources);
    }
    if (text->empty()) return *text;
    interpreter.charge(count);
    interpreter.charge_text(text->size() * static_cast<std::size_t>(count));
    Text out;
    for (std::int64_t i = 0; i < count; ++i) out.append(*text);
    return out;
  }
  const List& list = *value.list();
  if (list.items.empty()) return value;
  if (count > kMaxDataWeight / static_cast<std::int64_t>(list.items.size())) {
    fail("a list grows too long", ErrorKind::resources);
  }
  interpreter.charge_items(static_cast<std::size_t>(count) * list.items.size());
  std::vector<Value> items;
  for (std::int64_t i = 0; i < count; ++i) {
    items.insert(items.end(), list.items.begin(), list.items.end());
  }
  return make_list(std::move(items), list.kind);
}

bool is_repeatable(const Value& value) {
  return value.text() != nullptr ||
         (value.list() != nullptr && value.list()->kind <= ListKind::tuple);
}

}  // namespace

Value add(Interpreter& interpreter, const Value& a, const Value& b) {
  if (a.text() != nullptr && b.text() != nullptr) {
    interpreter.charge_text(a.text()->size() + b.text()->size());
    Text out = *a.text();
    out.append(*b.text());
    return out;
  }
  if (a.is_integral() && b.is_integral()) {
    return narrow(static_cast<__int128>(a.integer()) + b.integer());
  }
  if (a.is_number() && b.is_number()) return a.number() + b.number();
  const List *x = a.list(), *y = b.list();
  if (x != nullptr && y != nullptr && x->kind == y->kind && x->kind <= ListKind::tuple) {
    interpreter.charge_items(x->items.size() + y->items.size());
    std::vector<Value> items = x->items;
    items.insert(items.end(), y->items.begin(), y->items.end());
    return make_list(std::move(items), x->kind);
  }
  if (a.text() != nullptr && !b.is_undefined()) {
    fail("can only concatenate str (not \"" + std::string(type_name(b)) + "\") to str");
  }
  unsupported(ExprKind::add, a, b);
}

Value arithmetic(Interpreter& interpreter, ExprKind op, const Value& a, const Value& b) {
  if (op == ExprKind::modulo && a.text() != nullptr)
    return format_percent(interpreter, *a.text(), b);
  if (a.is_integral() && b.is_integral()) return on_integers(op, a.integer(), b.integer());
  if (a.is_number() && b.is_number()) return on_floats(op, a.number(), b.number());
  if (op == ExprKind::multiply && is_repeatable(a) && b.is_integral()) {
    return repeat(interpreter, a, b.integer());
  }
  if (op == ExprKind::multiply && is_repeatable(b) && a.is_integral()) {
    return repeat(interpreter, b, a.integer());
  }
  unsupported(op, a, b);
}

Value negate(const Value& value, bool negative) {
  if (value.is_undefined()) fail(value.undefined_message());
  if (value.is_integral()) {
    return negative ? narrow(-static_cast<__int128>(value.integer())) : value.integer();
  }
  if (value.is_float()) return negative ? -value.number() : value.number();
  fail("bad operand type for unary " + std::string(negative ? "-" : "+") + ": '" +
       std::string(type_name(value)) + "'");
}

}  // namespace cactus::jinja
