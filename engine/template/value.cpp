#include "engine/template/value.h"

#include <algorithm>
#include <cmath>

#include "engine/template/failure.h"
#include "engine/template/python.h"

namespace cactus::jinja {
namespace {

constexpr std::size_t kIndexedFrom = 9;

void check_extent(const Extent& extent) {
  if (extent.depth > kMaxDataDepth) fail("a value is nested too deeply", ErrorKind::resources);
  if (extent.weight > kMaxDataWeight) fail("a value is too large", ErrorKind::resources);
}

}  // namespace

Value Value::undefined(std::string message) {
  Value v;
  v.data_ = Undefined{std::make_shared<const std::string>(std::move(message))};
  return v;
}

const Text* Value::text() const {
  const auto* p = std::get_if<std::shared_ptr<const Text>>(&data_);
  return p == nullptr ? nullptr : p->get();
}
const List* Value::list() const {
  const auto* p = std::get_if<std::shared_ptr<const List>>(&data_);
  return p == nullptr ? nullptr : p->get();
}
const Dict* Value::dict() const {
  const auto* p = std::get_if<std::shared_ptr<const Dict>>(&data_);
  return p == nullptr ? nullptr : p->get();
}
Object* Value::object() const {
  const auto* p = std::get_if<std::shared_ptr<Object>>(&data_);
  return p == nullptr ? nullptr : p->get();
}
const std::shared_ptr<Object>& Value::shared_object() const {
  return std::get<std::shared_ptr<Object>>(data_);
}
const std::string& Value::undefined_message() const {
  return *std::get<Undefined>(data_).message;
}

std::int64_t Value::integer() const {
  if (const auto* b = std::get_if<bool>(&data_)) return *b ? 1 : 0;
  return std::get<std::int64_t>(data_);
}

double Value::number() const {
  if (const auto* d = std::get_if<double>(&data_)) return *d;
  return static_cast<double>(integer());
}

Extent Value::extent() const {
  if (const Text* t = text()) return {0, static_cast<std::int64_t>(t->size() / 16) + 1};
  if (const List* l = list()) return l->extent;
  if (const Dict* d = dict()) return d->extent;
  if (const Object* o = object()) return o->extent;
  return {};
}

void Extent::add(const Extent& inner) {
  depth = std::max(depth, inner.depth + 1);
  weight = std::min(weight + inner.weight, kMaxDataWeight + 1);
}

std::string hash_key(const Value& value) {
  if (const Text* t = value.text()) return "s" + t->bytes();
  if (value.is_none()) return "none";
  if (value.is_integral()) return "n" + std::to_string(value.integer());
  if (value.is_float()) {
    const double d = value.number();
    if (std::floor(d) == d && std::abs(d) < 9e18) {
      return "n" + std::to_string(static_cast<std::int64_t>(d));
    }
    return "f" + format_float(d);
  }
  if (const List* l = value.list(); l != nullptr && l->kind == ListKind::tuple) {
    std::string key = "t";
    for (const Value& item : l->items) {
      const std::string part = hash_key(item);
      if (part.empty()) return {};
      key += std::to_string(part.size()) + ":" + part;
    }
    return key;
  }
  return {};
}

const Value* Dict::look_up(const std::string& hashed) const {
  if (!index_.empty()) {
    const auto it = index_.find(hashed);
    return it == index_.end() ? nullptr : &entries[it->second].second;
  }
  for (const auto& [k, v] : entries) {
    if (hash_key(k) == hashed) return &v;
  }
  return nullptr;
}

const Value* Dict::find(std::string_view key) const {
  if (!index_.empty()) return look_up("s" + std::string(key));
  for (const auto& [k, v] : entries) {
    if (const Text* t = k.text(); t != nullptr && t->view() == key) return &v;
  }
  return nullptr;
}

const Value* Dict::find(const Value& key) const {
  if (const Text* t = key.text()) return find(t->view());
  const std::string hashed = hash_key(key);
  return hashed.empty() ? nullptr : look_up(hashed);
}

void Dict::set(const Value& key, Value value) {
  const std::string hashed = hash_key(key);
  if (hashed.empty()) fail("unhashable type: '" + std::string(type_name(key)) + "'");
  extent.add(key.extent());
  extent.add(value.extent());
  if (const Value* old = look_up(hashed)) {
    const auto at =
        static_cast<std::size_t>(std::find_if(entries.begin(), entries.end(),
                                              [old](const auto& e) { return &e.second == old; }) -
                                 entries.begin());
    entries[at].second = std::move(value);
    return;
  }
  entries.emplace_back(key, std::move(value));
  if (!index_.empty()) {
    index_.emplace(hashed, entries.size() - 1);
  } else if (entries.size() >= kIndexedFrom) {
    for (std::size_t i = 0; i < entries.size(); ++i) index_.emplace(hash_key(entries[i].first), i);
  }
}

Value make_list(std::vector<Value> items, ListKind kind) {
  List list{std::move(items), kind, {1, 1}};
  for (const Value& v : list.items) list.extent.add(v.extent());
  check_extent(list.extent);
  return std::make_shared<const List>(std::move(list));
}

Value make_dict(Dict dict) {
  check_extent(dict.extent);
  return std::make_shared<const Dict>(std::move(dict));
}

Value Object::attribute(std::string_view name) {
  return Value::undefined("'" + std::string(type_name()) + " object' has no attribute '" +
                          std::string(name) + "'");
}

Value Object::call(Interpreter&, const Arguments&) {
  fail("'" + std::string(type_name()) + "' object is not callable");
}

Text Object::print() const {
  return Text("<" + std::string(type_name()) + " object>");
}

}  // namespace cactus::jinja
