// A key or password: never printed by accident, wiped from memory when its last holder goes.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace cactus {

// Copies share one buffer. It has no stream operator and no conversion to a string on purpose: what
// needs the text says expose() where it sends it, and lets no copy outlive the call.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text);
  // Takes the text and wipes `text`, also where it was short enough to lie inside the object.
  static Secret take(std::string& text);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // Valid while a holder lives; a zero byte follows the text (for C interfaces).
  std::string_view expose() const { return {size_ == 0 ? "" : text_.get(), size_}; }
  // What may be shown: the first 7 and the last 4 bytes of a key of 23 or more, nothing of others.
  std::string masked() const;

  bool operator==(const Secret& other) const;  // in time that depends on the lengths alone

 private:
  std::shared_ptr<const char[]> text_;
  std::size_t size_ = 0;
};

// masked() of a text that is a key.
std::string mask_key(std::string_view key);

// Overwrites and empties; the compiler may not leave it out.
void wipe(std::string& text);

}  // namespace cactus
