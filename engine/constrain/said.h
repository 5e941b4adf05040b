// What a request says, for models that copy every argument out of it (generation_config.json:
// "copies_arguments"): its words, in which texts are looked up as they are written, and its
// numbers.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cactus::constrain {

// Bytes [begin, end) of a request.
struct Place {
  std::int32_t begin = 0, end = 0;
  bool operator==(const Place&) const = default;
};

// A number as JSON writes it, without doubles: "1250" of "1,250", "42" of "forty-two", "3.5" of
// "three and a half", and where it stands.
struct SaidNumber {
  std::string text;
  std::vector<Place> places;
};

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

  // What is said once serves one argument of a call. `spent` are the places that others took.
  // Whether the match can still become, or is, a text that touches none of them.
  bool may_be_free(const Match& match, std::span<const Place> spent) const;
  // The first place where the match ends so; empty: nowhere.
  Place free_place(const Match& match, std::span<const Place> spent) const;

  bool has_words() const { return !order_.empty(); }
  // What could be meant: of "1,250" also "1" and "250".
  const std::vector<SaidNumber>& numbers() const { return numbers_; }
  // The first of its places that touches none of `spent`; empty: none does.
  Place free_place(const SaidNumber& number, std::span<const Place> spent) const;
  // How many numbers could serve as many arguments.
  int most_numbers() const;

 private:
  std::int32_t room(std::int32_t place, std::span<const Place> spent) const;

  std::string text_;                    // as calls write it
  std::vector<std::int32_t> order_;     // beginnings of words, sorted by what stands there
  std::vector<bool> ends_;              // by place in text_, one more than bytes
  std::vector<std::int32_t> last_end_;  // the last end at or before a place, 0: none
  std::vector<SaidNumber> numbers_;     // places in text_
};

// The numbers in a text, in digits and in words; used by Said. Each once, in no promised order.
std::vector<SaidNumber> numbers_in(std::string_view text);

}  // namespace cactus::constrain
