// map, select and their kin: filters that apply filters and tests; groupby and attr.
#include <algorithm>

#include "engine/template/builtins.h"
#include "engine/template/sequences.h"

namespace cactus::jinja {
namespace {

Arguments rest_of(const Arguments& arguments, std::size_t from) {
  Arguments rest;
  const auto begin = static_cast<std::ptrdiff_t>(std::min(from, arguments.positional.size()));
  rest.positional.assign(arguments.positional.begin() + begin, arguments.positional.end());
  rest.named = arguments.named;
  return rest;
}

const Value* named(const Arguments& arguments, std::string_view name) {
  for (const auto& [key, value] : arguments.named) {
    if (key == name) return &value;
  }
  return nullptr;
}

Value map_attribute(Interpreter& in, const Value& value, const Arguments& arguments) {
  for (const auto& [key, unused] : arguments.named) {
    if (key != "attribute" && key != "default") fail("Unexpected keyword argument '" + key + "'");
  }
  const Value* otherwise = named(arguments, "default");
  std::vector<Value> out;
  const auto items = in.iterate(value);
  for (const Value& item : items->items) {
    in.charge(1);
    Value part = path_of(in, item, named(arguments, "attribute"));
    out.push_back(part.is_undefined() && otherwise != nullptr ? *otherwise : std::move(part));
  }
  return make_list(std::move(out), ListKind::generator);
}

Value f_map(Interpreter& in, const Value& value, const Arguments& arguments) {
  if (arguments.positional.empty() && named(arguments, "attribute") != nullptr) {
    return map_attribute(in, value, arguments);
  }
  if (arguments.positional.empty()) fail("map requires a filter argument");
  const std::string name = expect_text(arguments.positional[0], "map").bytes();
  const Arguments rest = rest_of(arguments, 1);
  std::vector<Value> out;
  const auto items = in.iterate(value);
  for (const Value& item : items->items) {
    in.charge(1);
    in.check_stack();  // map('map', 'map', …)
    out.push_back(in.filter(name, item, rest));
  }
  return make_list(std::move(out), ListKind::generator);
}

// select, reject: arguments are a test and what it takes; selectattr, rejectattr: an attribute
// first.
Value selected(Interpreter& in, const Value& value, const Arguments& arguments, bool by_attribute,
               bool wanted) {
  const std::size_t first = by_attribute ? 1 : 0;
  if (arguments.positional.size() < first) fail("Missing parameter for attribute name");
  const Value* attribute = by_attribute ? &arguments.positional[0] : nullptr;
  const bool has_test = arguments.positional.size() > first;
  const std::string name =
      has_test ? expect_text(arguments.positional[first], "select").bytes() : "";
  const Arguments rest = rest_of(arguments, first + 1);
  std::vector<Value> out;
  const auto items = in.iterate(value);
  for (const Value& item : items->items) {
    in.charge(1);
    const Value subject = path_of(in, item, attribute);
    if ((has_test ? in.test(name, subject, rest) : truth(subject)) == wanted) out.push_back(item);
  }
  return make_list(std::move(out), ListKind::generator);
}

Value f_select(Interpreter& in, const Value& value, const Arguments& arguments) {
  return selected(in, value, arguments, false, true);
}
Value f_reject(Interpreter& in, const Value& value, const Arguments& arguments) {
  return selected(in, value, arguments, false, false);
}
Value f_selectattr(Interpreter& in, const Value& value, const Arguments& arguments) {
  return selected(in, value, arguments, true, true);
}
Value f_rejectattr(Interpreter& in, const Value& value, const Arguments& arguments) {
  return selected(in, value, arguments, true, false);
}

// The attribute only, never the item: what '.' finds first.
Value f_attr(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("attr", arguments, {"name"});
  return in.attribute(value, p.text(0).view());
}

Value f_groupby(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("groupby", arguments, {"attribute", "default", "case_sensitive"});
  const auto items = in.iterate(value);
  std::vector<Value> groupers, keys;
  for (const Value& item : items->items) {
    Value grouper = path_of(in, item, &p.required(0));
    if (grouper.is_undefined() && p.has(1)) grouper = *p.find(1);
    keys.push_back(sort_key(grouper, p.boolean(2, false)));
    groupers.push_back(std::move(grouper));
  }
  std::vector<Value> groups, members;
  std::size_t first = 0;
  const auto order = sorted_order(in, keys, false);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (members.empty()) first = order[i];
    members.push_back(items->items[order[i]]);
    if (i + 1 < order.size() && in.equals(keys[order[i]], keys[order[i + 1]])) continue;
    groups.push_back(
        make_list({groupers[first], make_list(std::exchange(members, {}))}, ListKind::tuple));
  }
  return make_list(std::move(groups));
}

constexpr Row<FilterBody> kSelectionFilters[] = {
    {"map", f_map},
    {"select", f_select},
    {"reject", f_reject},
    {"selectattr", f_selectattr},
    {"attr", f_attr},
    {"groupby", f_groupby},
    {"rejectattr", f_rejectattr},
};

}  // namespace

std::span<const Row<FilterBody>> selection_filters() {
  return kSelectionFilters;
}

}  // namespace cactus::jinja
