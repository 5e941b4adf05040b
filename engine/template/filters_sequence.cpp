// Filters over lists and mappings.
#include <algorithm>
#include <unordered_map>

#include "engine/template/builtins.h"
#include "engine/template/sequences.h"

namespace cactus::jinja {

Value path_of(Interpreter& interpreter, const Value& item, const Value* attribute) {
  if (attribute == nullptr || attribute->is_none()) return item;
  if (attribute->text() == nullptr) return interpreter.item(item, *attribute);
  Value value = item;
  const std::string_view dot = ".";
  for (const Text& part : split(*attribute->text(), &dot, -1, false)) {
    const bool digits = !part.empty() && part.size() < 10 &&
                        part.view().find_first_not_of("0123456789") == std::string_view::npos;
    value = interpreter.item(value,
                             digits ? Value(std::int64_t{std::stoi(part.bytes())}) : Value(part));
  }
  return value;
}

Value sort_key(const Value& value, bool case_sensitive) {
  if (case_sensitive || value.text() == nullptr) return value;
  return map_case(*value.text(), CaseMapping::lower);
}

std::vector<std::size_t> sorted_order(Interpreter& interpreter, const std::vector<Value>& keys,
                                      bool reverse) {
  std::vector<std::size_t> order(keys.size());
  std::int64_t weight = 1;
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    weight += keys[i].extent().weight;
    // Values that cannot be compared must not reach the sort half-way.
    if (i > 0) static_cast<void>(compare(keys[i - 1], keys[i]));
  }
  interpreter.charge(weight);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    interpreter.charge(std::min(keys[a].extent().weight, keys[b].extent().weight));
    return reverse ? compare(keys[b], keys[a]) < 0 : compare(keys[a], keys[b]) < 0;
  });
  return order;
}

