// The methods of Python's str.
#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/template/builtins.h"

namespace cactus::jinja {
namespace {

const Text& self_text(Interpreter& in, const Value& self) {
  in.charge_text(self.text()->size());
  return *self.text();
}

template <Text (*Body)(const Text&)>
Value simple(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("str method", arguments, {});
  return Body(self_text(in, self));
}

Text upper(const Text& t) {
  return map_case(t, CaseMapping::upper);
}
Text lower(const Text& t) {
  return map_case(t, CaseMapping::lower);
}
template <bool Left, bool Right>
Value m_strip(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("strip", arguments, {"chars"});
  const Text& text = self_text(in, self);
  if (p.none(0)) return strip(text, Left, Right);
  in.charge_text(text.size() * p.text(0).size());
  return strip(text, p.text(0).view(), Left, Right);
}

template <bool FromRight>
Value m_split(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("split", arguments, {"sep", "maxsplit"});
  const Text& text = self_text(in, self);
  const std::int64_t limit = p.integer(1, -1);
  std::string_view separator;
  if (!p.none(0)) {
    separator = p.text(0).view();
    if (separator.empty()) fail("empty separator");
  }
  std::vector<Value> parts;
  for (Text& part : split(text, p.none(0) ? nullptr : &separator, limit, FromRight)) {
    parts.emplace_back(std::move(part));
  }
  in.charge_objects(parts.size());
  return make_list(std::move(parts));
}

Value m_splitlines(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("splitlines", arguments, {"keepends"});
  std::vector<Value> lines;
  for (Text& line : split_lines(self_text(in, self), p.boolean(0, false)))
    lines.emplace_back(std::move(line));
  in.charge_objects(lines.size());
  return make_list(std::move(lines));
}

template <bool FromRight>
Value m_partition(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("partition", arguments, {"sep"});
  const Text& text = self_text(in, self);
  const std::string_view separator = p.text(0).view();
  if (separator.empty()) fail("empty separator");
  const std::size_t hit = FromRight ? rfind(text.view(), separator) : find(text.view(), separator);
  std::vector<Value> parts;
  if (hit == std::string_view::npos) {
    parts = {Text(), Text()};
    parts.insert(FromRight ? parts.end() : parts.begin(), Value(text));
  } else {
    const std::size_t after = hit + separator.size();
    parts = {text.slice(0, hit), text.slice(hit, after), text.slice(after, text.size())};
  }
  return make_list(std::move(parts), ListKind::tuple);
}

// The bytes of text[start:end], for methods that search in a part; `begin` beyond `end` where the
// start lies beyond the text.
struct Part {
  std::size_t begin = 0, end = 0;
  bool empty_beyond = false;
};
Part part_of(const Text& text, const Parameters& p, std::size_t first) {
  const auto size = static_cast<std::int64_t>(text.length());
  auto bound = [&](std::size_t i, std::int64_t otherwise) {
    if (p.none(i)) return otherwise;
    const std::int64_t at = p.integer(i, 0);
    return at < 0 ? std::max<std::int64_t>(0, at < -size ? 0 : at + size) : at;
  };
  const std::int64_t begin = bound(first, 0), end = std::min(bound(first + 1, size), size);
  if (begin > end) return {0, 0, true};
  return {text.offset(static_cast<std::size_t>(begin)), text.offset(static_cast<std::size_t>(end))};
}

// Code points before the match, or -1.
template <bool FromRight>
std::int64_t search(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("find", arguments, {"sub", "start", "end"});
  const Text& text = self_text(in, self);
  const Part part = part_of(text, p, 1);
  if (part.empty_beyond) return -1;
  const std::string_view view = text.view().substr(part.begin, part.end - part.begin);
  const std::size_t hit = FromRight ? rfind(view, p.text(0).view()) : find(view, p.text(0).view());
  if (hit == std::string_view::npos) return -1;
  return static_cast<std::int64_t>(count_code_points(text.view().substr(0, part.begin + hit)));
}

template <bool FromRight>
Value m_find(Interpreter& in, const Value& self, const Arguments& arguments) {
  return search<FromRight>(in, self, arguments);
}

template <bool FromRight>
Value m_index(Interpreter& in, const Value& self, const Arguments& arguments) {
  const std::int64_t at = search<FromRight>(in, self, arguments);
  if (at < 0) fail("substring not found");
  return at;
}

Value m_count(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("count", arguments, {"sub", "start", "end"});
  const Text& text = self_text(in, self);
  const Part part = part_of(text, p, 1);
  if (part.empty_beyond) return std::int64_t{0};
  const std::string_view view = text.view().substr(part.begin, part.end - part.begin);
  const std::string_view wanted = p.text(0).view();
  if (wanted.empty()) return static_cast<std::int64_t>(count_code_points(view)) + 1;
  std::int64_t count = 0;
  for (std::size_t at = find(view, wanted); at != std::string_view::npos;
       at = find(view, wanted, at + wanted.size())) {
    ++count;
  }
  return count;
}

template <bool Suffix>
Value m_affix(Interpreter& in, const Value& self, const Arguments& arguments) {
  const std::string_view name = Suffix ? "endswith" : "startswith";
  const Parameters p(name, arguments, {"prefix", "start", "end"});
  const Text& text = self_text(in, self);
  const Part part = part_of(text, p, 1);
  if (part.empty_beyond) return false;
  const std::string_view view = text.view().substr(part.begin, part.end - part.begin);
  auto matches = [&](const Value& value) {
    const std::string_view affix = expect_text(value, name).view();
    if (affix.size() > view.size()) return false;
    return (Suffix ? view.substr(view.size() - affix.size()) : view.substr(0, affix.size())) ==
           affix;
  };
  const Value& wanted = p.required(0);
  if (wanted.list() == nullptr || wanted.list()->kind != ListKind::tuple) return matches(wanted);
  const auto& any = wanted.list()->items;
  return std::any_of(any.begin(), any.end(), matches);
}

template <bool Suffix>
Value m_remove_affix(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("removeprefix", arguments, {"affix"});
  const Text& text = self_text(in, self);
  const std::string_view affix = p.text(0).view();
  if (affix.size() > text.size()) return text;
  const std::size_t rest = text.size() - affix.size();
  if (Suffix) return text.view().substr(rest) == affix ? text.slice(0, rest) : text;
  return text.view().substr(0, affix.size()) == affix ? text.slice(affix.size(), text.size())
                                                      : text;
}

Value m_replace(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("replace", arguments, {"old", "new", "count"});
  Text out = replace(self_text(in, self), p.text(0), p.text(1), p.integer(2, -1));
  in.charge_text(out.size());
  return out;
}

Value m_join(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("join", arguments, {"iterable"});
  Text out;
  bool first = true;
  const auto items = in.iterate(p.required(0));
  for (const Value& item : items->items) {
    if (!std::exchange(first, false)) out.append(self_text(in, self));
    in.charge_walk(item);
    out.append(expect_text(item, "join"));
  }
  return out;
}

Value m_format(Interpreter& in, const Value& self, const Arguments& arguments) {
  return format_braces(in, self_text(in, self), arguments);
}

// ljust, rjust, center, zfill: the text at the left, right or middle of a field.
Value padded(Interpreter& in, const Value& self, const Arguments& arguments, char align) {
  const Parameters p("justify", arguments, {"width", "fillchar"});
  const Text& text = self_text(in, self);
  const Text fill = p.text(1, " ");
  const std::int64_t width = expect_integer(p.required(0), "justify");
  if (fill.length() != 1) fail("the fill character must be exactly one character long");
  if (width > (1 << 20)) fail("a string grows too long", ErrorKind::resources);
  const std::int64_t missing =
      std::max<std::int64_t>(0, width - static_cast<std::int64_t>(text.length()));
  const std::int64_t left =
      align == '<' ? 0 : (align == '>' ? missing : missing / 2 + (missing & width & 1));
  Text out;
  for (std::int64_t i = 0; i < left; ++i) out.append(fill);
  out.append(text);
  for (std::int64_t i = left; i < missing; ++i) out.append(fill);
  in.charge(missing);
  return out;
}

template <char Align>
Value m_pad(Interpreter& in, const Value& self, const Arguments& arguments) {
  return padded(in, self, arguments, Align);
}

Value m_zfill(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("zfill", arguments, {"width"});
  const Text& text = self_text(in, self);
  const bool sign = !text.empty() && (text.view()[0] == '-' || text.view()[0] == '+');
  Text out = text.slice(0, sign ? 1 : 0);
  const std::int64_t width = expect_integer(p.required(0), "zfill");
  if (width > (1 << 20)) fail("a string grows too long", ErrorKind::resources);
  const std::int64_t missing = width - static_cast<std::int64_t>(text.length());
  if (missing > 0) out.append(std::string(static_cast<std::size_t>(missing), '0'));
  out.append(text, sign ? 1 : 0, text.size());
  return out;
}

constexpr Row<MethodBody> kTextMethods[] = {
    {"upper", simple<upper>},
    {"lower", simple<lower>},
    {"casefold", simple<lower>},
    {"title", simple<title_case>},
    {"capitalize", simple<capitalize>},
    {"swapcase", simple<swap_case>},
    {"strip", m_strip<true, true>},
    {"lstrip", m_strip<true, false>},
    {"rstrip", m_strip<false, true>},
    {"split", m_split<false>},
    {"rsplit", m_split<true>},
    {"splitlines", m_splitlines},
    {"partition", m_partition<false>},
    {"rpartition", m_partition<true>},
    {"find", m_find<false>},
    {"rfind", m_find<true>},
    {"index", m_index<false>},
    {"rindex", m_index<true>},
    {"count", m_count},
    {"startswith", m_affix<false>},
    {"endswith", m_affix<true>},
    {"removeprefix", m_remove_affix<false>},
    {"removesuffix", m_remove_affix<true>},
    {"replace", m_replace},
    {"join", m_join},
    {"format", m_format},
    {"ljust", m_pad<'<'>},
    {"rjust", m_pad<'>'>},
    {"center", m_pad<'^'>},
    {"zfill", m_zfill},
};

}  // namespace

std::span<const Row<MethodBody>> text_methods() {
  return kTextMethods;
}

}  // namespace cactus::jinja
