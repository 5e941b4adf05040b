// Filters that make strings.
#include <algorithm>
#include <cstdio>

#include "engine/base/utf8.h"
#include "engine/template/builtins.h"

namespace cactus::jinja {
namespace {

// Filters take any value as the string it prints as; a string itself is not copied.
class AsText {
 public:
  AsText(Interpreter& interpreter, const Value& value) : text_(value.text()) {
    if (text_ != nullptr) return;
    own_ = interpreter.print(value);
    text_ = &own_;
  }
  AsText(const AsText&) = delete;
  AsText& operator=(const AsText&) = delete;
  const Text& operator*() const { return *text_; }
  const Text* operator->() const { return text_; }

 private:
  Text own_;
  const Text* text_;
};

Value f_upper(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("upper", arguments, {});
  return map_case(*AsText(in, value), CaseMapping::upper);
}

Value f_lower(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("lower", arguments, {});
  return map_case(*AsText(in, value), CaseMapping::lower);
}

Value f_capitalize(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("capitalize", arguments, {});
  return capitalize(*AsText(in, value));
}

// Jinja's own rule, unlike str.title(): words begin after -, space, (, {, [ and <.
Value f_title(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("title", arguments, {});
  const AsText text(in, value);
  Text out;
  auto flush = [&](std::size_t begin, std::size_t end) {
    if (begin == end) return;
    const std::size_t first = begin + utf8::decode(text->view().substr(begin)).length;
    out.append(map_case(text->slice(begin, first), CaseMapping::upper));
    out.append(map_case(text->slice(first, end), CaseMapping::lower));
  };
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text->size();) {
    const auto d = utf8::decode(text->view().substr(at));
    const bool breaks =
        is_space(d.code_point) ||
        (d.code_point < 128 &&
         std::string_view("-({[<").find(static_cast<char>(d.code_point)) != std::string_view::npos);
    if (breaks) {
      flush(begin, at);
      out.append(*text, at, at + d.length);
      begin = at + d.length;
    }
    at += d.length;
  }
  flush(begin, text->size());
  return out;
}

Value f_trim(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("trim", arguments, {"chars"});
  const AsText text(in, value);
  if (p.none(0)) return strip(*text, true, true);
  return strip(*text, p.text(0).view(), true, true);
}

Value f_replace(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("replace", arguments, {"old", "new", "count"});
  const AsText text(in, value), from(in, p.required(0)), to(in, p.required(1));
  Text out = replace(*text, *from, *to, p.none(2) ? -1 : p.integer(2, -1));
  in.charge_text(out.size());
  return out;
}

Value f_string(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("string", arguments, {});
  return value.text() != nullptr ? value : Value(in.print(value));
}

Value f_escape(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("escape", arguments, {});
  const AsText text(in, value);
  Text out;
  for (std::size_t at = 0; at < text->size(); ++at) {
    switch (text->view()[at]) {
      case '&':
        out.append_like("&amp;", *text, at, at + 1);
        break;
      case '<':
        out.append_like("&lt;", *text, at, at + 1);
        break;
      case '>':
        out.append_like("&gt;", *text, at, at + 1);
        break;
      case '\'':
        out.append_like("&#39;", *text, at, at + 1);
        break;
      case '"':
        out.append_like("&#34;", *text, at, at + 1);
        break;
      default:
        out.append(*text, at, at + 1);
    }
  }
  return out;
}

Text spaces(std::int64_t count) {
  if (count > (1 << 20)) fail("a string grows too long", ErrorKind::resources);
  return Text(std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, count)), ' '));
}

Value f_indent(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("indent", arguments, {"width", "first", "blank"});
  const AsText text(in, value);
  const bool blank = p.boolean(2, false);
  const Text margin =
      p.has(0) && p.find(0)->text() != nullptr ? *p.find(0)->text() : spaces(p.integer(0, 4));
  Text with_newline = *text;
  with_newline.append("\n");  // so that a last empty line counts as one
  Text out;
  bool first = true;
  for (const Text& line : split_lines(with_newline, false)) {
    const bool is_first = std::exchange(first, false);
    if (!is_first) out.append("\n");
    if (is_first ? p.boolean(1, false) : (blank || !line.empty())) out.append(margin);
    out.append(line);
  }
  in.charge_text(out.size());
  return out;
}

