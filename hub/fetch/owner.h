// Which process writes a file, so that a later one can tell whether it still does: process ids come
// again, and caches lie on file systems that several machines share.
#pragma once
#include <cstdint>
#include <string>

#include "engine/base/json.h"

namespace cactus::hub {

struct Owner {
  std::int64_t pid = 0;
  std::string started;  // when the process began, as the system counts
  std::string boot;     // which start of the machine
  std::string host;

  static Owner self();
  static Owner from_json(const nlohmann::json& json);  // what is missing stays empty
  nlohmann::json to_json() const;
  // Certainly gone. A process of another machine is not certainly gone.
  bool is_gone() const;
};

}  // namespace cactus::hub
