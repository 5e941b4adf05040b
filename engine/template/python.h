// Python's rules for values: names of types, truth, equality, order, printing.
#pragma once
#include <string>
#include <string_view>

#include "engine/template/value.h"

namespace cactus::jinja {

std::string_view type_name(const Value& value);  // "str", "NoneType", "dict"
bool truth(const Value& value);
bool equal(const Value& a, const Value& b);
// Negative, zero or positive; fails for types that Python does not order.
int compare(const Value& a, const Value& b, std::string_view op = "<");
// `needle in haystack`.
bool contains(const Value& haystack, const Value& needle);

std::string format_float(double value);  // repr(): shortest text that reads back equal
Text print(const Value& value);          // str()
Text repr(const Value& value);
void append_repr(Text& out, const Value& value);
void append_printed(Text& out, const Value& value);

// json.dumps(value, ensure_ascii=False, indent, separators, sort_keys); `indent` < 0: one line.
struct JsonStyle {
  std::int64_t indent = -1;
  std::string indent_text;  // used when indent >= 0
  std::string item_separator = ", ", key_separator = ": ";
  bool ensure_ascii = false;
  bool sort_keys = false;
};
void append_json(Text& out, const Value& value, const JsonStyle& style, int level = 0);

}  // namespace cactus::jinja
