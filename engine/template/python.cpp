#include "engine/template/python.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "engine/base/utf8.h"
#include "engine/template/failure.h"

namespace cactus::jinja {

std::string_view type_name(const Value& value) {
  if (value.is_undefined()) return "Undefined";
  if (value.is_none()) return "NoneType";
  if (value.is_bool()) return "bool";
  if (value.is_int()) return "int";
  if (value.is_float()) return "float";
  if (value.text() != nullptr) return "str";
  if (value.dict() != nullptr) return "dict";
  if (const Object* o = value.object()) return o->type_name();
  switch (value.list()->kind) {
    case ListKind::list:
      return "list";
    case ListKind::tuple:
      return "tuple";
    case ListKind::range:
      return "range";
    case ListKind::view:
      return "dict_view";
    case ListKind::generator:
      break;
  }
  return "generator";
}

bool truth(const Value& value) {
  if (value.is_number()) return value.number() != 0;
  if (const Text* t = value.text()) return !t->empty();
  if (const List* l = value.list()) return l->kind == ListKind::generator || !l->items.empty();
  if (const Dict* d = value.dict()) return !d->entries.empty();
  return value.object() != nullptr;
}

bool equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (a.is_integral() && b.is_integral()) return a.integer() == b.integer();
    return a.number() == b.number();
  }
  if (a.text() != nullptr || b.text() != nullptr) {
    return a.text() != nullptr && b.text() != nullptr && a.text()->view() == b.text()->view();
  }
  if (a.list() != nullptr && b.list() != nullptr) {
    const List &x = *a.list(), &y = *b.list();
    return x.kind == y.kind &&
           std::equal(x.items.begin(), x.items.end(), y.items.begin(), y.items.end(), equal);
  }
  if (a.dict() != nullptr && b.dict() != nullptr) {
    const auto& x = a.dict()->entries;
    return x.size() == b.dict()->entries.size() &&
           std::all_of(x.begin(), x.end(), [&b](const auto& entry) {
             const Value* other = b.dict()->find(entry.first);
             return other != nullptr && equal(entry.second, *other);
           });
  }
  if (a.object() != nullptr || b.object() != nullptr) return a.object() == b.object();
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

int compare(const Value& a, const Value& b, std::string_view op) {
  if (a.is_number() && b.is_number()) {
    if (a.is_integral() && b.is_integral()) {
      return a.integer() < b.integer() ? -1 : (a.integer() > b.integer() ? 1 : 0);
    }
    return a.number() < b.number() ? -1 : (a.number() > b.number() ? 1 : 0);
  }
  // Bytes of UTF-8 order as code points do.
  if (a.text() != nullptr && b.text() != nullptr) return a.text()->view().compare(b.text()->view());
  if (a.list() != nullptr && b.list() != nullptr && a.list()->kind == b.list()->kind &&
      a.list()->kind <= ListKind::tuple) {
    const auto &x = a.list()->items, &y = b.list()->items;
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal(x[i], y[i])) return compare(x[i], y[i], op);
    }
    return x.size() < y.size() ? -1 : (x.size() > y.size() ? 1 : 0);
  }
  if (a.is_undefined()) fail(a.undefined_message());
  if (b.is_undefined()) fail(b.undefined_message());
  fail("'" + std::string(op) + "' not supported between instances of '" +
       std::string(type_name(a)) + "' and '" + std::string(type_name(b)) + "'");
}

bool contains(const Value& haystack, const Value& needle) {
  if (const Text* t = haystack.text()) {
    if (needle.is_undefined()) fail(needle.undefined_message());
    if (needle.text() == nullptr) {
      fail("'in <string>' requires string as left operand, not " + std::string(type_name(needle)));
    }
    return find(t->view(), needle.text()->view()) != std::string_view::npos;
  }
  if (const Dict* d = haystack.dict()) return d->find(needle) != nullptr;
  if (const List* l = haystack.list()) {
    return std::any_of(l->items.begin(), l->items.end(),
                       [&needle](const Value& v) { return equal(v, needle); });
  }
  if (haystack.is_undefined()) return false;
  fail("argument of type '" + std::string(type_name(haystack)) + "' is not iterable");
}

