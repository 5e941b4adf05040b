// A pull reader for one JSON text, for files too large for a document tree: a tokenizer.json has
// a million strings, which go straight from the file into tables.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace cactus::text {

// Reading calls return false at the first syntax error, and from then on; error() says where.
//
//   for (reader.begin_object(); reader.next_member(key);) { … exactly one value is read … }
//   if (!reader.ok()) …
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  bool begin_object();
  // The next key, or false at the object's end. `key` lives until the next call.
  bool next_member(std::string_view& key);
  bool begin_array();
  // True when another element follows, false at the array's end.
  bool next_element();

  // Unescaped; lives until the next call.
  bool read_string(std::string_view& value);
  bool read_int(std::int64_t& value);
  bool read_bool(bool& value);
  // Any value, nested at most `max_depth` deep; returns its text.
  std::string_view skip_value();

  // Whether what read_string gave is a part of the text itself, and so outlives the next call.
  bool in_text(std::string_view value) const {
    return value.data() >= text_.data() && value.data() <= text_.data() + text_.size();
  }

  // First character of the next value, 0 at the end of the text.
  char peek() {
    skip_space();
    return pos_ < text_.size() ? text_[pos_] : '\0';
  }
  // Only white space is left.
  bool at_end();

  bool ok() const { return error_ == nullptr; }
  std::string error() const;  // "expected a string at byte 17"
  std::size_t position() const { return pos_; }
  std::size_t size() const { return text_.size(); }

 private:
  static constexpr int max_depth = 64;

  bool fail(const char* message) {
    if (error_ == nullptr) error_ = message;
    return false;
  }
  void skip_space() {
    const char* p = text_.data();
    const std::size_t n = text_.size();
    while (pos_ < n && (p[pos_] == ' ' || p[pos_] == '\n' || p[pos_] == '\t' || p[pos_] == '\r')) {
      ++pos_;
      // The indentation behind a line end, eight bytes at a time (little-endian).
      while (pos_ + 8 <= n) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, p + pos_, 8);
        bytes ^= 0x2020202020202020ULL;
        if (bytes != 0) {
          pos_ += static_cast<std::size_t>(std::countr_zero(bytes)) / 8;
          break;
        }
        pos_ += 8;
      }
    }
  }
  bool expect(char c, const char* message) {
    if (!ok()) return false;
    if (peek() != c) return fail(message);
    ++pos_;
    return true;
  }
  bool unescape(std::size_t begin);
  bool hex4(char32_t& value);
  bool skip_scalar();

  std::string_view text_;
  std::size_t pos_ = 0;
  bool first_ = false;  // the next member or element is the first of its container
  const char* error_ = nullptr;
  std::string scratch_;
};

}  // namespace cactus::text
