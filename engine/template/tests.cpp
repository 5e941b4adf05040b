// Tests: what may stand after `is`.
#include "engine/base/utf8.h"
#include "engine/template/builtins.h"

namespace cactus::jinja {
namespace {

template <bool (*Body)(const Value&)>
bool plain(Interpreter&, const Value& value, const Arguments& arguments) {
  const Parameters p("test", arguments, {});
  return Body(value);
}

bool is_sequence(const Value& v) {
  return v.text() != nullptr || v.dict() != nullptr || v.is_undefined() ||
         (v.list() != nullptr && v.list()->kind <= ListKind::range);
}
bool is_iterable(const Value& v) {
  return v.text() != nullptr || v.dict() != nullptr || v.list() != nullptr || v.is_undefined();
}
bool is_cased_as(const Value& v, CaseMapping mapping) {
  const Text text = print(v);
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto d = utf8::decode(text.view().substr(at));
    if (changes_under(d.code_point, mapping)) return false;
    any = any || changes_under(d.code_point, mapping == CaseMapping::upper ? CaseMapping::lower
                                                                           : CaseMapping::upper);
    at += d.length;
  }
  return any;
}
bool is_lower(const Value& v) {
  return is_cased_as(v, CaseMapping::lower);
}
bool is_upper(const Value& v) {
  return is_cased_as(v, CaseMapping::upper);
}
bool is_callable(const Value& v) {
  return v.object() != nullptr && v.object()->callable();
}
bool is_defined(const Value& v) {
  return !v.is_undefined();
}
bool is_undefined(const Value& v) {
  return v.is_undefined();
}
bool is_none(const Value& v) {
  return v.is_none();
}
bool is_string(const Value& v) {
  return v.text() != nullptr;
}
bool is_mapping(const Value& v) {
  return v.dict() != nullptr;
}
bool is_number(const Value& v) {
  return v.is_number();
}
bool is_integer(const Value& v) {
  return v.is_int();
}
bool is_float(const Value& v) {
  return v.is_float();
}
bool is_boolean(const Value& v) {
  return v.is_bool();
}
bool is_true(const Value& v) {
  return v.is_bool() && truth(v);
}
bool is_false(const Value& v) {
  return v.is_bool() && !truth(v);
}
bool is_escaped(const Value&) {
  return false;
}

bool remainder_is(Interpreter& in, const Value& value, std::int64_t divisor, std::int64_t wanted) {
  const Value rest = arithmetic(in, ExprKind::modulo, value, divisor);
  return rest.is_number() && rest.number() == static_cast<double>(wanted);
}
bool t_odd(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("odd", arguments, {});
  return remainder_is(in, value, 2, 1);
}
bool t_even(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("even", arguments, {});
  return remainder_is(in, value, 2, 0);
}
bool t_divisibleby(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("divisibleby", arguments, {"num"});
  return remainder_is(in, value, expect_integer(p.required(0), "divisibleby"), 0);
}

bool t_eq(Interpreter& in, const Value& value, const Arguments& arguments) {
  return in.equals(value, Parameters("eq", arguments, {"other"}).required(0));
}
bool t_ne(Interpreter& in, const Value& value, const Arguments& arguments) {
  return !t_eq(in, value, arguments);
}
bool t_lt(Interpreter&, const Value& value, const Arguments& arguments) {
  return compare(value, Parameters("lt", arguments, {"other"}).required(0), "<") < 0;
}
bool t_le(Interpreter&, const Value& value, const Arguments& arguments) {
  return compare(value, Parameters("le", arguments, {"other"}).required(0), "<=") <= 0;
}
bool t_gt(Interpreter&, const Value& value, const Arguments& arguments) {
  return compare(value, Parameters("gt", arguments, {"other"}).required(0), ">") > 0;
}
bool t_ge(Interpreter&, const Value& value, const Arguments& arguments) {
  return compare(value, Parameters("ge", arguments, {"other"}).required(0), ">=") >= 0;
}
bool t_in(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("in", arguments, {"seq"});
  in.charge_walk(p.required(0));
  return contains(p.required(0), value);
}
bool t_sameas(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("sameas", arguments, {"other"});
  const Value& other = p.required(0);
  if (value.text() != nullptr) return value.text() == other.text();
  if (value.list() != nullptr) return value.list() == other.list();
  if (value.dict() != nullptr) return value.dict() == other.dict();
  return type_name(value) == type_name(other) && in.equals(value, other);
}
bool t_filter(Interpreter&, const Value& value, const Arguments&) {
  for (const auto rows :
       {text_filters(), number_filters(), sequence_filters(), selection_filters()}) {
    if (find_row(rows, expect_text(value, "filter").view()) != nullptr) return true;
  }
  return false;
}
bool t_test(Interpreter&, const Value& value, const Arguments&) {
  return find_row(tests(), expect_text(value, "test").view()) != nullptr;
}

constexpr Row<TestBody> kTests[] = {
    {"defined", plain<is_defined>},
    {"undefined", plain<is_undefined>},
    {"none", plain<is_none>},
    {"string", plain<is_string>},
    {"mapping", plain<is_mapping>},
    {"iterable", plain<is_iterable>},
    {"sequence", plain<is_sequence>},
    {"number", plain<is_number>},
    {"integer", plain<is_integer>},
    {"float", plain<is_float>},
    {"boolean", plain<is_boolean>},
    {"true", plain<is_true>},
    {"false", plain<is_false>},
    {"callable", plain<is_callable>},
    {"lower", plain<is_lower>},
    {"upper", plain<is_upper>},
    {"escaped", plain<is_escaped>},
    {"odd", t_odd},
    {"even", t_even},
    {"divisibleby", t_divisibleby},
    {"eq", t_eq},
    {"equalto", t_eq},
    {"==", t_eq},
    {"ne", t_ne},
    {"!=", t_ne},
    {"lt", t_lt},
    {"lessthan", t_lt},
    {"<", t_lt},
    {"le", t_le},
    {"<=", t_le},
    {"gt", t_gt},
    {"greaterthan", t_gt},
    {">", t_gt},
    {"ge", t_ge},
    {">=", t_ge},
    {"in", t_in},
    {"sameas", t_sameas},
    {"filter", t_filter},
    {"test", t_test},
};

}  // namespace

std::span<const Row<TestBody>> tests() {
  return kTests;
}

}  // namespace cactus::jinja
