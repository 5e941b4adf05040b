// Values of the template language: Python's, as far as templates see them. Small handles to shared
// data that never changes; only namespaces and the like (Object) have state.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "engine/template/text.h"

namespace cactus::jinja {

class Interpreter;
struct Arguments;
struct List;
struct Dict;
struct Object;

struct None {};
// What a missing name is: prints as nothing, is false, and refuses nearly everything else with
// `message` ("'x' is undefined").
struct Undefined {
  std::shared_ptr<const std::string> message;
};

// How deep a value nests and how much work walking all of it is (values, and 16-byte units of
// strings; what is shared counts each time it is reached). Bounded where lists and dicts are made.
struct Extent {
  int depth = 0;
  std::int64_t weight = 1;
  void add(const Extent& inner);
};
constexpr int kMaxDataDepth = 200;
constexpr std::int64_t kMaxDataWeight = 1 << 23;

class Value {
 public:
  Value() : data_(None{}) {}
  Value(bool v) : data_(v) {}
  Value(std::int64_t v) : data_(v) {}
  Value(double v) : data_(v) {}
  Value(Text v) : data_(std::make_shared<const Text>(std::move(v))) {}
  Value(std::shared_ptr<const List> v) : data_(std::move(v)) {}
  Value(std::shared_ptr<const Dict> v) : data_(std::move(v)) {}
  Value(std::shared_ptr<Object> v) : data_(std::move(v)) {}
  Value(const char*) = delete;
  static Value undefined(std::string message);
  static Value literal(std::string_view text) { return Value(Text(std::string(text))); }

  bool is_undefined() const { return std::holds_alternative<Undefined>(data_); }
  bool is_none() const { return std::holds_alternative<None>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(data_); }
  bool is_float() const { return std::holds_alternative<double>(data_); }
  // Python's numbers.Number: bool is one of them.
  bool is_number() const { return is_bool() || is_int() || is_float(); }
  bool is_integral() const { return is_bool() || is_int(); }

  // Each null when the value is of another type.
  const Text* text() const;
  const List* list() const;
  const Dict* dict() const;
  Object* object() const;
  const std::shared_ptr<Object>& shared_object() const;
  const std::string& undefined_message() const;

  std::int64_t integer() const;  // of a bool or int
  double number() const;         // of any number

  Extent extent() const;

 private:
  std::variant<None, Undefined, bool, std::int64_t, double, std::shared_ptr<const Text>,
               std::shared_ptr<const List>, std::shared_ptr<const Dict>, std::shared_ptr<Object>>
      data_;
};

// What Python type a sequence would be; decides truth, printing, indexing and tests.
enum class ListKind { list, tuple, range, view, generator };

struct List {
  std::vector<Value> items;
  ListKind kind = ListKind::list;
  Extent extent{1, 1};
};

struct Dict {
  std::vector<std::pair<Value, Value>> entries;
  Extent extent{1, 1};

  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  void set(const Value& key, Value value);  // keeps the place of a key that exists

 private:
  // Only dicts of more than a few entries are indexed (keys as hash_key makes them).
  std::unordered_map<std::string, std::size_t> index_;
  const Value* look_up(const std::string& hashed) const;
};

// Keys that Python holds equal have equal hash keys; empty for a value that cannot be a key.
std::string hash_key(const Value& value);

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

// Things with behaviour or state: namespaces, macros, functions, methods, loops.
struct Object {
  Extent extent{1, 1};
  virtual ~Object() = default;
  virtual std::string_view type_name() const = 0;
  // Undefined (with Python's message) for what it does not have.
  virtual Value attribute(std::string_view name);
  virtual bool callable() const { return false; }
  virtual Value call(Interpreter& interpreter, const Arguments& arguments);
  virtual Text print() const;
  // Lets go of everything it holds; called for stateful objects at the end of a render, because
  // they may hold each other.
  virtual void release() {}
};

Value make_list(std::vector<Value> items, ListKind kind = ListKind::list);
Value make_dict(Dict dict);

}  // namespace cactus::jinja
