// "%s" % value and "{}".format(value).
#include <algorithm>
#include <cstdio>

#include "engine/base/utf8.h"
#include "engine/template/builtins.h"

namespace cactus::jinja {
namespace {

// What stands between "%" or ":" and the type's letter.
struct Specification {
  std::string fill = " ";
  char align = '\0';  // < > ^ =
  char sign = '-';    // - + or space
  bool alternate = false, comma = false;
  std::int64_t width = 0;
  std::int64_t precision = -1;
  char type = '\0';
};

constexpr std::int64_t kMaxWidth = 1 << 20;

std::int64_t read_number(std::string_view text, std::size_t& at) {
  std::int64_t value = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    value = value * 10 + (text[at++] - '0');
    if (value > kMaxWidth) fail("a format asks for too wide a field", ErrorKind::resources);
  }
  return value;
}

std::string group_thousands(const std::string& digits) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string in_base(std::uint64_t value, unsigned base, bool upper) {
  const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  do {
    out.insert(out.begin(), digits[value % base]);
    value /= base;
  } while (value != 0);
  return out;
}

std::string float_digits(double value, const Specification& spec) {
  const bool percent = spec.type == '%';
  const char type = percent ? 'f' : spec.type;
  const int precision =
      static_cast<int>(spec.precision < 0 ? 6 : std::min<std::int64_t>(spec.precision, 350));
  char buffer[800];
  const std::string format = std::string("%") + (spec.alternate ? "#" : "") + ".*" + type;
  std::snprintf(buffer, sizeof buffer, format.c_str(), precision, percent ? value * 100 : value);
  return std::string(buffer) + (percent ? "%" : "");
}

// The digits of a number without its sign.
std::string magnitude(const Value& value, const Specification& spec) {
  const bool integral = value.is_integral();
  if (integral && std::string_view("\0dxXobic", 8).find(spec.type) != std::string_view::npos) {
    const std::int64_t v = value.integer();
    const std::uint64_t m =
        v < 0 ? 0 - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v);
    switch (spec.type) {
      case 'x':
      case 'X':
        return (spec.alternate ? std::string("0") + spec.type : "") +
               in_base(m, 16, spec.type == 'X');
      case 'o':
        return (spec.alternate ? "0o" : "") + in_base(m, 8, false);
      case 'b':
        return (spec.alternate ? "0b" : "") + in_base(m, 2, false);
      default:
        return spec.comma ? group_thousands(in_base(m, 10, false)) : in_base(m, 10, false);
    }
  }
  if (spec.type != '\0' && std::string_view("eEfFgG%").find(spec.type) == std::string_view::npos) {
    fail("unknown format code '" + std::string(1, spec.type) + "' for a number");
  }
  const double v = value.number() < 0 ? -value.number() : value.number();
  std::string digits;
  if (spec.type == '\0' && spec.precision < 0) {
    digits = format_float(v);
  } else {
    Specification with_type = spec;
    if (spec.type == '\0') with_type.type = 'g';
    digits = float_digits(v, with_type);
  }
  const std::size_t whole = digits.find_first_not_of("0123456789");
  if (!spec.comma) return digits;
  return group_thousands(digits.substr(0, whole)) +
         (whole == std::string::npos ? "" : digits.substr(whole));
}

Text pad(const Text& body, const Specification& spec, char default_align, std::size_t sign_length) {
  const auto length = static_cast<std::int64_t>(body.length());
  const std::int64_t missing = std::max<std::int64_t>(0, spec.width - length);
  const char align = spec.align == '\0' ? default_align : spec.align;
  const std::int64_t left = align == '<' ? 0 : (align == '^' ? missing / 2 : missing);
  Text out;
  if (align == '=') out.append(body, 0, sign_length);
  for (std::int64_t i = 0; i < left; ++i) out.append(spec.fill);
  out.append(body, align == '=' ? sign_length : 0, body.size());
  for (std::int64_t i = left; i < missing; ++i) out.append(spec.fill);
  return out;
}

