#include "tests/engine/constrain/walk.h"

#include <algorithm>
#include <bit>

#include "engine/session/reply_builder.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

namespace cactus::test {
namespace {

std::size_t below(Dice& dice, std::size_t n) {
  return std::uniform_int_distribution<std::size_t>(0, n - 1)(dice);
}
bool chance(Dice& dice, double p) {
  return std::bernoulli_distribution(p)(dice);
}

const char* const kNames[] = {"get",   "get_weather", "get_weather_now", "set",  "setTimer",
                              "timer", "t",           "note.add",        "größe"};
const char* const kKeys[] = {"a", "ab", "abc", "b", "unit", "units", "to", "from", "zahl"};
const char* const kTexts[] = {
    "",      "x",  "Oslo", "a \"quoted\" word", "back\\slash", "naïve ☕ 東京", "new\nline",
    "tab\t", "42", "{",    "it's, ok)"};

Json random_schema(Dice& dice, int depth) {
  Json schema = Json::object();
  switch (below(dice, depth < 2 ? 10 : 6)) {
    case 0:
      return {{"type", "string"}};
    case 1:
      return {{"type", "integer"}};
    case 2:
      return {{"type", "number"}};
    case 3:
      return {{"type", "boolean"}};
    case 4:
      return {{"type", "string"}, {"enum", {"celsius", "c", "fahrenheit", "two words", "a\"b"}}};
    case 5:
      return {{"enum", {1, 12, 2.5, true, nullptr, "one"}}};
    case 6:
      return {{"type", "array"}, {"items", random_schema(dice, depth + 1)}};
    case 7:
      return {{"type", {"string", "null"}}};
    case 8:
      return {
          {"anyOf", {{{"type", "integer"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}}}};
    default: {
      schema["type"] = "object";
      schema["properties"] = Json::object();
      for (std::size_t i = below(dice, 3) + 1; i > 0; --i)
        schema["properties"][kKeys[below(dice, std::size(kKeys))]] = random_schema(dice, depth + 1);
      schema["required"] = Json::array({schema["properties"].begin().key()});
      return schema;
    }
  }
}

Json random_value(const Json& schema, Dice& dice) {
  if (schema.contains("enum")) return schema["enum"][below(dice, schema["enum"].size())];
  if (schema.contains("anyOf"))
    return random_value(schema["anyOf"][below(dice, schema["anyOf"].size())], dice);
  std::string type = schema["type"].is_array()
                         ? schema["type"][below(dice, schema["type"].size())].get<std::string>()
                         : schema["type"].get<std::string>();
  if (type == "string") return kTexts[below(dice, std::size(kTexts))];
  if (type == "integer") return static_cast<std::int64_t>(below(dice, 2000)) - 1000;
  if (type == "number")
    return chance(dice, 0.5) ? Json(static_cast<double>(below(dice, 9999)) / 16 - 100)
                             : Json(static_cast<std::int64_t>(below(dice, 50)));
  if (type == "boolean") return chance(dice, 0.5);
  if (type == "null") return nullptr;
  if (type == "array") {
    Json items = Json::array();
    for (std::size_t i = below(dice, 4); i > 0; --i)
      items.push_back(random_value(schema["items"], dice));
    return items;
  }
  return random_arguments(schema, dice);
}

bool fits(const Json& value, const Json& schema) {
  if (schema.contains("enum"))
    return std::find(schema["enum"].begin(), schema["enum"].end(), value) != schema["enum"].end();
  if (schema.contains("anyOf"))
    return std::any_of(schema["anyOf"].begin(), schema["anyOf"].end(),
                       [&](const Json& one) { return fits(value, one); });
  const auto is = [&](const std::string& type) {
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "array")
      return value.is_array() && std::all_of(value.begin(), value.end(), [&](const Json& item) {
               return fits(item, schema["items"]);
             });
    if (!value.is_object()) return false;
    for (const auto& item : value.items())
      if (!schema["properties"].contains(item.key()) ||
          !fits(item.value(), schema["properties"][item.key()]))
        return false;
    return std::all_of(schema["required"].begin(), schema["required"].end(),
                       [&](const Json& key) { return value.contains(key.get<std::string>()); });
  };
  if (schema["type"].is_string()) return is(schema["type"].get<std::string>());
  return std::any_of(schema["type"].begin(), schema["type"].end(),
                     [&](const Json& type) { return is(type.get<std::string>()); });
}

std::string value_text(const Json& value, const CallSyntax& syntax) {
  const std::string_view name = syntax.name;
  if (value.is_string() && name == "gemma") return "<|\"|>" + value.get<std::string>() + "<|\"|>";
  if (name == "python" && value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (name == "python" && value.is_null()) return "None";
  std::string text;
  if (value.is_array()) {
    for (const Json& item : value) text += (text.empty() ? "" : ", ") + value_text(item, syntax);
    return "[" + text + "]";
  }
  if (value.is_object()) {
    for (const auto& item : value.items())
      text += (text.empty() ? "" : ", ") +
              (name == "gemma" ? item.key() + ":" : Json(item.key()).dump() + ": ") +
              value_text(item.value(), syntax);
    return "{" + text + "}";
  }
  return value.dump();
}

}  // namespace

std::vector<std::int32_t> Speaker::ids(const std::string& text) const {
  auto ids = tokenizer->encode(text);
  if (!ids) FAIL(ids.error().what);
  return *ids;
}

Reply Speaker::read(const std::vector<std::int32_t>& ids) const {
  Reply reply;
  const ReplyFormat format{nullptr, syntax};
  const GenerateOptions options;
  const PieceSink sink;
  ReplyBuilder builder(*tokenizer, format, "", options, sink, reply);
  for (const std::int32_t id : ids) builder.add(id);
  builder.finish();
  return reply;
}

Speaker speaker(const std::string& syntax) {
  const std::string folder = syntax == "gemma"  ? "gemma4_text"
                             : syntax == "json" ? "qwen3"
                                                : "lfm2";
  std::string json = read_file(fixture(folder) / "tokenizer.json");
  if (syntax == "deciding") {
    const std::size_t at = json.find("<|reserved_4|>");
    for (std::size_t i = at; i != std::string::npos; i = json.find("<|reserved_4|>", i))
      json.replace(i, 14, "<|no_tool|>");
  }
  Speaker made;
  auto tokenizer = Tokenizer::load(json, read_file(fixture(folder) / "tokenizer_config.json"));
  if (!tokenizer) FAIL(tokenizer.error().what << ": " << tokenizer.error().why);
  made.tokenizer = std::move(*tokenizer);
  for (const CallSyntax& one : call_syntaxes())
    if (one.name == syntax) made.syntax = &one;
  REQUIRE(made.syntax != nullptr);
  made.stop_ids.push_back(*made.tokenizer->token_id(syntax == "gemma" ? "<turn|>" : "<|im_end|>"));
  auto vocabulary = constrain::Vocabulary::create(*made.tokenizer, *made.syntax, made.stop_ids);
  if (!vocabulary) FAIL(vocabulary.error().what << ": " << vocabulary.error().why);
  made.vocabulary = *vocabulary;
  return made;
}

std::unique_ptr<TokenConstraint> constraint_for(const Speaker& speaker, const Json& tools,
                                                const std::optional<std::string>& request) {
  auto constraint = constrain::constrain_calls(speaker.vocabulary, tools, request);
  if (!constraint) FAIL(constraint.error().what << ": " << constraint.error().why);
  return std::move(*constraint);
}

bool takes(const Speaker& speaker, const Json& tools, const std::vector<std::int32_t>& ids,
           const std::optional<std::string>& request) {
  const auto constraint = constraint_for(speaker, tools, request);
  for (const std::int32_t id : ids) {
    const auto words = constraint->allowed();
    const bool in_mask = (words[static_cast<std::size_t>(id) / 64] >> (id % 64) & 1) != 0;
    const bool allowed = constraint->allows(id);
    // Between calls the mask need not be asked for.
    if (!constraint->allows_all()) REQUIRE(in_mask == allowed);
    if (!allowed) return false;
    constraint->advance(id);
  }
  return constraint->allows(speaker.stop_ids.front());
}

Json random_tools(Dice& dice) {
  Json tools = Json::array();
  std::vector<const char*> names(std::begin(kNames), std::end(kNames));
  std::shuffle(names.begin(), names.end(), dice);
  for (std::size_t i = below(dice, 5) + 1; i > 0; --i) {
    Json parameters = {{"type", "object"}, {"properties", Json::object()}};
    Json required = Json::array();
    for (std::size_t k = below(dice, 5); k > 0; --k)
      parameters["properties"][kKeys[below(dice, std::size(kKeys))]] = random_schema(dice, 0);
    for (const auto& item : parameters["properties"].items())
      if (chance(dice, 0.5)) required.push_back(item.key());
    parameters["required"] = required;
    tools.push_back(
        {{"type", "function"},
         {"function", {{"name", names[i]}, {"description", "d"}, {"parameters", parameters}}}});
  }
  return tools;
}

Json random_arguments(const Json& parameters, Dice& dice) {
  std::vector<std::string> keys;
  for (const auto& item : parameters["properties"].items()) {
    const bool wanted = std::find(parameters["required"].begin(), parameters["required"].end(),
                                  Json(item.key())) != parameters["required"].end();
    if (wanted || chance(dice, 0.5)) keys.push_back(item.key());
  }
  std::shuffle(keys.begin(), keys.end(), dice);
  Json arguments = Json::object();
  for (const std::string& key : keys)
    arguments[key] = random_value(parameters["properties"][key], dice);
  return arguments;
}

Json random_call(const Json& tools, Dice& dice) {
  const Json& function = tools[below(dice, tools.size())]["function"];
  return {{"name", function["name"]},
          {"arguments", random_arguments(function["parameters"], dice)}};
}

std::optional<std::vector<std::int32_t>> random_reply(const Speaker& speaker,
                                                      TokenConstraint& constraint, Dice& dice,
                                                      std::size_t most) {
  std::vector<std::int32_t> reply;
  if (constraint.allows_all()) {  // free text comes first; the walk begins where a call is opened
    reply.push_back(*speaker.tokenizer->token_id(speaker.syntax->open));
    REQUIRE(constraint.allows(reply.front()));
    constraint.advance(reply.front());
  }
  while (reply.size() < most) {
    if (constraint.complete() || constraint.allows_all()) return reply;
    std::vector<std::int32_t> may,
        ends;  // ends: tokens with what closes strings, lists and objects
    const auto words = constraint.allowed();
    for (std::size_t word = 0; word < words.size(); ++word)
      for (std::uint64_t bits = words[word]; bits != 0; bits &= bits - 1) {
        const auto id =
            static_cast<std::int32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
        may.push_back(id);
        const std::string& bytes = speaker.vocabulary->bytes(id);
        if (bytes.find_first_of("\"])}\xF8\xFA\xFC") != std::string::npos) ends.push_back(id);
      }
    if (may.empty()) {
      FAIL("nothing may follow: " << speaker.tokenizer->decode(reply, false));
    }
    const bool hurry = !ends.empty() && chance(dice, 0.3 + static_cast<double>(reply.size()) / 100);
    const auto& from = hurry ? ends : may;
    const std::int32_t id = from[below(dice, from.size())];
    REQUIRE(constraint.allows(id));
    constraint.advance(id);
    reply.push_back(id);
  }
  return std::nullopt;
}

std::string wrong_with(const Json& call, const Json& tools) {
  for (const Json& tool : tools)
    if (tool["function"]["name"] == call["name"])
      return fits(call["arguments"], tool["function"]["parameters"]) ? "" : "arguments";
  return "name";
}

std::string written(const Json& calls, const CallSyntax& syntax) {
  const std::string_view name = syntax.name;
  std::string text;
  for (const Json& call : calls) {
    std::string inside;
    for (const auto& item : call["arguments"].items()) {
      const std::string value = value_text(item.value(), syntax);
      if (!inside.empty()) inside += name == "json" ? ", " : ",";
      if (name == "json") inside += Json(item.key()).dump() + ": " + value;
      if (name == "gemma") inside += item.key() + ":" + value;
      if (name == "python" || name == "deciding") inside += item.key() + "=" + value;
    }
    const auto called = call["name"].get<std::string>();
    if (name == "json")
      text += "<tool_call>\n{\"name\": \"" + called + "\", \"arguments\": {" + inside +
              "}}\n</tool_call>";
    if (name == "gemma") text += "<|tool_call>call:" + called + "{" + inside + "}<tool_call|>";
    if (name == "python" || name == "deciding")
      text += (text.empty() ? "" : name == "python" ? ", " : ",") + called + "(" + inside + ")";
  }
  if (name == "python") return "<|tool_call_start|>[" + text + "]<|tool_call_end|>";
  if (name == "deciding") return "<|tool_call_start|>" + text + "<|tool_call_end|>";
  return text;
}

}  // namespace cactus::test
