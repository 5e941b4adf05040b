// Reads a reply byte by byte and knows what may come next: a pushdown automaton over the table of
// schema.h. Small enough to be copied for every attempt.
#pragma once
#include <cstdint>
#include <span>

#include "engine/constrain/said.h"
#include "engine/constrain/schema.h"
#include "engine/tools/call_grammar.h"

namespace cactus::constrain {

// What a reply is.
struct ReplyRules {
  const CallGrammar* grammar = nullptr;
  const Schema* schema = nullptr;
  // Calls, or ControlByte::kNone, and nothing else. False: any text, with calls in between.
  bool must_decide = false;
  bool must_call = false;  // ControlByte::kNone may not come first
  // Texts that stand for values must be copied out of it, and what was copied into one argument of
  // a call is copied into no other of it, as long as anything else is left; null: any text.
  const Said* said = nullptr;
};

class Acceptor {
 public:
  // `rules` and what it points to must outlive it and all copies.
  explicit Acceptor(const ReplyRules& rules);
  Acceptor(const Acceptor& other) { *this = other; }
  Acceptor& operator=(const Acceptor& other);
  bool operator==(const Acceptor& other) const;

  // False: the byte (or control token) may not come here; the state is then undefined.
  bool feed(unsigned char byte);

  bool in_text() const { return depth_ == 1 && top().step == kOutside && !rules_->must_decide; }
  // Inside a string, between two characters: any character may come.
  bool in_string() const {
    return top().kind == Kind::string && top().step == 0 && top().extra == 0;
  }
  // Only the end of the turn may come.
  bool complete() const { return depth_ == 1 && top().step >= kEnded; }
  // The end of the turn was read.
  bool ended() const { return depth_ == 1 && top().step == kStopped; }

 private:
  enum class Kind : std::uint8_t {
    reply,
    calls,
    members,
    free_members,
    array,
    value,
    string,
    copied,
    number,
    word,
    choice
  };
  // Steps of Kind::reply.
  static constexpr std::uint8_t kOutside = 0, kInside = 1, kEnded = 2, kStopped = 3;
  static constexpr int kDeepest = 32;
  static constexpr std::uint32_t kMostCalls = 32;
  static constexpr int kMostSpent = 16;  // what comes after is not kept

  // One thing inside another. What the members mean depends on the kind.
  struct Frame {
    Kind kind = Kind::reply;
    std::uint8_t step = 0;
    bool arguments = false;  // members: of a call, not of an object inside
    // calls: how many; string: rest of a character; members: the key; copied: whether what is spent
    // is barred; choice: whether it is of numbers
    std::uint32_t extra = 0;
    std::int32_t node = -1;  // index into the schema's tables; copied: Match::low
    std::int32_t at = 0;     // in a literal or a trie; copied: Match::high
    // members: keys that were there; copied: Match::length; choice: the meanings that may come
    std::uint64_t used = 0;
  };
  enum class Took { yes, no, passed };  // passed: not for this frame any more, ask again

  Frame& top() { return frames_[depth_ - 1]; }
  const Frame& top() const { return frames_[depth_ - 1]; }
  bool push(Kind kind, std::int32_t node);
  void pop() { --depth_; }
  bool expect(std::string_view text, unsigned char byte, Took* took);

  Took feed_top(unsigned char byte);
  Took reply(unsigned char byte);
  Took calls(unsigned char byte);
  Took members(unsigned char byte);
  Took free_members(unsigned char byte);
  Took array(unsigned char byte);
  Took value(unsigned char byte);
  Took string(unsigned char byte);
  Took copied(unsigned char byte);
  Took number(unsigned char byte);
  Took word(unsigned char byte);
  Took choice(unsigned char byte);
  Took member_key(const ObjectNode& object, unsigned char byte);
  bool begins_string(unsigned char byte) const;
  bool may_come(std::int32_t literal, std::uint64_t meanings) const;
  std::uint64_t free_numbers(std::int32_t trie) const;
  std::span<const Place> spent() const { return {spent_, static_cast<std::size_t>(spent_count_)}; }
  void spend(Place place);

  const ReplyRules* rules_ = nullptr;
  int depth_ = 0, spent_count_ = 0;
  bool lacks_ = false;  // ObjectNode::lacks of this call
  Frame frames_[kDeepest];
  Place spent_[kMostSpent];  // by the arguments of this call
};

}  // namespace cactus::constrain
