// Header lines of a request or a response: in order, names compared without regard to case.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cactus::net {

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> lines) : lines_(lines) {}

  void add(std::string name, std::string value) {
    lines_.emplace_back(std::move(name), std::move(value));
  }
  // The value of the first line of that name; empty when there is none.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;

  auto begin() const { return lines_.begin(); }
  auto end() const { return lines_.end(); }
  std::size_t size() const { return lines_.size(); }
  void clear() { lines_.clear(); }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

// Equal but for the case of ASCII letters.
bool same_text(std::string_view a, std::string_view b);

}  // namespace cactus::net
