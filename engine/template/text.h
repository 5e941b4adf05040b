// Strings that remember which of their bytes users wrote, through every operation on them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/template/chat_template.h"
#include "engine/template/unicode.h"

namespace cactus::jinja {

// No string grows beyond this; the operation that would make it fails.
constexpr std::size_t kMaxTextBytes = 64 << 20;

// Valid UTF-8 with the byte ranges of it that users wrote (sorted, disjoint, not adjacent).
class Text {
 public:
  Text() = default;
  explicit Text(std::string bytes, bool user = false);

  std::string_view view() const { return bytes_; }
  const std::string& bytes() const { return bytes_; }
  const std::vector<PlainSpan>& user() const { return user_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  bool ascii() const { return ascii_; }
  bool has_user() const { return !user_.empty(); }

  std::size_t length() const;                            // code points
  std::size_t offset(std::size_t code_point) const;      // bytes before it
  Text slice(std::size_t begin, std::size_t end) const;  // bytes

  void append(const Text& other);
  void append(const Text& other, std::size_t begin, std::size_t end);
  void append(std::string_view bytes, bool user = false);
  // Appends `bytes` with the marks of the bytes [begin, end) of `origin`: user text when any of
  // those is.
  void append_like(std::string_view bytes, const Text& origin, std::size_t begin, std::size_t end);
  bool any_user(std::size_t begin, std::size_t end) const;
  void mark(std::size_t begin, std::size_t end);  // begin not before the last mark's begin
  Rendered take() &&;

 private:
  std::string bytes_;
  std::vector<PlainSpan> user_;
  bool ascii_ = true;
};

// Like std::string_view's, in linear time whatever the texts.
std::size_t find(std::string_view text, std::string_view wanted, std::size_t from = 0);
std::size_t rfind(std::string_view text, std::string_view wanted);

Text strip(const Text& text, bool left, bool right);  // whitespace
Text strip(const Text& text, std::string_view characters, bool left, bool right);
Text map_case(const Text& text, CaseMapping mapping);  // upper(), lower()
Text title_case(const Text& text);                     // str.title()
Text capitalize(const Text& text);
Text swap_case(const Text& text);
Text replace(const Text& text, const Text& from, const Text& to, std::int64_t count);
Text reversed(const Text& text);

// str.split(): by whitespace when `separator` is null. `limit` < 0: no limit. From the right:
// rsplit.
std::vector<Text> split(const Text& text, const std::string_view* separator, std::int64_t limit,
                        bool from_right);
std::vector<Text> split_lines(const Text& text, bool keep_ends);

}  // namespace cactus::jinja
