// The bodies of tool calls in each family's syntax.
#include "engine/tools/literal_parser.h"
#include "engine/tools/reply_format.h"
#include "engine/tools/tool_call.h"

namespace cactus {
namespace {

Error malformed(std::string why) {
  return make_error(ErrorKind::usage, "the model's tool call is malformed", std::move(why));
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// {"name": …, "arguments": {…}}; some models say parameters, some write the arguments as a string.
bool from_object(const Json& json, ToolCall& call) {
  if (!json.is_object()) return false;
  if (json.contains("function") && json["function"].is_object())
    return from_object(json["function"], call);
  const auto name = json.find("name");
  if (name == json.end() || !name->is_string() || name->get_ref<const std::string&>().empty())
    return false;
  call.name = name->get<std::string>();
  auto arguments = json.find("arguments");
  if (arguments == json.end()) arguments = json.find("parameters");
  if (arguments == json.end() || arguments->is_null()) return true;
  if (arguments->is_string()) {
    auto parsed =
        parse_json(arguments->get_ref<const std::string&>(), "arguments", ErrorKind::usage);
    if (!parsed) return false;
    call.arguments = std::move(*parsed);
  } else {
    call.arguments = *arguments;
  }
  return call.arguments.is_object();
}

}  // namespace

Result<std::vector<ToolCall>> parse_gemma_calls(const CallBody& body) {
  LiteralParser parser(body, LiteralParser::Style::gemma);
  std::vector<ToolCall> calls;
  do {
    ToolCall call;
    if (!parser.skip("call:")) return malformed("it does not begin with call:");
    if (!parser.word_until("{", call.name)) return parser.error();
    if (!parser.object(call.arguments)) return parser.error();
    calls.push_back(std::move(call));
    parser.skip(",");
  } while (!parser.at_end());
  return calls;
}

Result<std::vector<ToolCall>> parse_json_calls(const CallBody& body) {
  auto json = parse_json(trim(body.text), "the tool call", ErrorKind::usage);
  if (!json) return malformed(json.error().why.empty() ? json.error().what : json.error().why);
  std::vector<ToolCall> calls;
  const Json list = json->is_array() ? std::move(*json) : Json::array({std::move(*json)});
  for (const Json& item : list) {
    ToolCall call;
    if (!from_object(item, call))
      return malformed("it has no name, or its arguments are no object");
    calls.push_back(std::move(call));
  }
  if (calls.empty()) return malformed("it is empty");
  return calls;
}

Result<std::vector<ToolCall>> parse_python_calls(const CallBody& body) {
  const std::string_view text = trim(body.text);
  if (text.substr(0, 1) == "{" ||
      (text.substr(0, 1) == "[" && trim(text.substr(1)).substr(0, 1) == "{")) {
    return parse_json_calls(body);
  }
  LiteralParser parser(body, LiteralParser::Style::python);
  std::vector<ToolCall> calls;
  const bool bracket = parser.skip("[");
  do {
    ToolCall call;
    if (!parser.word_until("(", call.name)) return parser.error();
    parser.skip("(");
    while (!parser.skip(")")) {
      std::string name;
      Json value;
      if (!parser.word_until("=),", name)) return parser.error();
      if (!parser.skip("=")) return malformed("an argument has no name");
      if (!parser.value(value)) return parser.error();
      call.arguments[name] = std::move(value);
      if (parser.skip(",")) continue;
      if (!parser.skip(")")) return malformed("its argument list has no end");
      break;
    }
    calls.push_back(std::move(call));
  } while (parser.skip(","));
  if (bracket && !parser.skip("]")) return malformed("its list has no end");
  if (!parser.at_end()) return malformed("text follows it");
  return calls;
}

Result<std::vector<ToolCall>> parse_tagged_calls(const CallBody& body) {
  std::string_view text = trim(body.text);
  if (text.substr(0, 1) == "{" || text.substr(0, 1) == "[") return parse_json_calls(body);
  std::vector<ToolCall> calls;
  // <name=VALUE>rest: VALUE, and text moves behind the ">".
  auto take_open = [&text](std::string_view tag, std::string& name) {
    text = trim(text);
    if (text.substr(0, tag.size()) != tag) return false;
    const std::size_t end = text.find('>');
    if (end == std::string_view::npos || end == tag.size()) return false;
    name = text.substr(tag.size(), end - tag.size());
    text.remove_prefix(end + 1);
    return true;
  };
  while (!trim(text).empty()) {
    ToolCall call;
    std::string name;
    if (!take_open("<function=", call.name)) return malformed("<function=NAME> was expected");
    while (take_open("<parameter=", name)) {
      const std::size_t end = text.find("</parameter>");
      if (end == std::string_view::npos) return malformed("a parameter has no end");
      std::string_view value = text.substr(0, end);
      text.remove_prefix(end + std::string_view("</parameter>").size());
      // One newline on either side belongs to the tags.
      if (value.substr(0, 1) == "\n") value.remove_prefix(1);
      if (!value.empty() && value.back() == '\n') value.remove_suffix(1);
      // Types are not marked: what reads as JSON other than a string is that.
      auto json = parse_json(value, "a parameter", ErrorKind::usage);
      call.arguments[name] = json && !json->is_string() ? std::move(*json) : Json(value);
    }
    text = trim(text);
    constexpr std::string_view kEnd = "</function>";
    if (text.substr(0, kEnd.size()) != kEnd) return malformed("</function> was expected");
    text.remove_prefix(kEnd.size());
    calls.push_back(std::move(call));
  }
  if (calls.empty()) return malformed("it is empty");
  return calls;
}

}  // namespace cactus