Text format_number(const Value& value, const Specification& spec) {
  const bool negative = value.number() < 0;
  std::string sign = negative ? "-" : (spec.sign == '-' ? "" : std::string(1, spec.sign));
  const std::size_t sign_length = sign.size();
  return pad(Text(sign + magnitude(value, spec)), spec, '>', sign_length);
}

Text format_string(const Text& text, const Specification& spec) {
  if (spec.precision < 0) return pad(text, spec, '<', 0);
  return pad(text.slice(0, text.offset(static_cast<std::size_t>(spec.precision))), spec, '<', 0);
}

// [[fill]align][sign][#][0][width][,][.precision][type]
Specification parse_specification(std::string_view text) {
  Specification spec;
  std::size_t at = 0;
  auto is_align = [](char c) { return std::string_view("<>^=").find(c) != std::string_view::npos; };
  if (!text.empty()) {
    const std::size_t first = utf8::decode(text).length;
    if (first < text.size() && is_align(text[first])) {
      spec.fill = text.substr(0, first);
      spec.align = text[first];
      at = first + 1;
    } else if (is_align(text[0])) {
      spec.align = text[at++];
    }
  }
  auto skip = [&](char c) { return at < text.size() && text[at] == c && ++at; };
  if (at < text.size() && (text[at] == '+' || text[at] == '-' || text[at] == ' '))
    spec.sign = text[at++];
  spec.alternate = skip('#');
  if (skip('0')) {
    if (spec.align == '\0') {
      spec.fill = "0";
      spec.align = '=';
    }
  }
  spec.width = read_number(text, at);
  spec.comma = skip(',');
  if (skip('.')) spec.precision = read_number(text, at);
  if (at < text.size()) spec.type = text[at++];
  if (at != text.size()) fail("invalid format specifier '" + std::string(text) + "'");
  return spec;
}

}  // namespace

Text format_value(const Value& value, std::string_view specification) {
  if (specification.empty()) return print(value);
  const Specification spec = parse_specification(specification);
  if (value.is_number() && !(value.is_bool() && spec.type == '\0'))
    return format_number(value, spec);
  const Text text = print(value);
  if (spec.type != '\0' && spec.type != 's') {
    fail("unknown format code '" + std::string(1, spec.type) + "' for " +
         std::string(type_name(value)));
  }
  return format_string(text, spec);
}

Text format_percent(Interpreter& interpreter, const Text& format, const Value& arguments) {
  const List* tuple = arguments.list();
  if (tuple != nullptr && tuple->kind != ListKind::tuple) tuple = nullptr;
  std::size_t next = 0;
  auto take = [&]() -> Value {
    if (tuple == nullptr) {
      if (next++ == 0) return arguments;
    } else if (next < tuple->items.size()) {
      return tuple->items[next++];
    }
    fail("not enough arguments for format string");
  };
  Text out;
  const std::string_view text = format.view();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t percent = std::min(text.find('%', at), text.size());
    out.append(format, at, percent);
    if (percent == text.size()) break;
    at = percent + 1;
    Value value;
    bool keyed = false;
    if (at < text.size() && text[at] == '(') {
      const std::size_t close = text.find(')', at);
      if (close == std::string_view::npos) fail("incomplete format key");
      if (arguments.dict() == nullptr) fail("format requires a mapping");
      const Value* member = arguments.dict()->find(text.substr(at + 1, close - at - 1));
      if (member == nullptr) fail("the format names a key that is missing");
      value = *member;
      keyed = true;
      next = 1;
      at = close + 1;
    }
    Specification spec;
    for (; at < text.size() && std::string_view("#0- +").find(text[at]) != std::string_view::npos;
         ++at) {
      if (text[at] == '-') spec.align = '<';
      if (text[at] == '+' || text[at] == ' ') spec.sign = text[at];
      if (text[at] == '#') spec.alternate = true;
      if (text[at] == '0' && spec.align == '\0') {
        spec.align = '=';
        spec.fill = "0";
      }
    }
    if (spec.align == '<') spec.fill = " ";
    spec.width = read_number(text, at);
    if (at < text.size() && text[at] == '.') spec.precision = read_number(text, ++at);
    if (at >= text.size()) fail("incomplete format");
    spec.type = text[at++];
    if (spec.type == '%') {
      out.append("%");
      continue;
    }
    if (!keyed) value = take();
    interpreter.charge_walk(value);
    if (spec.type == 's' || spec.type == 'r') {
      if (spec.align == '=' || spec.align == '\0') spec.align = '>';
      if (spec.fill == "0") spec.fill = " ";
      out.append(format_string(spec.type == 's' ? print(value) : repr(value), spec));
    } else {
      if (!value.is_number())
        fail("%" + std::string(1, spec.type) + " format: a number is required");
      if (std::string_view("diu").find(spec.type) != std::string_view::npos) {
        spec.type = 'd';
        if (value.is_float())
          value = static_cast<std::int64_t>(std::clamp(value.number(), -9e18, 9e18));
      }
      out.append(format_number(value, spec));
    }
  }
  if (tuple != nullptr ? next < tuple->items.size() : next == 0 && arguments.dict() == nullptr) {
    fail("not all arguments converted during string formatting");
  }
  return out;
}

