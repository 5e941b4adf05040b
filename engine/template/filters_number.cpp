// Filters that make numbers, and default().
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "engine/template/builtins.h"

namespace cactus::jinja {
namespace {

// Python's int() and float() of strings allow space around and underscores inside.
std::string plain_number(const Text& text) {
  const Text stripped = strip(text, true, true);
  std::string out;
  const std::string_view view = stripped.view();
  for (std::size_t i = 0; i < view.size(); ++i) {
    const bool between = i > 0 && i + 1 < view.size() && view[i - 1] != '_' && view[i + 1] != '_';
    if (view[i] == '_' && between) continue;
    out += view[i];
  }
  return out;
}

bool parse_float(const Text& text, double& value) {
  const std::string number = plain_number(text);
  // strtod also reads hexadecimal, which float() does not.
  if (number.empty() || number.find_first_of("xXpP") != std::string::npos ||
      is_space(static_cast<unsigned char>(number[0]))) {
    return false;
  }
  char* end = nullptr;
  value = std::strtod(number.c_str(), &end);
  return end == number.c_str() + number.size();
}

bool parse_int(const Text& text, int base, std::int64_t& value) {
  std::string number = plain_number(text);
  const bool negative = !number.empty() && number[0] == '-';
  if (!number.empty() && (number[0] == '-' || number[0] == '+')) number.erase(0, 1);
  if (number.size() > 2 && number[0] == '0') {
    const char prefix = static_cast<char>(number[1] | 0x20);
    if ((base == 16 && prefix == 'x') || (base == 8 && prefix == 'o') ||
        (base == 2 && prefix == 'b')) {
      number.erase(0, 2);
    }
  }
  if (number.empty() || number[0] == '-') return false;
  if (negative) number.insert(0, "-");
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), value, base);
  if (error == std::errc::result_out_of_range)
    fail("a number grows beyond 64 bits", ErrorKind::resources);
  return error == std::errc() && end == number.data() + number.size();
}

bool truncate(double number, std::int64_t& value) {
  if (!std::isfinite(number) || std::abs(number) > 9.2e18) return false;
  value = static_cast<std::int64_t>(number);
  return true;
}

Value f_int(Interpreter&, const Value& value, const Arguments& arguments) {
  const Parameters p("int", arguments, {"default", "base"});
  if (value.is_undefined()) fail(value.undefined_message());
  const std::int64_t base = p.integer(1, 10);
  if (base < 2 || base > 36) fail("int() base must be between 2 and 36");
  std::int64_t out = 0;
  double number = 0;
  if (value.is_integral()) return value.integer();
  if (value.is_float() && truncate(value.number(), out)) return out;
  if (const Text* text = value.text()) {
    if (parse_int(*text, static_cast<int>(base), out)) return out;
    if (parse_float(*text, number) && truncate(number, out)) return out;
  }
  return p.get(0, std::int64_t{0});
}

Value f_float(Interpreter&, const Value& value, const Arguments& arguments) {
  const Parameters p("float", arguments, {"default"});
  if (value.is_undefined()) fail(value.undefined_message());
  double number = 0;
  if (value.is_number()) return value.number();
  if (value.text() != nullptr && parse_float(*value.text(), number)) return number;
  return p.get(0, 0.0);
}

Value f_abs(Interpreter&, const Value& value, const Arguments& arguments) {
  const Parameters p("abs", arguments, {});
  if (!value.is_number())
    fail("bad operand type for abs(): '" + std::string(type_name(value)) + "'");
  return negate(value, value.number() < 0);
}

Value f_round(Interpreter&, const Value& value, const Arguments& arguments) {
  const Parameters p("round", arguments, {"precision", "method"});
  const std::int64_t precision = p.integer(0, 0);
  const std::string method = p.text(1, "common").bytes();
  if (!value.is_number()) fail("type " + std::string(type_name(value)) + " cannot be rounded");
  if (method != "common" && method != "ceil" && method != "floor") {
    fail("method must be common, ceil or floor");
  }
  if (precision < -300 || precision > 300) fail("round() is limited to 300 digits");
  if (method != "common") {
    const double scale = std::pow(10.0, static_cast<double>(precision));
    const double scaled = value.number() * scale;
    return (method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale;
  }
  if (value.is_integral() && precision >= 0) return value.integer();
  if (precision < 0) {
    const double scale = std::pow(10.0, static_cast<double>(-precision));
    const double rounded = std::nearbyint(value.number() / scale) * scale;
    return value.is_integral() ? Value(static_cast<std::int64_t>(rounded)) : Value(rounded);
  }
  // The C library rounds the exact value, halves to even, as Python does.
  char text[700];
  std::snprintf(text, sizeof text, "%.*f", static_cast<int>(precision), value.number());
  return std::strtod(text, nullptr);
}

Value f_default(Interpreter&, const Value& value, const Arguments& arguments) {
  const Parameters p("default", arguments, {"default_value", "boolean"});
  const bool use = value.is_undefined() || (p.boolean(1, false) && !truth(value));
  return use ? p.get(0, Text()) : value;
}

Value f_length(Interpreter&, const Value& value, const Arguments& arguments) {
  const Parameters p("length", arguments, {});
  if (value.is_undefined()) return std::int64_t{0};
  if (const Text* text = value.text()) return static_cast<std::int64_t>(text->length());
  if (const Dict* dict = value.dict()) return static_cast<std::int64_t>(dict->entries.size());
  const List* list = value.list();
  if (list == nullptr || list->kind == ListKind::generator) {
    fail("object of type '" + std::string(type_name(value)) + "' has no len()");
  }
  return static_cast<std::int64_t>(list->items.size());
}

constexpr Row<FilterBody> kNumberFilters[] = {
    {"int", f_int},         {"float", f_float}, {"abs", f_abs},       {"round", f_round},
    {"default", f_default}, {"d", f_default},   {"length", f_length}, {"count", f_length},
};

}  // namespace

std::span<const Row<FilterBody>> number_filters() {
  return kNumberFilters;
}

}  // namespace cactus::jinja
