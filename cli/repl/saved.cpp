#include "cli/repl/saved.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "cli/environment.h"
#include "cli/files.h"

namespace cactus::cli {
namespace fs = std::filesystem;
namespace {

Result<fs::path> file_of(const std::string& name) {
  const bool plain = !name.empty() && name.size() <= 100 && name.front() != '.' &&
                     std::all_of(name.begin(), name.end(), [](unsigned char c) {
                       return std::isalnum(c) || c == '-' || c == '_' || c == '.';
                     });
  if (!plain)
    return make_error(ErrorKind::usage, "'" + name + "' cannot be the name of a conversation",
                      "names are letters, digits, '-', '_' and '.'");
  if (state_folder().empty())
    return make_error(ErrorKind::usage, "there is no place for conversations", "HOME is not set",
                      "CACTUS_STATE_DIR=FOLDER cactus …");
  return state_folder() / "conversations" / (name + ".json");
}

}  // namespace

Result<Conversation> load_conversation(const std::string& name) {
  CACTUS_TRY(file, file_of(name));
  auto text = read_file(file, 64u << 20);
  if (!text && text.error().kind == ErrorKind::not_found)
    return make_error(ErrorKind::not_found, "no conversation '" + name + "'", "",
                      "/load lists them");
  if (!text) return std::move(text).error();
  CACTUS_TRY(json, parse_json(*text, "'" + file.string() + "'"));
  Conversation conversation;
  const Error broken =
      make_error(ErrorKind::incompatible, "'" + file.string() + "' is not a conversation",
                 "it is not a file that cactus has written");
  if (!json.is_object() || !json.contains("messages") || !json["messages"].is_array())
    return broken;
  for (const Json& message : json["messages"]) {
    if (!message.is_object() || !message.contains("role") || !message["role"].is_string() ||
        !message.contains("content") || !message["content"].is_string())
      return broken;
    conversation.messages.push_back(message);
  }
  const auto text_at = [&](const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>()
                                                       : std::string();
  };
  conversation.model = text_at("model");
  conversation.system = text_at("system");
  return conversation;
}

Status save_conversation(const std::string& name, const Conversation& conversation) {
  CACTUS_TRY(file, file_of(name));
  const Json json = {{"v", 1},
                     {"model", conversation.model},
                     {"system", conversation.system},
                     {"messages", conversation.messages}};
  return write_file(file, dump_json(json, 2) + "\n", 0600);
}

std::vector<std::string> saved_conversations() {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(state_folder() / "conversations", ignored))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cactus::cli
