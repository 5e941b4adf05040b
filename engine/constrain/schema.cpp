#include "engine/constrain/schema.h"

#include <algorithm>
#include <map>

namespace cactus::constrain {

std::int32_t Literals::add_root() {
  nodes_.emplace_back();
  return static_cast<std::int32_t>(nodes_.size() - 1);
}

std::int32_t Literals::child(std::int32_t node, unsigned char byte) const {
  std::int32_t at = (*this)[node].first_child;
  while (at != 0 && (*this)[at].byte != byte) at = (*this)[at].next;
  return at;
}

void Literals::add(std::int32_t root, std::string_view text, std::int32_t meaning) {
  const std::uint64_t bit = meaning < 64 ? std::uint64_t{1} << meaning : 0;
  std::int32_t at = root;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    std::int32_t next = child(at, byte);
    if (next == 0) {
      next = add_root();
      Node& made = nodes_.back();
      made.byte = byte;
      made.next = nodes_[static_cast<std::size_t>(at)].first_child;
      nodes_[static_cast<std::size_t>(at)].first_child = next;
    }
    nodes_[static_cast<std::size_t>(at)].members |= bit;
    at = next;
  }
  Node& end = nodes_[static_cast<std::size_t>(at)];
  end.members |= bit;
  if (end.meaning < 0) end.meaning = meaning;
}

