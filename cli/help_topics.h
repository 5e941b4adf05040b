// Help that belongs to no command.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cactus::cli {

std::vector<std::string> topic_names();  // without those made from the tree
std::string topic_list();                // "environment, exit-codes, …"
// The text of a topic, or empty.
std::string help_topic(std::string_view name);

}  // namespace cactus::cli
