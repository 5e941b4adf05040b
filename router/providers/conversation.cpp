#include "router/providers/conversation.h"

#include <algorithm>
#include <map>
#include <set>

#include "router/providers/fields.h"

namespace cactus::providers {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

Error bad_message(std::size_t index, std::string why) {
  return make_error(ErrorKind::usage,
                    "message " + std::to_string(index + 1) + " of the conversation is malformed",
                    std::move(why));
}

// A string, or the texts of a list of parts.
std::string content_text(const Json& content) {
  if (content.is_string()) return std::string(text_of(content));
  std::string text;
  for (const Json& part : list_of(content)) {
    const std::string_view piece = part.is_string() ? text_of(part) : text_at(part, "text");
    if (!text.empty() && !piece.empty()) text += '\n';
    text += piece;
  }
  return text;
}

// An object, also where it was written as a string (as OpenAI does).
Json arguments_of(const Json& value) {
  if (value.is_object()) return value;
  if (value.is_string()) {
    auto parsed = parse_json(text_of(value), "arguments", ErrorKind::usage);
    if (parsed && parsed->is_object()) return std::move(*parsed);
  }
  return Json::object();
}

class Reader {
 public:
  Reader(const CloudRequest& request, const Intake& intake) : request_(request), intake_(intake) {}

  Result<Conversation> read() {
    out_.system = request_.system;
    for (std::size_t i = 0; i < request_.messages.size(); ++i) {
      CACTUS_CHECK(message(i, request_.messages[i]));
    }
    drop_unanswered();
    attach();
    drop_empty();
    order_results();
    read_tools();
    if (out_.turns.empty() || out_.turns.back().role == Role::assistant) {
      return make_error(ErrorKind::usage, "there is nothing to ask the cloud model",
                        !out_.notices.empty() ? out_.notices.front()
                        : out_.turns.empty()  ? "no message is left that can be sent"
                                              : "the last message is an answer, not a question");
    }
    return std::move(out_);
  }

 private:
  Status message(std::size_t index, const Json& m);
  void assistant(const Json& m, Turn& turn);
  std::string clean_id(const std::string& given);
  void result(const Json& m, Turn& turn);
  void drop_unanswered();
  void drop_empty();
  void order_results();
  void attach();
  void read_tools();

  const CloudRequest& request_;
  const Intake& intake_;
  Conversation out_;
  std::vector<std::size_t> source_;  // of each turn: its message
  struct OpenCall {
    std::string given, id, name;  // given: the id in the request, may be empty
  };
  std::vector<OpenCall> open_;  // calls of the last answer without a result yet
  std::set<std::string> ids_;
};

Status Reader::message(std::size_t index, const Json& m) {
  if (!m.is_object()) return bad_message(index, "it is not an object");
  const std::string_view role = text_at(m, "role");
  Turn turn;
  turn.text = content_text(field(m, "content"));
  if (role == "system" || role == "developer") {
    if (!out_.system.empty() && !turn.text.empty()) out_.system += "\n\n";
    out_.system += turn.text;
    return ok_status();
  }
  if (role == "user") {
    turn.role = Role::user;
  } else if (role == "assistant" || role == "model") {
    assistant(m, turn);
  } else if (role == "tool") {
    result(m, turn);
  } else {
    return bad_message(index, "its role is neither user, assistant, tool nor system");
  }
  out_.turns.push_back(std::move(turn));
  source_.push_back(index);
  return ok_status();
}

void Reader::assistant(const Json& m, Turn& turn) {
  turn.role = Role::assistant;
  const Json& state = field(m, "provider_state");
  if (text_at(state, "provider") == intake_.state_of && text_at(state, "model") == request_.model)
    turn.state = state;
  open_.clear();
  for (const Json& entry : list_of(field(m, "tool_calls"))) {
    const Json& call = entry.contains("function") ? field(entry, "function") : entry;
    Call made{std::string(text_at(entry, "id")), std::string(text_at(call, "name")),
              arguments_of(field(call, "arguments"))};
    if (made.name.empty()) continue;
    std::string given = std::move(made.id);
    made.id = clean_id(given);
    open_.push_back({std::move(given), made.id, made.name});
    turn.calls.push_back(std::move(made));
  }
}

// As the strictest provider wants ids: letters, digits, _ and -, at most 64, none twice.
std::string Reader::clean_id(const std::string& given) {
  std::string id;
  for (const char c : given.substr(0, 56)) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
    id += good ? c : '_';
  }
  if (id.empty()) id = "call";
  std::string unique = id;
  for (int n = 2; !ids_.insert(unique).second; ++n) unique = id + "_" + std::to_string(n);
  return unique;
}

// Finds the call by its id, else by its name, else takes the oldest one without a result.
void Reader::result(const Json& m, Turn& turn) {
  turn.role = Role::tool;
  const std::string_view id = text_at(m, "tool_call_id"), name = text_at(m, "name");
  auto found = std::find_if(open_.begin(), open_.end(),
                            [&](const OpenCall& c) { return !id.empty() && c.given == id; });
  if (found == open_.end()) {
    found = std::find_if(open_.begin(), open_.end(), [&](const OpenCall& c) {
      return (id.empty() || c.given.empty()) && (name.empty() || c.name == name);
    });
  }
  if (found == open_.end()) return;  // answers nothing: drop_unanswered() sees the empty call_id
  turn.call_id = found->id;
  turn.name = found->name;
  open_.erase(found);
}