namespace {

constexpr std::size_t kMostKeys = 64;
constexpr std::size_t kMostNodes = 100000;
constexpr int kDeepest = 64;  // schemas inside schemas

Error cannot(const std::string& tool, std::string why) {
  return make_error(ErrorKind::usage, "tool '" + tool + "' cannot be held to its schema",
                    std::move(why));
}

// What parsers of bare names take (LiteralParser::word_until and key).
bool bare(std::string_view name) {
  return !name.empty() && name.size() <= 256 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c >= 0x80 ||
                  std::string_view("_.-/$@").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

class Compiler {
 public:
  Compiler(const CallGrammar& grammar, const Said* said) : grammar_(grammar), said_(said) {
    out_.names = out_.literals.add_root();
    if (said_ == nullptr) return;
    most_numbers_ = said_->most_numbers();
    out_.numbers = out_.literals.add_root();
    out_.integers = out_.literals.add_root();
    std::int32_t index = 0;
    for (const SaidNumber& number : said_->numbers()) {
      out_.literals.add(out_.numbers, number.text, index);
      if (number.text.find('.') == std::string::npos)
        out_.literals.add(out_.integers, number.text, index);
      ++index;
    }
  }

  Status add_tool(const Json& tool) {
    const Json* function = &tool;
    if (tool.is_object() && tool.contains("function")) function = &tool["function"];
    if (!function->is_object() || !function->value("name", Json()).is_string()) {
      return make_error(ErrorKind::usage, "a tool has no name");
    }
    tool_ = (*function)["name"].get<std::string>();
    references_.clear();
    unions_.clear();
    root_ = nullptr;
    if (!bare(tool_) && !grammar_.quoted_keys) {
      return cannot(tool_, "its name holds what names of calls cannot");
    }
    ObjectNode empty;
    empty.keys = out_.literals.add_root();
    std::int32_t arguments = -1;
    if (const auto at = function->find("parameters"); at != function->end() && at->is_object()) {
      root_ = &*at;
      CACTUS_TRY(object, object_of(*at, !grammar_.quoted_keys, 0, grammar_.may_lack));
      if (object == kImpossible) return ok_status();
      arguments = object;
    }
    if (arguments < 0) {
      arguments = static_cast<std::int32_t>(out_.objects.size());
      out_.objects.push_back(empty);
    }
    finish_values();
    const auto index = static_cast<std::int32_t>(out_.arguments.size());
    out_.literals.add(out_.names, grammar_.quoted_keys ? inside_of_text(tool_) : tool_, index);
    out_.arguments.push_back(arguments);
    return ok_status();
  }

  Schema take() { return std::move(out_); }

 private:
  static constexpr std::int32_t kImpossible = -2;  // an object that requires what cannot be written

  bool only_a_number(const ValueNode& node) const {
    return said_ != nullptr && node.kinds == 0 &&
           (node.choices == out_.numbers || node.choices == out_.integers);
  }

  bool impossible(const ValueNode& node) const {
    return node.kinds == 0 && node.choices != 0 && out_.literals[node.choices].first_child == 0;
  }

  // Only texts and numbers that were said.
  void keep_what_was_said(ValueNode& node) {
    if (said_ == nullptr || node.kinds == kAnything || node.kinds == 0) return;
    const bool any = (node.kinds & kNumber) != 0, whole = (node.kinds & kInteger) != 0;
    if (any || whole) {
      node.kinds = static_cast<std::uint8_t>(node.kinds & ~(kNumber | kInteger));
      node.choices = any ? out_.numbers : out_.integers;
    }
    if (!said_->has_words()) node.kinds = static_cast<std::uint8_t>(node.kinds & ~kString);
    const bool nothing_in_it = (node.kinds & kArray) != 0 && node.items >= 0 &&
                               impossible(out_.values[static_cast<std::size_t>(node.items)]);
    if (nothing_in_it) node.kinds = static_cast<std::uint8_t>(node.kinds & ~kArray);
    if (node.object == kImpossible) {
      node.kinds = static_cast<std::uint8_t>(node.kinds & ~kObject);
      node.object = -1;
    }
    if (node.kinds == 0 && node.choices == 0) node.choices = out_.literals.add_root();
  }

  // `text` as JSON writes it, without the quotes around it.
  static std::string inside_of_text(const std::string& text) {
    const std::string quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
    return quoted.substr(1, quoted.size() - 2);
  }

  std::string key_text(const std::string& key, bool bare_key) const {
    return bare_key ? key : "\"" + inside_of_text(key) + "\"";
  }

  // A value as a call holds it: as Python's json.dumps writes it, or in Gemma's form.
  std::string written(const Json& value) const {
    if (value.is_string() && grammar_.control_quotes) {
      const std::string quote(1, static_cast<char>(ControlByte::kQuote));
      return quote + value.get<std::string>() + quote;
    }
    if (value.is_array()) {
      std::string text = "[";
      for (const Json& item : value) text += (text.size() > 1 ? ", " : "") + written(item);
      return text + "]";
    }
    if (value.is_object()) {
      std::string text = "{";
      for (const auto& item : value.items()) {
        text += (text.size() > 1 ? ", " : "") + key_text(item.key(), grammar_.bare_keys) +
                (grammar_.bare_keys ? ":" : ": ") + written(item.value());
      }
      return text + "}";
    }
    if (grammar_.python_words && value.is_boolean()) return value.get<bool>() ? "True" : "False";
    if (grammar_.python_words && value.is_null()) return "None";
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  // The ObjectNode of a schema with "properties", -1 for one without any (members are free then).
  // `may_lack`: what it requires need not be possible.
  Result<std::int32_t> object_of(const Json& schema, bool bare_keys, int depth,
                                 bool may_lack = false) {
    const auto properties = schema.find("properties");
    if (properties == schema.end() || !properties->is_object()) return std::int32_t{-1};
    const auto required = schema.find("required");
    if (properties->size() > kMostKeys) return cannot(tool_, "it has more than 64 parameters");
    ObjectNode node;
    node.keys = out_.literals.add_root();
    int numbers = 0;  // that it requires
    for (const auto& item : properties->items()) {
      if (bare_keys && !bare(item.key())) {
        return cannot(tool_, "the name of its parameter '" + item.key() +
                                 "' holds what names in calls cannot");
      }
      CACTUS_TRY(value, value_of(item.value(), depth + 1));
      const bool wanted =
          required != schema.end() && required->is_array() &&
          std::find(required->begin(), required->end(), Json(item.key())) != required->end();
      const ValueNode& made = out_.values[static_cast<std::size_t>(value)];
      if (impossible(made) && !(wanted && may_lack)) {
        if (wanted) return std::int32_t{kImpossible};
        continue;
      }
      if (wanted && only_a_number(made) && ++numbers > most_numbers_) {
        if (!may_lack) return std::int32_t{kImpossible};
        node.lacks = true;
      }
      const auto index = static_cast<std::int32_t>(node.values.size());
      out_.literals.add(node.keys, key_text(item.key(), bare_keys), index);
      node.values.push_back(value);
      if (wanted) node.required |= std::uint64_t{1} << index;
    }
    out_.objects.push_back(std::move(node));
    return static_cast<std::int32_t>(out_.objects.size() - 1);
  }

  // A schema that says "$ref": "#/…" stands for the one there, of the same tool.
  Result<std::int32_t> referred(const std::string& target, int depth) {
    if (const auto known = references_.find(target); known != references_.end()) {
      return known->second;
    }
    const Json* found = nullptr;
    if (root_ != nullptr && target.starts_with("#")) {
      found = root_;
      for (std::size_t at = 1; found != nullptr && at < target.size();) {
        const std::size_t end = std::min(target.find('/', at + 1), target.size());
        const std::string part = target.substr(at + 1, end - at - 1);
        const auto next = found->is_object() ? found->find(part) : found->end();
        found = found->is_object() && next != found->end() ? &*next : nullptr;
        at = end;
      }
    }
    if (found == nullptr) return cannot(tool_, "it refers to '" + target + "', which is not there");
    // Known before it is compiled, so that it may contain itself.
    const auto index = static_cast<std::int32_t>(out_.values.size());
    references_[target] = index;
    out_.values.emplace_back();
    CACTUS_TRY(value, value_of(*found, depth + 1));
    out_.values[static_cast<std::size_t>(index)] = out_.values[static_cast<std::size_t>(value)];
    return index;
  }

  static std::uint8_t kinds_of(const Json& type) {
    static const std::map<std::string, std::uint8_t> kNames = {
        {"string", kString}, {"number", kNumber}, {"integer", kInteger}, {"boolean", kBoolean},
        {"null", kNull},     {"array", kArray},   {"object", kObject},   {"float", kNumber},
        {"int", kInteger},   {"bool", kBoolean},  {"str", kString},      {"dict", kObject},
        {"list", kArray}};
    if (type.is_string()) {
      const auto at = kNames.find(type.get<std::string>());
      return at == kNames.end() ? std::uint8_t{kAnything} : at->second;
    }
    std::uint8_t kinds = 0;
    if (type.is_array()) {
      for (const Json& one : type) kinds = static_cast<std::uint8_t>(kinds | kinds_of(one));
    }
    return kinds == 0 ? std::uint8_t{kAnything} : kinds;
  }

  // The union of what two schemas allow, or a little more where they differ in the same kind.
  void join(ValueNode& node, const ValueNode& other) {
    if ((node.kinds & other.kinds & kArray) != 0 && node.items != other.items) node.items = -1;
    if ((node.kinds & kArray) == 0) node.items = other.items;
    if ((node.kinds & other.kinds & kObject) != 0 && node.object != other.object) node.object = -1;
    if ((node.kinds & kObject) == 0) node.object = other.object;
    if (node.choices == 0) {
      node.choices = other.choices;
    } else if (other.choices != 0 && other.choices != node.choices) {
      node.choices = 0;  // two lists of values: anything of a type that values have
      node.kinds = kAnything;
    }
    node.kinds = static_cast<std::uint8_t>(node.kinds | other.kinds);
  }

  // A union with a schema that contains it saw that one before it was whole. What is still nothing
  // refers to itself and nothing else: anything.
  void finish_values() {
    for (const auto& [whole, part] : unions_) {
      join(out_.values[static_cast<std::size_t>(whole)],
           out_.values[static_cast<std::size_t>(part)]);
    }
    for (ValueNode& node : out_.values) {
      if (node.kinds == 0 && node.choices == 0) node.kinds = kAnything;
    }
  }

  Result<std::int32_t> value_of(const Json& schema, int depth) {
    if (depth > kDeepest || out_.values.size() > kMostNodes) {
      return cannot(tool_, "its schema is too large or nested too deeply");
    }
    ValueNode node;
    if (!schema.is_object()) {  // true, or nothing that a schema is
      node.kinds = kAnything;
      return add(node);
    }
    if (const auto at = schema.find("$ref"); at != schema.end() && at->is_string()) {
      return referred(at->get<std::string>(), depth);
    }
    for (const char* name : {"anyOf", "oneOf"}) {
      const auto at = schema.find(name);
      if (at == schema.end() || !at->is_array() || at->empty()) continue;
      std::vector<std::int32_t> parts;
      for (const Json& one : *at) {
        CACTUS_TRY(index, value_of(one, depth + 1));
        join(node, out_.values[static_cast<std::size_t>(index)]);
        parts.push_back(index);
      }
      CACTUS_TRY(made, add(node));
      for (const std::int32_t part : parts) unions_.emplace_back(made, part);
      return made;
    }
    const auto list = schema.find("enum");
    const auto constant = schema.find("const");
    if (list != schema.end() && list->is_array() && !list->empty()) {
      node.choices = out_.literals.add_root();
      for (const Json& value : *list) out_.literals.add(node.choices, written(value), 0);
    } else if (constant != schema.end()) {
      node.choices = out_.literals.add_root();
      out_.literals.add(node.choices, written(*constant), 0);
    } else if (const auto type = schema.find("type"); type != schema.end()) {
      node.kinds = kinds_of(*type);
    } else if (schema.contains("properties")) {
      node.kinds = kObject;
    } else if (schema.contains("items")) {
      node.kinds = kArray;
    } else {
      node.kinds = kAnything;
    }
    if (schema.value("nullable", Json()) == true)
      node.kinds = static_cast<std::uint8_t>(node.kinds | kNull);
    if ((node.kinds & kArray) != 0 && schema.contains("items")) {
      CACTUS_TRY(items, value_of(schema["items"], depth + 1));
      node.items = items;
    }
    if ((node.kinds & kObject) != 0) {
      CACTUS_TRY(object, object_of(schema, grammar_.bare_keys, depth));
      node.object = object;
    }
    keep_what_was_said(node);
    return add(node);
  }

  Result<std::int32_t> add(const ValueNode& node) {
    out_.values.push_back(node);
    return static_cast<std::int32_t>(out_.values.size() - 1);
  }

  const CallGrammar& grammar_;
  const Said* said_;
  int most_numbers_ = 0;  // with said_
  Schema out_;
  std::string tool_;
  const Json* root_ = nullptr;  // the tool's parameters
  std::map<std::string, std::int32_t> references_;
  std::vector<std::pair<std::int32_t, std::int32_t>> unions_;  // ValueNodes: of which, with what
};

}  // namespace

Result<Schema> compile_schema(const Json& tools, const CallGrammar& grammar, const Said* said) {
  if (!tools.is_array() || tools.empty()) {
    return make_error(ErrorKind::usage, "there are no tools to call");
  }
  Compiler compiler(grammar, said);
  for (const Json& tool : tools) CACTUS_CHECK(compiler.add_tool(tool));
  return compiler.take();
}

}  // namespace cactus::constrain
