#include "router/attachment.h"

namespace cactus {
namespace {

const Json& entries_of(const Json& message) {
  static const Json none = Json::array();
  if (!message.is_object()) return none;
  const auto found = message.find("attachments");
  return found != message.end() && found->is_array() ? *found : none;
}

std::string text_at(const Json& entry, const char* key) {
  const auto found = entry.is_object() ? entry.find(key) : entry.end();
  return entry.is_object() && found != entry.end() && found->is_string() ? found->get<std::string>()
                                                                         : std::string();
}

}  // namespace

std::string_view kind_name(Attachment::Kind kind) {
  return kind == Attachment::Kind::image ? "image" : "audio";
}

std::string shown_name(const Attachment& attachment) {
  if (!attachment.name.empty()) return attachment.name;
  return attachment.kind == Attachment::Kind::image ? "an image" : "a sound";
}

Json attachment_entry(std::size_t id, const Attachment& attachment) {
  return {{"id", id}, {"name", shown_name(attachment)}, {"kind", kind_name(attachment.kind)}};
}

std::vector<const Attachment*> attachments_of(const Json& message, const Attachments& store) {
  std::vector<const Attachment*> found;
  for (const Json& entry : entries_of(message)) {
    if (!entry.is_object() || !entry.contains("id") || !entry["id"].is_number_integer()) continue;
    const auto id = entry["id"].get<std::int64_t>();
    if (id >= 0 && id < static_cast<std::int64_t>(store.size()))
      found.push_back(&store[static_cast<std::size_t>(id)]);
  }
  return found;
}

std::vector<std::string> unseen_names(const Json& messages, Modalities seen, bool last_question) {
  std::vector<std::string> names;
  for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
    for (const Json& entry : entries_of(*message))
      if (!(text_at(entry, "kind") == "audio" ? seen.audio : seen.image))
        names.push_back(text_at(entry, "name"));
    if (last_question && message->is_object() && text_at(*message, "role") == "user") break;
  }
  return names;
}

void forget_bytes(Json& messages) {
  for (Json& message : messages) {
    if (!message.is_object() || !message.contains("attachments")) continue;
    if (!message["attachments"].is_array()) {
      message.erase("attachments");
      continue;
    }
    for (Json& entry : message["attachments"])
      if (entry.is_object()) entry.erase("id");
  }
}

std::string name_list(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

}  // namespace cactus
