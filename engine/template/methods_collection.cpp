// The methods of dict and list that change nothing, str.isdigit() and its kin, and a refusal for
// the methods that would change something: chat templates run in a sandbox where values are
// immutable.
#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/template/builtins.h"

namespace cactus::jinja {
namespace {

Value refused(Interpreter&, const Value& self, const Arguments&) {
  fail("a template may not change a " + std::string(type_name(self)) +
       " (append, pop, update, … are refused, as in the reference sandbox)");
}

template <int Part>  // 0: keys, 1: values, 2: items
Value m_view(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("dict view", arguments, {});
  std::vector<Value> items;
  for (const auto& [key, value] : self.dict()->entries) {
    if (Part == 2) {
      items.push_back(make_list({key, value}, ListKind::tuple));
    } else {
      items.push_back(Part == 0 ? key : value);
    }
  }
  in.charge_objects(items.size());
  return make_list(std::move(items), ListKind::view);
}

Value m_get(Interpreter&, const Value& self, const Arguments& arguments) {
  const Parameters p("get", arguments, {"key", "default"});
  const Value* member = self.dict()->find(p.required(0));
  return member != nullptr ? *member : p.get(1, Value());
}

Value m_copy(Interpreter&, const Value& self, const Arguments&) {
  return self;
}

Value m_list_count(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("count", arguments, {"value"});
  in.charge_walk(self);
  const auto& items = self.list()->items;
  return static_cast<std::int64_t>(std::count_if(
      items.begin(), items.end(), [&](const Value& item) { return equal(item, p.required(0)); }));
}

Value m_list_index(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("index", arguments, {"value", "start"});
  in.charge_walk(self);
  const auto& items = self.list()->items;
  const auto size = static_cast<std::int64_t>(items.size());
  std::int64_t at = p.integer(1, 0);
  if (at < 0) at = std::max<std::int64_t>(0, at < -size ? 0 : at + size);
  for (; at < size; ++at) {
    if (equal(items[static_cast<std::size_t>(at)], p.required(0))) return at;
  }
  fail("the value is not in the list");
}

// True when the text is not empty and every code point has one of the classes.
template <unsigned Classes>
Value all_of_class(Interpreter& in, const Value& self, const Arguments& arguments) {
  const Parameters p("str method", arguments, {});
  const Text& text = *self.text();
  in.charge_text(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto d = utf8::decode(text.view().substr(at));
    if ((classes_of(d.code_point) & Classes) == 0) return false;
    at += d.length;
  }
  return !text.empty() || Classes == kPrintable;
}

Value is_ascii(Interpreter&, const Value& self, const Arguments&) {
  return self.text()->ascii();
}

template <bool Upper>
Value is_case(Interpreter& in, const Value& self, const Arguments&) {
  return in.test(Upper ? "upper" : "lower", self, {});
}

Value is_title(Interpreter& in, const Value& self, const Arguments&) {
  const Text& text = *self.text();
  in.charge_text(text.size());
  return title_case(text).view() == text.view() &&
         map_case(text, CaseMapping::lower).view() != map_case(text, CaseMapping::upper).view();
}

Value is_identifier(Interpreter&, const Value& self, const Arguments&) {
  const Text& text = *self.text();
  bool first = true;
  for (std::size_t at = 0; at < text.size();) {
    const auto d = utf8::decode(text.view().substr(at));
    const unsigned wanted = first ? unsigned{kAlpha} : unsigned{kAlpha} | unsigned{kDecimal};
    if (d.code_point != '_' && (classes_of(d.code_point) & wanted) == 0) return false;
    first = false;
    at += d.length;
  }
  return !text.empty();
}

constexpr Row<MethodBody> kTextClassMethods[] = {
    {"isalpha", all_of_class<kAlpha>},
    {"isdecimal", all_of_class<kDecimal>},
    {"isdigit", all_of_class<kDigit>},
    {"isnumeric", all_of_class<kNumeric>},
    {"isalnum", all_of_class<kAlpha | kDecimal | kDigit | kNumeric>},
    {"isspace", all_of_class<kSpace>},
    {"isprintable", all_of_class<kPrintable>},
    {"isascii", is_ascii},
    {"isupper", is_case<true>},
    {"islower", is_case<false>},
    {"istitle", is_title},
    {"isidentifier", is_identifier},
};

constexpr Row<MethodBody> kDictMethods[] = {
    {"keys", m_view<0>},     {"values", m_view<1>}, {"items", m_view<2>}, {"get", m_get},
    {"copy", m_copy},        {"update", refused},   {"pop", refused},     {"popitem", refused},
    {"setdefault", refused}, {"clear", refused},
};

constexpr Row<MethodBody> kListMethods[] = {
    {"count", m_list_count}, {"index", m_list_index}, {"copy", m_copy},   {"append", refused},
    {"extend", refused},     {"insert", refused},     {"pop", refused},   {"remove", refused},
    {"reverse", refused},    {"sort", refused},       {"clear", refused},
};

}  // namespace

std::span<const Row<MethodBody>> text_class_methods() {
  return kTextClassMethods;
}
std::span<const Row<MethodBody>> dict_methods() {
  return kDictMethods;
}
std::span<const Row<MethodBody>> list_methods() {
  return kListMethods;
}

}  // namespace cactus::jinja