namespace {

// What "{0.name[key]}" refers to.
Value field_value(Interpreter& interpreter, std::string_view field, const Arguments& arguments,
                  std::size_t& next) {
  std::size_t at = std::min(field.find_first_of(".["), field.size());
  const std::string_view first = field.substr(0, at);
  Value value;
  if (first.empty() || (first[0] >= '0' && first[0] <= '9')) {
    std::size_t read = 0;
    const auto index = first.empty() ? next++ : static_cast<std::size_t>(read_number(first, read));
    if (index >= arguments.positional.size()) fail("a replacement index is out of range");
    value = arguments.positional[index];
  } else {
    const auto it = std::find_if(arguments.named.begin(), arguments.named.end(),
                                 [first](const auto& entry) { return entry.first == first; });
    if (it == arguments.named.end()) fail("format() misses '" + std::string(first) + "'");
    value = it->second;
  }
  while (at < field.size()) {
    if (field[at] == '.') {
      const std::size_t end = std::min(field.find_first_of(".[", at + 1), field.size());
      value = interpreter.attribute(value, field.substr(at + 1, end - at - 1));
      at = end;
    } else {
      const std::size_t close = field.find(']', at);
      if (field[at] != '[' || close == std::string_view::npos) fail("a format field is malformed");
      const std::string_view key = field.substr(at + 1, close - at - 1);
      std::size_t read = 0;
      const bool digits =
          !key.empty() && key.find_first_not_of("0123456789") == std::string_view::npos;
      value = interpreter.item(value, digits ? Value(read_number(key, read)) : Value::literal(key));
      at = close + 1;
    }
  }
  return value;
}

}  // namespace

Text format_braces(Interpreter& interpreter, const Text& format, const Arguments& arguments) {
  Text out;
  std::size_t next = 0;
  const std::string_view text = format.view();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t brace = std::min(text.find_first_of("{}", at), text.size());
    out.append(format, at, brace);
    if (brace == text.size()) break;
    if (brace + 1 < text.size() && text[brace + 1] == text[brace]) {
      out.append(format, brace, brace + 1);
      at = brace + 2;
      continue;
    }
    const std::size_t close = text.find('}', brace);
    if (text[brace] == '}' || close == std::string_view::npos)
      fail("a format string has a single brace");
    std::string_view field = text.substr(brace + 1, close - brace - 1);
    const std::size_t colon = std::min(field.find(':'), field.size());
    const std::string_view specification = field.substr(std::min(colon + 1, field.size()));
    field = field.substr(0, colon);
    char conversion = '\0';
    if (const std::size_t mark = field.find('!'); mark != std::string_view::npos) {
      if (mark + 2 != field.size()) fail("a format conversion is malformed");
      conversion = field[mark + 1];
      field = field.substr(0, mark);
    }
    Value value = field_value(interpreter, field, arguments, next);
    interpreter.charge_walk(value);
    if (conversion == 'r' || conversion == 'a') value = repr(value);
    if (conversion == 's') value = print(value);
    out.append(format_value(value, specification));
    at = close + 1;
  }
  return out;
}

}  // namespace cactus::jinja