std::string format_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  // Shortest digits that read back equal; the decimal mark depends on the locale and is skipped.
  char scientific[40];
  for (int precision = 0; precision < 17; ++precision) {
    std::snprintf(scientific, sizeof scientific, "%.*e", precision, value);
    if (std::strtod(scientific, nullptr) == value) break;
  }
  std::string digits;
  const char* p = scientific;
  const bool negative = *p == '-';
  for (; *p != 'e'; ++p) {
    if (*p >= '0' && *p <= '9') digits += *p;
  }
  const int exponent = std::atoi(p + 1);
  const int count = static_cast<int>(digits.size());
  std::string out = negative ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    out += digits.substr(0, 1);
    if (count > 1) out += "." + digits.substr(1);
    std::snprintf(scientific, sizeof scientific, "e%c%02d", exponent < 0 ? '-' : '+',
                  std::abs(exponent));
    return out + scientific;
  }
  if (exponent < 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-exponent - 1), '0');
    return out + digits;
  }
  if (count <= exponent + 1) {
    out += digits;
    out.append(static_cast<std::size_t>(exponent + 1 - count), '0');
    return out + ".0";
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

namespace {

void append_text_repr(Text& out, const Text& text) {
  const bool double_quotes = text.view().find('\'') != std::string_view::npos &&
                             text.view().find('"') == std::string_view::npos;
  const char quote = double_quotes ? '"' : '\'';
  out.append(std::string_view(&quote, 1));
  for (std::size_t at = 0; at < text.size();) {
    const auto d = utf8::decode(text.view().substr(at));
    const char32_t c = d.code_point;
    char escaped[12] = {};
    if (c == static_cast<char32_t>(quote) || c == '\\') {
      std::snprintf(escaped, sizeof escaped, "\\%c", static_cast<char>(c));
    } else if (c == '\n' || c == '\r' || c == '\t') {
      std::snprintf(escaped, sizeof escaped, "\\%c", c == '\n' ? 'n' : (c == '\r' ? 'r' : 't'));
    } else if ((classes_of(c) & kPrintable) == 0) {
      const char* format = c < 0x100 ? "\\x%02x" : (c < 0x10000 ? "\\u%04x" : "\\U%08x");
      std::snprintf(escaped, sizeof escaped, format, static_cast<unsigned>(c));
    }
    if (escaped[0] != '\0') {
      out.append_like(escaped, text, at, at + d.length);
    } else {
      out.append(text, at, at + d.length);
    }
    at += d.length;
  }
  out.append(std::string_view(&quote, 1));
}

void append_items_repr(Text& out, const List& list) {
  bool first = true;
  for (const Value& item : list.items) {
    if (!std::exchange(first, false)) out.append(", ");
    append_repr(out, item);
  }
}

void append_list_repr(Text& out, const List& list) {
  switch (list.kind) {
    case ListKind::generator:
      out.append("<generator object>");
      return;
    case ListKind::range: {
      const auto& v = list.items;
      const std::int64_t begin = v.empty() ? 0 : v.front().integer();
      const std::int64_t step = v.size() < 2 ? 1 : v[1].integer() - begin;
      const std::int64_t end = v.empty() ? 0 : v.back().integer() + step;
      out.append("range(" + std::to_string(begin) + ", " + std::to_string(end) +
                 (step == 1 ? "" : ", " + std::to_string(step)) + ")");
      return;
    }
    case ListKind::tuple:
      out.append("(");
      append_items_repr(out, list);
      out.append(list.items.size() == 1 ? ",)" : ")");
      return;
    case ListKind::view:
    case ListKind::list:
      break;
  }
  const bool view = list.kind == ListKind::view;
  out.append(view ? "dict_view([" : "[");
  append_items_repr(out, list);
  out.append(view ? "])" : "]");
}

}  // namespace

void append_repr(Text& out, const Value& value) {
  if (const Text* t = value.text()) return append_text_repr(out, *t);
  if (const List* l = value.list()) return append_list_repr(out, *l);
  if (value.is_undefined()) return out.append("Undefined");
  if (const Dict* d = value.dict()) {
    out.append("{");
    bool first = true;
    for (const auto& [key, item] : d->entries) {
      if (!std::exchange(first, false)) out.append(", ");
      append_repr(out, key);
      out.append(": ");
      append_repr(out, item);
    }
    out.append("}");
    return;
  }
  if (const Object* o = value.object()) return out.append(o->print());
  if (value.is_none()) return out.append("None");
  if (value.is_bool()) return out.append(value.integer() != 0 ? "True" : "False");
  out.append(value.is_int() ? std::to_string(value.integer()) : format_float(value.number()));
}

void append_printed(Text& out, const Value& value) {
  if (const Text* t = value.text()) return out.append(*t);
  if (!value.is_undefined()) append_repr(out, value);
}

Text print(const Value& value) {
  Text out;
  append_printed(out, value);
  return out;
}

Text repr(const Value& value) {
  Text out;
  append_repr(out, value);
  return out;
}

}  // namespace cactus::jinja
