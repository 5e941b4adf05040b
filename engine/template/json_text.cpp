// json.dumps as the tojson filter of chat templates calls it.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/base/utf8.h"
#include "engine/template/failure.h"
#include "engine/template/python.h"

namespace cactus::jinja {
namespace {

void append_escaped(std::string& out, char32_t c) {
  char text[16];
  if (c >= 0x10000) {
    const unsigned v = static_cast<unsigned>(c) - 0x10000;
    std::snprintf(text, sizeof text, "\\u%04x\\u%04x", 0xD800 + (v >> 10), 0xDC00 + (v & 0x3FF));
  } else {
    std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(c));
  }
  out += text;
}

std::string escape_of(char32_t c, bool ensure_ascii) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\f':
      return "\\f";
    case '\b':
      return "\\b";
    default:
      break;
  }
  std::string out;
  if (c < 0x20 || (ensure_ascii && c > 0x7E)) append_escaped(out, c);
  return out;
}

void append_string(Text& out, const Text& text, const JsonStyle& style) {
  out.append("\"");
  std::size_t plain = 0;  // begin of what needs no escape
  for (std::size_t at = 0; at < text.size();) {
    const auto d = utf8::decode(text.view().substr(at));
    const std::string escape = escape_of(d.code_point, style.ensure_ascii);
    if (!escape.empty()) {
      out.append(text, plain, at);
      out.append_like(escape, text, at, at + d.length);
      plain = at + d.length;
    }
    at += d.length;
  }
  out.append(text, plain, text.size());
  out.append("\"");
}

// The scalar spellings that keys and values share.
std::string scalar_text(const Value& value) {
  if (value.is_none()) return "null";
  if (value.is_bool()) return value.integer() != 0 ? "true" : "false";
  if (value.is_int()) return std::to_string(value.integer());
  const double d = value.number();
  if (std::isnan(d)) return "NaN";
  if (std::isinf(d)) return d > 0 ? "Infinity" : "-Infinity";
  return format_float(d);
}

[[noreturn]] void not_serializable(const Value& value) {
  fail("Object of type " + std::string(type_name(value)) + " is not JSON serializable");
}

void new_line(Text& out, const JsonStyle& style, int level) {
  if (style.indent < 0) return;
  out.append("\n");
  for (int i = 0; i < level; ++i) out.append(style.indent_text);
}

void append_separator(Text& out, const JsonStyle& style, int level, bool first) {
  if (!first) out.append(style.item_separator);
  new_line(out, style, level);
}

void append_key(Text& out, const Value& key, const JsonStyle& style) {
  if (const Text* t = key.text()) {
    append_string(out, *t, style);
  } else if (key.is_none() || key.is_number()) {
    out.append("\"" + scalar_text(key) + "\"");
  } else {
    fail("keys must be str, int, float, bool or None, not " + std::string(type_name(key)));
  }
  out.append(style.key_separator);
}

void append_object(Text& out, const Dict& dict, const JsonStyle& style, int level) {
  if (dict.entries.empty()) return out.append("{}");
  std::vector<const std::pair<Value, Value>*> entries;
  entries.reserve(dict.entries.size());
  for (const auto& e : dict.entries) entries.push_back(&e);
  if (style.sort_keys) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto* a, const auto* b) { return compare(a->first, b->first) < 0; });
  }
  out.append("{");
  bool first = true;
  for (const auto* e : entries) {
    append_separator(out, style, level + 1, std::exchange(first, false));
    append_key(out, e->first, style);
    append_json(out, e->second, style, level + 1);
  }
  new_line(out, style, level);
  out.append("}");
}

void append_array(Text& out, const List& list, const JsonStyle& style, int level) {
  if (list.items.empty()) return out.append("[]");
  out.append("[");
  bool first = true;
  for (const Value& item : list.items) {
    append_separator(out, style, level + 1, std::exchange(first, false));
    append_json(out, item, style, level + 1);
  }
  new_line(out, style, level);
  out.append("]");
}

}  // namespace

void append_json(Text& out, const Value& value, const JsonStyle& style, int level) {
  if (const Text* t = value.text()) return append_string(out, *t, style);
  if (const Dict* d = value.dict()) return append_object(out, *d, style, level);
  if (const List* l = value.list()) {
    if (l->kind != ListKind::list && l->kind != ListKind::tuple) not_serializable(value);
    return append_array(out, *l, style, level);
  }
  if (!value.is_none() && !value.is_number()) not_serializable(value);
  out.append(scalar_text(value));
}

}  // namespace cactus::jinja