Value f_center(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("center", arguments, {"width"});
  const AsText text(in, value);
  // str.center() puts the odd space on the left when the width is odd.
  const std::int64_t width = p.integer(0, 80), length = static_cast<std::int64_t>(text->length());
  const std::int64_t missing = std::max<std::int64_t>(0, width - length);
  const std::int64_t left = missing / 2 + (missing & width & 1);
  Text out = spaces(left);
  out.append(*text);
  out.append(spaces(missing - left));
  return out;
}

Value f_format(Interpreter& in, const Value& value, const Arguments& arguments) {
  if (!arguments.positional.empty() && !arguments.named.empty()) {
    fail("format can't handle positional and keyword arguments at the same time");
  }
  const AsText text(in, value);
  if (arguments.named.empty()) {
    return format_percent(in, *text, make_list(arguments.positional, ListKind::tuple));
  }
  Dict named;
  for (const auto& [name, item] : arguments.named) named.set(Text(name), item);
  return format_percent(in, *text, make_dict(std::move(named)));
}

Value f_truncate(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("truncate", arguments, {"length", "killwords", "end", "leeway"});
  const AsText text(in, value);
  const Text end = p.text(2, "...");
  const std::int64_t length = p.integer(0, 255), leeway = p.integer(3, 5);
  const auto end_length = static_cast<std::int64_t>(end.length());
  if (length < end_length || leeway < 0 || leeway > (1 << 30) || length > (1 << 30)) {
    fail("truncate() needs a length of at least its end");
  }
  if (static_cast<std::int64_t>(text->length()) <= length + leeway) return *text;
  Text out = text->slice(0, text->offset(static_cast<std::size_t>(length - end_length)));
  if (!p.boolean(1, false)) {
    const std::size_t space = out.view().rfind(' ');
    if (space != std::string_view::npos) out = out.slice(0, space);
  }
  out.append(end);
  return out;
}

Value f_wordcount(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("wordcount", arguments, {});
  const AsText text(in, value);
  std::int64_t words = 0;
  bool inside = false;
  for (std::size_t at = 0; at < text->size();) {
    const auto d = utf8::decode(text->view().substr(at));
    const bool word = d.code_point == '_' || (classes_of(d.code_point) & (kAlpha | kNumeric)) != 0;
    if (word && !inside) ++words;
    inside = word;
    at += d.length;
  }
  return words;
}

Value f_urlencode(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("urlencode", arguments, {});
  const AsText text(in, value);
  Text out;
  for (std::size_t at = 0; at < text->size(); ++at) {
    const char c = text->view()[at];
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       (c != '\0' && std::string_view("_.-~/").find(c) != std::string_view::npos);
    if (plain) {
      out.append(*text, at, at + 1);
      continue;
    }
    char escaped[4];
    std::snprintf(escaped, sizeof escaped, "%%%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    out.append_like(escaped, *text, at, at + 1);
  }
  return out;
}

Value f_tojson(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ensure_ascii = p.boolean(0, false);
  if (!p.none(1)) {
    const Text* text = p.find(1)->text();
    style.indent = text != nullptr ? 0 : std::max<std::int64_t>(0, p.integer(1, 0));
    if (style.indent > 64 || (text != nullptr && text->size() > 64)) {
      fail("tojson() indents by 64 at most", ErrorKind::resources);
    }
    if (text != nullptr) style.indent_text = text->bytes();
    for (std::int64_t i = 0; i < style.indent; ++i) style.indent_text.push_back(' ');
    style.item_separator.resize(1);  // lines need no space after the comma
  }
  if (!p.none(2)) {
    const List* pair = p.find(2)->list();
    if (pair == nullptr || pair->items.size() != 2) fail("tojson() needs two separators");
    style.item_separator = expect_text(pair->items[0], "tojson").bytes();
    style.key_separator = expect_text(pair->items[1], "tojson").bytes();
  }
  style.sort_keys = p.boolean(3, false);
  in.charge_walk(value);
  Text out;
  append_json(out, value, style);
  in.charge_text(out.size());
  return out;
}

constexpr Row<FilterBody> kTextFilters[] = {
    {"upper", f_upper},   {"lower", f_lower},         {"capitalize", f_capitalize},
    {"title", f_title},   {"trim", f_trim},           {"replace", f_replace},
    {"string", f_string}, {"safe", f_string},         {"escape", f_escape},
    {"e", f_escape},      {"indent", f_indent},       {"center", f_center},
    {"format", f_format}, {"truncate", f_truncate},   {"wordcount", f_wordcount},
    {"tojson", f_tojson}, {"urlencode", f_urlencode},
};

}  // namespace

std::span<const Row<FilterBody>> text_filters() {
  return kTextFilters;
}

}  // namespace cactus::jinja
