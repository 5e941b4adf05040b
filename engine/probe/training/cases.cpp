#include "engine/probe/training/cases.h"

#include <cstdlib>

#include "engine/base/hash.h"

namespace cactus::training {
namespace {

std::string split_by_hash(const Json& messages) {
  const std::string digits = hash_of(std::string_view(dump_json(messages))).substr(0, 8);
  const unsigned long place = std::strtoul(digits.c_str(), nullptr, 16) % 100;
  return place < 70 ? "train" : place < 85 ? "valid" : "test";
}

Result<Json> messages_of(const Json& json) {
  if (json.contains("messages")) {
    const Json& messages = json["messages"];
    if (!messages.is_array() || messages.empty())
      return make_error(ErrorKind::usage, "\"messages\" is no list of messages");
    return messages;
  }
  const Json prompt = json.value("prompt", Json()), system = json.value("system", Json());
  if (!prompt.is_string())
    return make_error(ErrorKind::usage, "it has no \"messages\" and no \"prompt\"");
  Json messages = Json::array();
  if (system.is_string()) messages.push_back({{"role", "system"}, {"content", system}});
  messages.push_back({{"role", "user"}, {"content", prompt}});
  return messages;
}

Result<Case> parse_case(std::string_view text, std::int64_t line) {
  CACTUS_TRY(json, parse_json(text, "it", ErrorKind::usage));
  if (!json.is_object()) return make_error(ErrorKind::usage, "it is no JSON object");
  const auto text_or = [&json](const char* key, const std::string& otherwise) {
    const Json v = json.value(key, Json());
    return v.is_string() ? v.get<std::string>() : v.is_number() ? v.dump() : otherwise;
  };
  Case c;
  c.line = line;
  CACTUS_TRY(messages, messages_of(json));
  c.messages = std::move(messages);
  c.tools = json.value("tools", Json());
  if (!c.tools.is_null() && !c.tools.is_array())
    return make_error(ErrorKind::usage, "\"tools\" is no list");
  c.id = text_or("id", std::to_string(line + 1));
  c.set = text_or("set", "all");
  c.group = text_or("group", c.id);
  c.split = text_or("split", "");
  if (c.split.empty()) c.split = split_by_hash(c.messages);
  if (c.split != "train" && c.split != "valid" && c.split != "test")
    return make_error(ErrorKind::usage, "\"split\" is '" + c.split + "'", {},
                      "train, valid or test");
  if (!json.contains("answer") || !json.value("grader", Json()).is_string())
    return make_error(ErrorKind::usage, "it needs an \"answer\" and a \"grader\"");
  CACTUS_TRY(grader, Grader::make(json["grader"].get<std::string>(), json["answer"],
                                  json.value("limit", Json())));
  c.grader = std::move(grader);
  return c;
}

}  // namespace

Result<std::vector<Case>> read_cases(std::string_view text, const std::string& name) {
  std::vector<Case> cases;
  std::int64_t line = 0;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view one = text.substr(at, end - at);
    at = end + 1;
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto parsed = parse_case(one, line);
    if (!parsed) {
      const Error& e = parsed.error();
      return make_error(ErrorKind::usage,
                        name + ", line " + std::to_string(line + 1) + ": " + e.what, e.why, e.fix);
    }
    cases.push_back(std::move(*parsed));
  }
  if (cases.empty()) return make_error(ErrorKind::usage, name + " holds no prompts");
  return cases;
}

}  // namespace cactus::training
