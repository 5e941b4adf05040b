// Attributes, subscripts, slices; filters and tests by name.
#include <algorithm>

#include "engine/template/builtins.h"

namespace cactus::jinja {
namespace {

// As Jinja names a value in its messages.
std::string object_name(const Value& value) {
  return value.is_none() ? "None" : std::string(type_name(value)) + " object";
}

Value no_attribute(const Value& value, std::string_view name) {
  return Value::undefined("'" + object_name(value) + "' has no attribute '" + std::string(name) +
                          "'");
}

Value find_method(const Value& value, std::string_view name) {
  MethodBody body = nullptr;
  if (value.text() != nullptr) {
    body = find_row(text_methods(), name);
    if (body == nullptr) body = find_row(text_class_methods(), name);
  } else if (value.dict() != nullptr) {
    body = find_row(dict_methods(), name);
  } else if (const List* list = value.list()) {
    // A tuple has only the two that change nothing.
    const bool has = list->kind == ListKind::list || name == "count" || name == "index";
    if (has && list->kind <= ListKind::range) body = find_row(list_methods(), name);
  } else if (Object* object = value.object()) {
    return object->attribute(name);
  }
  return body == nullptr ? no_attribute(value, name) : make_method(value, body);
}

}  // namespace

Value Interpreter::attribute(const Value& value, std::string_view name) {
  if (value.is_undefined()) fail(value.undefined_message());
  if (name.substr(0, 2) == "__") {
    return Value::undefined("access to attribute '" + std::string(name) + "' of '" +
                            std::string(type_name(value)) + "' object is unsafe");
  }
  Value method = find_method(value, name);
  if (!method.is_undefined() || value.dict() == nullptr) return method;
  const Value* member = value.dict()->find(name);
  return member == nullptr ? method : *member;
}

Value Interpreter::item(const Value& value, const Value& key) {
  if (value.is_undefined()) fail(value.undefined_message());
  if (const Dict* dict = value.dict()) {
    if (const Value* member = dict->find(key)) return *member;
  }
  if (const Text* name = key.text()) return attribute(value, name->view());
  if (key.is_integral()) {
    const Text* text = value.text();
    const List* list = value.list();
    if (text != nullptr) {
      charge_text(text->size());
      const auto size = static_cast<std::int64_t>(text->length());
      const std::int64_t at = key.integer() < 0 ? key.integer() + size : key.integer();
      if (at >= 0 && at < size) {
        const auto i = static_cast<std::size_t>(at);
        return text->slice(text->offset(i), text->offset(i + 1));
      }
    } else if (list != nullptr && list->kind <= ListKind::range) {
      const auto size = static_cast<std::int64_t>(list->items.size());
      const std::int64_t at = key.integer() < 0 ? key.integer() + size : key.integer();
      if (at >= 0 && at < size) return list->items[static_cast<std::size_t>(at)];
    }
  }
  return Value::undefined("'" + object_name(value) + "' has no element " +
                          std::string(jinja::repr(key).view()));
}

Value Interpreter::filter(std::string_view name, const Value& value, const Arguments& arguments) {
  for (const auto rows :
       {text_filters(), number_filters(), sequence_filters(), selection_filters()}) {
    const FilterBody body = find_row(rows, name);
    if (body == nullptr) continue;
    charge_text(value.text() == nullptr ? 0 : value.text()->size());
    return body(*this, value, arguments);
  }
  fail("no filter named '" + std::string(name) + "'", ErrorKind::incompatible);
}

bool Interpreter::test(std::string_view name, const Value& value, const Arguments& arguments) {
  const TestBody body = find_row(tests(), name);
  if (body == nullptr) fail("no test named '" + std::string(name) + "'", ErrorKind::incompatible);
  return body(*this, value, arguments);
}

namespace {

struct Range {
  std::int64_t begin, end, step;
};

std::int64_t bound(const Value& value, std::int64_t otherwise, std::int64_t size, std::int64_t low,
                   std::int64_t high) {
  if (value.is_none()) return otherwise;
  if (!value.is_integral()) fail("slice indices must be integers or None");
  std::int64_t at = value.integer();
  if (at < 0) at = at < -size ? -1 : at + size;
  return std::clamp(at, low, high);
}

// Python's slice.indices().
Range resolve(const Value& begin, const Value& end, const Value& step, std::int64_t size) {
  Range range{0, 0, 1};
  if (!step.is_none()) {
    if (!step.is_integral()) fail("slice indices must be integers or None");
    range.step = step.integer();
    if (range.step == 0) fail("slice step cannot be zero");
    // Larger steps all select the first item alone.
    range.step = std::clamp<std::int64_t>(range.step, -size - 1, size + 1);
  }
  const bool back = range.step < 0;
  const std::int64_t low = back ? -1 : 0, high = back ? size - 1 : size;
  range.begin = bound(begin, back ? high : low, size, low, high);
  range.end = bound(end, back ? low : high, size, low, high);
  return range;
}

template <class Pick>
void pick_each(const Range& range, Pick pick) {
  for (std::int64_t i = range.begin; range.step > 0 ? i < range.end : i > range.end;
       i += range.step) {
    pick(static_cast<std::size_t>(i));
  }
}

Text slice_text(const Text& text, const Range& range, std::int64_t size) {
  if (range.step == 1) {
    if (range.begin >= range.end) return {};
    return text.slice(text.offset(static_cast<std::size_t>(range.begin)),
                      text.offset(static_cast<std::size_t>(range.end)));
  }
  std::vector<std::size_t> offsets;  // of every code point, and the end
  offsets.reserve(static_cast<std::size_t>(size) + 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text.view()[i]) & 0xC0) != 0x80) offsets.push_back(i);
  }
  offsets.push_back(text.size());
  Text out;
  pick_each(range, [&](std::size_t i) { out.append(text, offsets[i], offsets[i + 1]); });
  return out;
}

}  // namespace

Value slice(Interpreter& interpreter, const Value& value, const Value& begin, const Value& end,
            const Value& step) {
  if (value.is_undefined()) fail(value.undefined_message());
  if (const Text* text = value.text()) {
    // A step other than 1 needs the offset of every code point.
    interpreter.charge_text(text->size() * (step.is_none() ? 1 : 8));
    const auto size = static_cast<std::int64_t>(text->length());
    return slice_text(*text, resolve(begin, end, step, size), size);
  }
  const List* list = value.list();
  if (list == nullptr || list->kind > ListKind::range) {
    return Value::undefined("'" + object_name(value) + "' cannot be sliced");
  }
  interpreter.charge_items(list->items.size());
  std::vector<Value> items;
  pick_each(resolve(begin, end, step, static_cast<std::int64_t>(list->items.size())),
            [&](std::size_t i) { items.push_back(list->items[i]); });
  return make_list(std::move(items), list->kind);
}

}  // namespace cactus::jinja