void Reader::drop_unanswered() {
  // Results belong to the nearest assistant turn before them.
  std::size_t owner = out_.turns.size();
  std::map<std::size_t, std::set<std::string>> answered;
  for (std::size_t i = 0; i < out_.turns.size(); ++i) {
    if (out_.turns[i].role == Role::assistant) owner = i;
    if (out_.turns[i].role == Role::tool) answered[owner].insert(out_.turns[i].call_id);
  }
  for (std::size_t i = 0; i < out_.turns.size(); ++i) {
    auto& calls = out_.turns[i].calls;
    const auto& ids = answered[i];
    std::erase_if(calls, [&](const Call& call) { return ids.count(call.id) == 0; });
  }
}

void Reader::drop_empty() {
  bool asked = false;
  std::erase_if(out_.turns, [&](const Turn& turn) {
    asked = asked || turn.role == Role::user;
    if (intake_.starts_with_user && !asked) return true;
    if (turn.role == Role::tool) return turn.call_id.empty();
    return is_blank(turn.text) && turn.calls.empty() && turn.attachments.empty();
  });
}

// In the order of their calls: Gemini tells results of the same name apart by nothing else.
void Reader::order_results() {
  const auto end = out_.turns.end();
  for (auto owner = out_.turns.begin(); owner != end; ++owner) {
    if (owner->calls.empty()) continue;
    const auto last =
        std::find_if(owner + 1, end, [](const Turn& t) { return t.role != Role::tool; });
    const auto place = [&](const Turn& turn) {
      return std::find_if(owner->calls.begin(), owner->calls.end(),
                          [&](const Call& call) { return call.id == turn.call_id; });
    };
    std::stable_sort(owner + 1, last,
                     [&](const Turn& a, const Turn& b) { return place(a) < place(b); });
  }
}

void Reader::attach() {
  std::size_t left = intake_.most_attached;
  for (auto a = request_.attachments.rbegin(); a != request_.attachments.rend(); ++a) {
    const std::size_t size = (a->bytes.size() + 2) / 3 * 4;
    std::string why = refusal(*a, intake_);
    if (!why.empty()) why = "this provider " + why;
    if (why.empty() && size > left) why = "the request would be too large";
    // Its own message, or the last one of the user.
    Turn* owner = nullptr;
    for (std::size_t i = 0; i < out_.turns.size(); ++i) {
      if (out_.turns[i].role != Role::user) continue;
      if (!a->message || source_[i] == *a->message) owner = &out_.turns[i];
    }
    if (why.empty() && owner == nullptr) why = "its message is not part of the request";
    if (!why.empty()) {
      const bool image = a->kind == Attachment::Kind::image;
      const std::string name = !a->name.empty() ? a->name : image ? "an image" : "a sound";
      out_.notices.insert(out_.notices.begin(), name + " was not sent: " + why);
      continue;
    }
    left -= size;
    owner->attachments.insert(owner->attachments.begin(), &*a);
  }
}

void Reader::read_tools() {
  for (const Json& entry : list_of(request_.tools)) {
    const Json& function = entry.contains("function") ? field(entry, "function") : entry;
    Tool tool{std::string(text_at(function, "name")), std::string(text_at(function, "description")),
              field(function, "parameters")};
    if (tool.name.empty()) continue;
    if (!tool.parameters.is_object()) tool.parameters = Json::object();
    if (!tool.parameters.contains("type")) tool.parameters["type"] = "object";
    if (!tool.parameters.contains("properties")) tool.parameters["properties"] = Json::object();
    out_.tools.push_back(std::move(tool));
  }
}

}  // namespace

Result<Conversation> read_conversation(const CloudRequest& request, const Intake& intake) {
  if (!request.messages.is_array())
    return make_error(ErrorKind::usage, "the conversation is not a list of messages");
  return Reader(request, intake).read();
}

std::string refusal(const Attachment& attachment, const Intake& intake) {
  const bool image = attachment.kind == Attachment::Kind::image;
  const auto& types = image ? intake.images : intake.audio;
  if (types.empty()) return image ? "takes no images" : "takes no sound";
  if (std::find(types.begin(), types.end(), attachment.media_type) == types.end())
    return "does not take " + attachment.media_type;
  const std::size_t most = image ? intake.most_image_bytes : intake.most_attached;
  if ((attachment.bytes.size() + 2) / 3 * 4 > most)
    return "takes at most " + std::to_string(most >> 20) + " MB of it";
  return {};
}

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t j) -> unsigned {
      return j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0;
    };
    const unsigned group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += kDigits[group >> 18];
    out += kDigits[group >> 12 & 63];
    out += i + 1 < bytes.size() ? kDigits[group >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kDigits[group & 63] : '=';
  }
  return out;
}

void merge_body(Json& body, const Json& extra) {
  if (extra.is_object()) body.merge_patch(extra);
}

}  // namespace cactus::providers