namespace {

Value list_of(std::vector<Value> items, ListKind kind = ListKind::list) {
  return make_list(std::move(items), kind);
}

Value f_first(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("first", arguments, {});
  const auto items = in.iterate(value);
  return items->items.empty() ? Value::undefined("No first item, sequence was empty.")
                              : items->items.front();
}

Value f_last(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("last", arguments, {});
  const auto items = in.iterate(value);
  return items->items.empty() ? Value::undefined("No last item, sequence was empty.")
                              : items->items.back();
}

Value f_join(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("join", arguments, {"d", "attribute"});
  const Text separator = p.has(0) ? in.print(*p.find(0)) : Text();
  Text out;
  bool first = true;
  const auto items = in.iterate(value);
  for (const Value& item : items->items) {
    if (!std::exchange(first, false)) out.append(separator);
    in.charge_text(separator.size());
    out.append(in.print(path_of(in, item, p.find(1))));
  }
  return out;
}

Value f_list(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("list", arguments, {});
  const auto items = in.iterate(value);
  in.charge_items(items->items.size());
  return list_of(items->items);
}

Value f_reverse(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("reverse", arguments, {});
  if (value.text() != nullptr) return reversed(*value.text());
  const auto items = in.iterate(value);
  in.charge_items(items->items.size());
  return list_of({items->items.rbegin(), items->items.rend()}, ListKind::generator);
}

Value f_sort(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("sort", arguments, {"reverse", "case_sensitive", "attribute"});
  const auto items = in.iterate(value);
  const bool case_sensitive = p.boolean(1, false);
  // 'a,b' sorts by a and then by b.
  std::vector<Value> paths;
  if (!p.none(2) && p.find(2)->text() != nullptr) {
    const std::string_view comma = ",";
    for (const Text& path : split(*p.find(2)->text(), &comma, -1, false)) paths.emplace_back(path);
  }
  std::vector<Value> keys;
  for (const Value& item : items->items) {
    if (paths.size() < 2) {
      keys.push_back(sort_key(path_of(in, item, p.find(2)), case_sensitive));
      continue;
    }
    std::vector<Value> parts;
    for (const Value& path : paths)
      parts.push_back(sort_key(path_of(in, item, &path), case_sensitive));
    keys.push_back(list_of(std::move(parts)));
  }
  std::vector<Value> sorted;
  for (std::size_t i : sorted_order(in, keys, p.boolean(0, false)))
    sorted.push_back(items->items[i]);
  return list_of(std::move(sorted));
}

Value f_dictsort(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("dictsort", arguments, {"case_sensitive", "by", "reverse"});
  const std::string by = p.text(1, "key").bytes();
  if (by != "key" && by != "value") fail("You can only sort by either \"key\" or \"value\"");
  if (value.is_undefined()) fail(value.undefined_message());
  if (value.dict() == nullptr)
    fail("dictsort() needs a mapping, not " + std::string(type_name(value)));
  const auto& entries = value.dict()->entries;
  std::vector<Value> keys, sorted;
  for (const auto& [key, item] : entries) {
    keys.push_back(sort_key(by == "key" ? key : item, p.boolean(0, false)));
  }
  for (std::size_t i : sorted_order(in, keys, p.boolean(2, false))) {
    sorted.push_back(list_of({entries[i].first, entries[i].second}, ListKind::tuple));
  }
  return list_of(std::move(sorted));
}

Value f_items(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("items", arguments, {});
  std::vector<Value> pairs;
  if (value.dict() != nullptr) {
    in.charge_objects(value.dict()->entries.size());
    for (const auto& [key, item] : value.dict()->entries) {
      pairs.push_back(list_of({key, item}, ListKind::tuple));
    }
  } else if (!value.is_undefined()) {
    fail("Can only get item pairs from a mapping.");
  }
  return list_of(std::move(pairs), ListKind::generator);
}

Value f_unique(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("unique", arguments, {"case_sensitive", "attribute"});
  std::unordered_map<std::string, bool> seen;
  std::vector<Value> kept;
  const auto items = in.iterate(value);
  for (const Value& item : items->items) {
    const Value key = sort_key(path_of(in, item, p.find(1)), p.boolean(0, false));
    in.charge_walk(key);
    const std::string hashed = hash_key(key);
    if (hashed.empty()) fail("unhashable type: '" + std::string(type_name(key)) + "'");
    if (seen.emplace(hashed, true).second) kept.push_back(item);
  }
  return list_of(std::move(kept), ListKind::generator);
}

Value f_batch(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("batch", arguments, {"linecount", "fill_with"});
  const std::int64_t count = expect_integer(p.required(0), "batch");
  if (count < 1 || count > in.limits().range_items)
    fail("batch() needs a size from 1 to its limit");
  std::vector<Value> rows, row;
  const auto items = in.iterate(value);
  for (const Value& item : items->items) {
    if (static_cast<std::int64_t>(row.size()) == count)
      rows.push_back(list_of(std::exchange(row, {})));
    row.push_back(item);
  }
  if (!row.empty()) {
    if (!p.none(1)) row.resize(static_cast<std::size_t>(count), *p.find(1));
    rows.push_back(list_of(std::move(row)));
  }
  in.charge_objects(items->items.size() + static_cast<std::size_t>(count));
  return list_of(std::move(rows), ListKind::generator);
}

Value f_slice(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("slice", arguments, {"slices", "fill_with"});
  const std::int64_t slices = expect_integer(p.required(0), "slice");
  if (slices < 1 || slices > in.limits().range_items)
    fail("slice() needs a number from 1 to its limit");
  const auto items = in.iterate(value);
  const auto length = static_cast<std::int64_t>(items->items.size());
  in.charge(length + slices);
  std::vector<Value> columns;
  std::int64_t at = 0;
  for (std::int64_t i = 0; i < slices; ++i) {
    const bool longer = i < length % slices;
    const std::int64_t end = at + length / slices + (longer ? 1 : 0);
    std::vector<Value> column(items->items.begin() + at, items->items.begin() + end);
    if (!p.none(1) && !longer) column.push_back(*p.find(1));
    columns.push_back(list_of(std::move(column)));
    at = end;
  }
  return list_of(std::move(columns), ListKind::generator);
}

Value f_sum(Interpreter& in, const Value& value, const Arguments& arguments) {
  const Parameters p("sum", arguments, {"attribute", "start"});
  Value total = p.get(1, std::int64_t{0});
  const auto items = in.iterate(value);
  for (const Value& item : items->items) total = add(in, total, path_of(in, item, p.find(0)));
  return total;
}

Value extreme(Interpreter& in, const Value& value, const Arguments& arguments,
              std::string_view name, int sign) {
  const Parameters p(name, arguments, {"case_sensitive", "attribute"});
  const auto items = in.iterate(value);
  const Value* best = nullptr;
  Value best_key;
  for (const Value& item : items->items) {
    Value key = sort_key(path_of(in, item, p.find(1)), p.boolean(0, false));
    in.charge_walk(key);
    if (best != nullptr && compare(key, best_key) * sign <= 0) continue;
    best = &item;
    best_key = std::move(key);
  }
  return best == nullptr ? Value::undefined("No aggregated item, sequence was empty.") : *best;
}

Value f_min(Interpreter& in, const Value& value, const Arguments& arguments) {
  return extreme(in, value, arguments, "min", -1);
}

Value f_max(Interpreter& in, const Value& value, const Arguments& arguments) {
  return extreme(in, value, arguments, "max", 1);
}

constexpr Row<FilterBody> kSequenceFilters[] = {
    {"first", f_first},     {"last", f_last},   {"join", f_join},         {"list", f_list},
    {"reverse", f_reverse}, {"sort", f_sort},   {"dictsort", f_dictsort}, {"items", f_items},
    {"unique", f_unique},   {"batch", f_batch}, {"slice", f_slice},       {"sum", f_sum},
    {"min", f_min},         {"max", f_max},
};

}  // namespace

std::span<const Row<FilterBody>> sequence_filters() {
  return kSequenceFilters;
}

}  // namespace cactus::jinja
