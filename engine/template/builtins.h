// The tables of what templates can call, and how their arguments are read.
#pragma once
#include <initializer_list>
#include <span>
#include <string_view>

#include "engine/template/failure.h"
#include "engine/template/interpreter.h"
#include "engine/template/objects.h"
#include "engine/template/python.h"
#include "engine/template/value.h"

namespace cactus::jinja {

using FilterBody = Value (*)(Interpreter& interpreter, const Value& value,
                             const Arguments& arguments);
using TestBody = bool (*)(Interpreter& interpreter, const Value& value, const Arguments& arguments);

template <class Body>
struct Row {
  std::string_view name;
  Body body;
};

std::span<const Row<FilterBody>> text_filters();
std::span<const Row<FilterBody>> number_filters();
std::span<const Row<FilterBody>> sequence_filters();
std::span<const Row<FilterBody>> selection_filters();
std::span<const Row<TestBody>> tests();
std::span<const Row<MethodBody>> text_methods();
std::span<const Row<MethodBody>> text_class_methods();  // isdigit() and so on
std::span<const Row<MethodBody>> dict_methods();
std::span<const Row<MethodBody>> list_methods();
std::span<const Row<FunctionBody>> functions();

template <class Body>
Body find_row(std::span<const Row<Body>> rows, std::string_view name) {
  for (const auto& row : rows) {
    if (row.name == name) return row.body;
  }
  return nullptr;
}

// Arguments matched with parameter names, as a Python call does. Throws for one too many, one
// unknown, one given twice. Lives shorter than the arguments.
class Parameters {
 public:
  Parameters(std::string_view function, const Arguments& arguments,
             std::initializer_list<std::string_view> names);

  const Value* find(std::size_t i) const { return values_[i]; }  // null: not given
  bool has(std::size_t i) const { return values_[i] != nullptr; }
  const Value& required(std::size_t i) const;
  Value get(std::size_t i, Value otherwise) const;
  std::int64_t integer(std::size_t i, std::int64_t otherwise) const;
  bool boolean(std::size_t i, bool otherwise) const;
  const Text& text(std::size_t i) const;  // required, a string
  Text text(std::size_t i, std::string_view otherwise) const;
  // The next parameter, whether given or not, is none or not given.
  bool none(std::size_t i) const { return values_[i] == nullptr || values_[i]->is_none(); }

 private:
  std::string_view function_;
  std::vector<std::string_view> names_;
  std::vector<const Value*> values_;
};

// The string that `value` is; fails for another type.
const Text& expect_text(const Value& value, std::string_view function);
std::int64_t expect_integer(const Value& value, std::string_view function);

// Operators (arithmetic.cpp, format_text.cpp).
Value add(Interpreter& interpreter, const Value& a, const Value& b);
Value arithmetic(Interpreter& interpreter, ExprKind op, const Value& a, const Value& b);
Value negate(const Value& value, bool negative);
Text format_percent(Interpreter& interpreter, const Text& format, const Value& arguments);
Text format_braces(Interpreter& interpreter, const Text& format, const Arguments& arguments);
// A format specification ("<10", "05.2f") applied to one value.
Text format_value(const Value& value, std::string_view specification);

// value[begin:end:step] with Python's defaults and clamping for the null ones.
Value slice(Interpreter& interpreter, const Value& value, const Value& begin, const Value& end,
            const Value& step);

// datetime.strftime of a local time.
std::string format_time(std::int64_t seconds, std::string_view format);

}  // namespace cactus::jinja
