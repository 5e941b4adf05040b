// What a request says, for models that copy every argument out of it (generation_config.json:
// "copies_arguments"): its words, in which texts are looked up as they are written, and its
// numbers.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cactus::constrain {

class Said {
 public:
  static constexpr std::size_t kLongest = 16384;  // bytes of a request

  // `text`: at most kLongest bytes. `escaped`: texts in calls are written as JSON writes them.
  Said(std::string_view text, bool escaped);

  // All places where what was written so far stands: order_[low, high), `length` bytes each.
  struct Match {
    std::int32_t low = 0, high = 0;
    std::uint64_t length = 0;
  };
  Match start() const { return {0, static_cast<std::int32_t>(order_.size()), 0}; }
  // False: nowhere does the text go on like this; the match is then undefined.
  bool extend(Match& match, unsigned char byte) const;
  // Whether it ends at the end of a word somewhere.
  bool may_end(const Match& match) const;

  bool has_words() const { return !order_.empty(); }
  // As JSON writes them, without doubles: "1250" of "1,250", "42" of "forty-two", "3.5" of "three
  // and a half", and what else could be meant ("1" and "250").
  const std::vector<std::string>& numbers() const { return numbers_; }

 private:
  std::string text_;                 // as calls write it
  std::vector<std::int32_t> order_;  // beginnings of words, sorted by what stands there
  std::vector<bool> ends_;           // by place in text_, one more than bytes
  std::vector<std::string> numbers_;
};

// The numbers in a text, in digits and in words; used by Said. Each once, in no promised order.
std::vector<std::string> numbers_in(std::string_view text);

}  // namespace cactus::constrain
