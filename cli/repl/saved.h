// Conversations on disk: one JSON file each, mode 0600, in the state folder.
#pragma once
#include <string>
#include <vector>

#include "engine/base/json.h"

namespace cactus::cli {

struct Conversation {
  std::string model;
  std::string system;
  Json messages = Json::array();  // role and content; "interrupted": true on answers cut short
};

// usage for a name that could leave the folder; not_found; incompatible for a file that is not
// ours.
Result<Conversation> load_conversation(const std::string& name);
// In one step: a crash leaves the old or the new file.
Status save_conversation(const std::string& name, const Conversation& conversation);
std::vector<std::string> saved_conversations();

}  // namespace cactus::cli
