// Stop sequences: texts that end a reply and are not part of it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cactus {

// Holds back what may be the beginning of a stop text, and cuts exactly before the one that is
// complete first (the longer one of two that end together).
class StopMatcher {
 public:
  // Empty texts are ignored.
  explicit StopMatcher(std::vector<std::string> stops);

  // Takes more text and returns what may be shown now; nothing after a stop was found.
  std::string feed(std::string_view text);
  // The reply ended without a stop text: what was held back.
  std::string finish();
  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace cactus
