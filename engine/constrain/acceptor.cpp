#include "engine/constrain/acceptor.h"

#include <algorithm>
#include <bit>
#include <iterator>

namespace cactus::constrain {
namespace {

constexpr std::string_view kWords[] = {"true", "false", "null", "True", "False", "None"};
constexpr std::uint8_t kWordKinds[] = {kBoolean, kBoolean, kNull, kBoolean, kBoolean, kNull};
constexpr std::size_t kJsonWords = 3;

bool digit(unsigned char c) {
  return c >= '0' && c <= '9';
}

// The characters of UTF-8 (Unicode 15, table 3-7): how many bytes follow the first, and between
// what the next of them lies, as one number. 0: a character is whole.
constexpr std::uint32_t rest(std::uint32_t count, std::uint32_t low = 0x80,
                             std::uint32_t high = 0xBF) {
  return count << 16 | low << 8 | high;
}
bool begin_character(unsigned char byte, std::uint32_t* left) {
  *left = 0;
  if (byte < 0x80) return true;
  if (byte >= 0xC2 && byte <= 0xDF) *left = rest(1);
  if (byte >= 0xE0 && byte <= 0xEF) {
    *left = byte == 0xE0 ? rest(2, 0xA0) : byte == 0xED ? rest(2, 0x80, 0x9F) : rest(2);
  }
  if (byte >= 0xF0 && byte <= 0xF4) {
    *left = byte == 0xF0 ? rest(3, 0x90) : byte == 0xF4 ? rest(3, 0x80, 0x8F) : rest(3);
  }
  return *left != 0;
}
bool go_on_character(unsigned char byte, std::uint32_t* left) {
  if (byte < ((*left >> 8) & 0xFF) || byte > (*left & 0xFF)) return false;
  const std::uint32_t count = (*left >> 16) - 1;
  *left = count == 0 ? 0 : rest(count);
  return true;
}

// Numbers as JSON writes them.
enum NumberStep : std::uint8_t {
  kSign,
  kZero,
  kWhole,
  kPoint,
  kFraction,
  kE,
  kESign,
  kExponent,
  kExponent2
};
bool number_may_end(std::uint8_t step) {
  return step == kZero || step == kWhole || step == kFraction || step >= kExponent;
}
// Characters: what a double holds and a parser reads as such, what 64 bits hold.
constexpr std::int32_t kLongestNumber = 24, kLongestInteger = 18;

constexpr std::uint64_t kEvery = ~std::uint64_t{0};  // Frame::used of a choice

// Escapes in strings, as steps of a string's frame.
constexpr std::uint8_t kBackslash = 1, kHex = 2, kHexAfterD = 7;  // kHex … kHex+3: digits read

}  // namespace

Acceptor::Acceptor(const ReplyRules& rules) : rules_(&rules) {
  push(Kind::reply, -1);
}

Acceptor& Acceptor::operator=(const Acceptor& other) {
  rules_ = other.rules_;
  depth_ = other.depth_;
  spent_count_ = other.spent_count_;
  lacks_ = other.lacks_;
  std::copy(other.frames_, other.frames_ + other.depth_, frames_);
  std::copy(other.spent_, other.spent_ + other.spent_count_, spent_);
  return *this;
}

bool Acceptor::operator==(const Acceptor& other) const {
  const auto same = [](const Frame& a, const Frame& b) {
    return a.kind == b.kind && a.step == b.step && a.arguments == b.arguments &&
           a.extra == b.extra && a.node == b.node && a.at == b.at && a.used == b.used;
  };
  return depth_ == other.depth_ && std::equal(frames_, frames_ + depth_, other.frames_, same) &&
         lacks_ == other.lacks_ && std::ranges::equal(spent(), other.spent());
}

bool Acceptor::push(Kind kind, std::int32_t node) {
  if (depth_ == kDeepest) return false;
  frames_[depth_] = Frame();
  frames_[depth_].kind = kind;
  frames_[depth_].node = node;
  ++depth_;
  return true;
}

bool Acceptor::feed(unsigned char byte) {
  while (true) {
    const Took took = feed_top(byte);
    if (took != Took::passed) return took == Took::yes;
  }
}

// Matches `text` at the frame's `at`; what is a space or a newline there may be missing. True: the
// byte belongs to it or is wrong, as *took says. False: the text is over.
bool Acceptor::expect(std::string_view text, unsigned char byte, Took* took) {
  Frame& f = top();
  for (auto i = static_cast<std::size_t>(f.at); i < text.size(); ++i) {
    const bool fits = static_cast<unsigned char>(text[i]) == byte;
    if (!fits && (text[i] == ' ' || text[i] == '\n')) continue;
    f.at = static_cast<std::int32_t>(i + 1);
    *took = fits ? Took::yes : Took::no;
    return true;
  }
  f.at = 0;
  return false;
}

Acceptor::Took Acceptor::feed_top(unsigned char byte) {
  switch (top().kind) {
    case Kind::reply:
      return reply(byte);
    case Kind::calls:
      return calls(byte);
    case Kind::members:
      return members(byte);
    case Kind::free_members:
      return free_members(byte);
    case Kind::array:
      return array(byte);
    case Kind::value:
      return value(byte);
    case Kind::string:
      return string(byte);
    case Kind::copied:
      return copied(byte);
    case Kind::number:
      return number(byte);
    case Kind::word:
      return word(byte);
    case Kind::choice:
      return choice(byte);
  }
  return Took::no;
}

Acceptor::Took Acceptor::reply(unsigned char byte) {
  Frame& f = top();
  if (f.step == kInside) {  // behind the calls
    if (byte != ControlByte::kClose) return Took::no;
    f.step = rules_->must_decide ? kEnded : kOutside;
    return Took::yes;
  }
  if (f.step == kEnded || (f.step == kOutside && !rules_->must_decide)) {
    if (byte == ControlByte::kStop) {
      f.step = kStopped;
      return Took::yes;
    }
  }
  if (f.step != kOutside) return Took::no;
  if (byte == ControlByte::kOpen && !rules_->schema->arguments.empty()) {
    f.step = kInside;
    return push(Kind::calls, -1) ? Took::yes : Took::no;
  }
  if (!rules_->must_decide) return byte == ControlByte::kOpen ? Took::no : Took::yes;
  if (byte != ControlByte::kNone || rules_->must_call) return Took::no;
  f.step = kEnded;
  return Took::yes;
}

Acceptor::Took Acceptor::calls(unsigned char byte) {
  const CallGrammar& grammar = *rules_->grammar;
  const Literals& literals = rules_->schema->literals;
  Frame& f = top();
  Took took = Took::no;
  switch (f.step) {
    case 0:
      if (expect(grammar.calls_open, byte, &took)) return took;
      f.step = 1;
      return Took::passed;
    case 1:
      if (expect(grammar.call_open, byte, &took)) return took;
      f.step = 2;
      f.at = rules_->schema->names;
      return Took::passed;
    case 2: {
      const std::int32_t next = literals.child(f.at, byte);
      if (next != 0) {
        f.at = next;
        return Took::yes;
      }
      f.node = literals[f.at].meaning;
      if (f.node < 0) return Took::no;
      f.step = 3;
      f.at = 0;
      return Took::passed;
    }
    case 3: {
      if (expect(grammar.name_end, byte, &took)) return took;
      f.step = 4;
      ++f.extra;
      const auto tool = static_cast<std::size_t>(f.node);
      if (!push(Kind::members, rules_->schema->arguments[tool])) return Took::no;
      top().arguments = true;
      spent_count_ = 0;
      lacks_ = rules_->schema->objects[static_cast<std::size_t>(top().node)].lacks;
      return Took::passed;
    }
    case 4:
      if (expect(grammar.call_end, byte, &took)) return took;
      f.step = 5;
      return Took::passed;
    case 5:
      if (grammar.separator != 0 && byte == static_cast<unsigned char>(grammar.separator)) {
        if (f.extra == kMostCalls) return Took::no;
        f.step = 6;
        return Took::yes;
      }
      f.step = 7;
      return Took::passed;
    case 6:  // one space may follow the separator
      f.step = 1;
      return byte == ' ' ? Took::yes : Took::passed;
    default:
      if (expect(grammar.calls_close, byte, &took)) return took;
      pop();
      return Took::passed;
  }
}

// A key that was not there yet, then what is between it and its value.
Acceptor::Took Acceptor::member_key(const ObjectNode& object, unsigned char byte) {
  const Literals& literals = rules_->schema->literals;
  Frame& f = top();
  const std::int32_t next = literals.child(f.at, byte);
  if (next != 0 && (literals[next].members & ~f.used) != 0) {
    f.at = next;
    return Took::yes;
  }
  const std::int32_t key = literals[f.at].meaning;
  if (f.at == object.keys || key < 0 || (f.used >> key & 1) != 0) return Took::no;
  f.used |= std::uint64_t{1} << key;
  f.extra = static_cast<std::uint32_t>(key);
  f.step = 2;
  f.at = 0;
  return Took::passed;
}

Acceptor::Took Acceptor::members(unsigned char byte) {
  const CallGrammar& grammar = *rules_->grammar;
  const ObjectNode& object = rules_->schema->objects[static_cast<std::size_t>(top().node)];
  Frame& f = top();
  const char end = f.arguments ? grammar.arguments_end : '}';
  const std::string_view colon = f.arguments         ? grammar.key_end
                                 : grammar.bare_keys ? std::string_view(":")
                                                     : ": ";
  const bool may_end = (object.required & ~f.used) == 0;
  const bool keys_left = std::popcount(f.used) < static_cast<int>(object.values.size());
  Took took = Took::no;
  switch (f.step) {
    case 0:  // before the first key
      if (byte == static_cast<unsigned char>(end)) {
        if (!may_end) return Took::no;
        pop();
        return Took::yes;
      }
      f.step = 1;
      f.at = object.keys;
      return Took::passed;
    case 1:
      return member_key(object, byte);
    case 2:
      if (expect(colon, byte, &took)) return took;
      if (byte == ControlByte::kNone && f.arguments && grammar.may_lack &&
          (lacks_ || (object.required >> f.extra & 1) != 0)) {
        depth_ = 1;
        top().step = kEnded;
        return Took::yes;
      }
      f.step = 3;
      return push(Kind::value, object.values[f.extra]) ? Took::passed : Took::no;
    case 3:  // behind a value
      if (byte == static_cast<unsigned char>(end) && may_end) {
        pop();
        return Took::yes;
      }
      if (byte != ',' || !keys_left) return Took::no;
      f.step = 4;
      return Took::yes;
    default:
      f.step = 1;
      f.at = object.keys;
      return byte == ' ' ? Took::yes : Took::passed;
  }
}

Acceptor::Took Acceptor::free_members(unsigned char byte) {
  Frame& f = top();
  const bool bare = rules_->grammar->bare_keys;
  Took took = Took::no;
  switch (f.step) {
    case 0:
      if (byte == '}') {
        pop();
        return Took::yes;
      }
      f.step = 1;
      f.at = 0;
      return Took::passed;
    case 1:
      if (!bare) {
        if (byte != '"') return Took::no;
        f.step = 2;
        return push(Kind::string, -1) ? Took::yes : Took::no;
      }
      if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || digit(byte) ||
          byte == '_') {
        return ++f.at <= 256 ? Took::yes : Took::no;
      }
      if (f.at == 0) return Took::no;
      f.at = 0;
      f.step = 2;
      return Took::passed;
    case 2:
      if (expect(bare ? std::string_view(":") : ": ", byte, &took)) return took;
      f.step = 3;
      return push(Kind::value, -1) ? Took::passed : Took::no;
    case 3:
      if (byte == '}') {
        pop();
        return Took::yes;
      }
      if (byte != ',') return Took::no;
      f.step = 4;
      return Took::yes;
    default:
      f.step = 1;
      f.at = 0;
      return byte == ' ' ? Took::yes : Took::passed;
  }
}

Acceptor::Took Acceptor::array(unsigned char byte) {
  Frame& f = top();
  if (byte == ']' && f.step < 2) {
    pop();
    return Took::yes;
  }
  if (f.step == 1) {  // behind an item
    if (byte != ',') return Took::no;
    f.step = 2;
    return Took::yes;
  }
  const bool space = f.step == 2 && byte == ' ';
  f.step = 1;
  if (!push(Kind::value, f.node)) return Took::no;
  return space ? Took::yes : Took::passed;
}

bool Acceptor::begins_string(unsigned char byte) const {
  return byte == (rules_->grammar->control_quotes ? ControlByte::kQuote : '"');
}

// Its first byte decides what a value is.
Acceptor::Took Acceptor::value(unsigned char byte) {
  static constexpr ValueNode kAny{.kinds = kAnything};
  Frame& f = top();
  const ValueNode& node =
      f.node < 0 ? kAny : rules_->schema->values[static_cast<std::size_t>(f.node)];
  const auto become = [&f](Kind kind, std::int32_t its_node, std::uint8_t step) {
    f = Frame();
    f.kind = kind;
    f.node = its_node;
    f.step = step;
    return Took::yes;
  };
  if ((node.kinds & kString) != 0 && begins_string(byte)) {
    if (rules_->said == nullptr) return become(Kind::string, -1, 0);
    const Said::Match match = rules_->said->start();
    become(Kind::copied, match.low, 0);
    f.at = match.high;
    f.used = match.length;
    f.extra = spent_count_ > 0 && rules_->said->may_be_free(match, spent()) ? 1 : 0;
    return Took::yes;
  }
  if ((node.kinds & (kNumber | kInteger)) != 0 && (digit(byte) || byte == '-')) {
    const bool whole = (node.kinds & kNumber) == 0;
    become(Kind::number, whole ? 1 : 0, byte == '-' ? kSign : byte == '0' ? kZero : kWhole);
    f.at = 1;
    return Took::yes;
  }
  if ((node.kinds & kArray) != 0 && byte == '[') return become(Kind::array, node.items, 0);
  if ((node.kinds & kObject) != 0 && byte == '{') {
    return become(node.object < 0 ? Kind::free_members : Kind::members, node.object, 0);
  }
  const std::size_t words = rules_->grammar->python_words ? std::size(kWords) : kJsonWords;
  for (std::size_t i = 0; i < words; ++i) {
    if ((node.kinds & kWordKinds[i]) == 0 || static_cast<unsigned char>(kWords[i][0]) != byte) {
      continue;
    }
    become(Kind::word, static_cast<std::int32_t>(i), 0);
    f.at = 1;
    return Took::yes;
  }
  const std::int32_t choices = node.choices;
  if (choices == 0) return Took::no;
  const Schema& schema = *rules_->schema;
  const bool numbers = choices == schema.numbers || choices == schema.integers;
  const std::uint64_t meanings = numbers ? free_numbers(choices) : kEvery;
  const std::int32_t next = schema.literals.child(choices, byte);
  if (next == 0 || !may_come(next, meanings)) return Took::no;
  become(Kind::choice, -1, 0);
  f.at = next;
  f.extra = numbers ? 1 : 0;
  f.used = meanings;
  return Took::yes;
}

Acceptor::Took Acceptor::string(unsigned char byte) {
  Frame& f = top();
  const auto step_to = [&f](std::uint8_t step) {
    f.step = step;
    return Took::yes;
  };
  if (f.extra != 0) return go_on_character(byte, &f.extra) ? Took::yes : Took::no;
  if (rules_->grammar->control_quotes) {
    if (byte == ControlByte::kQuote) {
      pop();
      return Took::yes;
    }
    return begin_character(byte, &f.extra) ? Took::yes : Took::no;
  }
  if (f.step == 0) {
    if (byte == '"') {
      pop();
      return Took::yes;
    }
    if (byte == '\\') return step_to(kBackslash);
    return byte >= 0x20 && begin_character(byte, &f.extra) ? Took::yes : Took::no;
  }
  if (f.step == kBackslash) {
    if (byte == 'u') return step_to(kHex);
    return std::string_view("\"\\/bfnrt").find(static_cast<char>(byte)) != std::string_view::npos
               ? step_to(0)
               : Took::no;
  }
  const bool letter = (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
  if (!digit(byte) && !letter) return Took::no;
  // Surrogates (\ud800 … \udfff) are no characters.
  if (f.step == kHexAfterD) return byte < '8' ? step_to(kHex + 2) : Took::no;
  if (f.step == kHex && (byte == 'd' || byte == 'D')) return step_to(kHexAfterD);
  return step_to(f.step == kHex + 3 ? std::uint8_t{0} : static_cast<std::uint8_t>(f.step + 1));
}

Acceptor::Took Acceptor::copied(unsigned char byte) {
  Frame& f = top();
  const Said& said = *rules_->said;
  const bool free = f.extra == 1;
  Said::Match match{f.node, f.at, f.used};
  // Within an escape no word ends, so that an escaped quotation mark does not end the text.
  if (begins_string(byte)) {
    const Place place = said.free_place(match, spent());
    if (place.end > 0 || (!free && said.may_end(match))) {
      if (place.end > 0) spend(place);
      pop();
      return Took::yes;
    }
  }
  if (!said.extend(match, byte) || (free && !said.may_be_free(match, spent()))) return Took::no;
  f.node = match.low;
  f.at = match.high;
  f.used = match.length;
  return Took::yes;
}

Acceptor::Took Acceptor::number(unsigned char byte) {
  Frame& f = top();
  const bool whole = f.node == 1;
  int next = -1;
  switch (f.step) {
    case kSign:
      if (digit(byte)) next = byte == '0' ? kZero : kWhole;
      break;
    case kZero:
    case kWhole:
      if (f.step == kWhole && digit(byte)) next = kWhole;
      if (!whole && byte == '.') next = kPoint;
      if (!whole && (byte == 'e' || byte == 'E')) next = kE;
      break;
    case kPoint:
    case kFraction:
      if (digit(byte)) next = kFraction;
      if (f.step == kFraction && (byte == 'e' || byte == 'E')) next = kE;
      break;
    case kE:
      if (byte == '+' || byte == '-') next = kESign;
      if (digit(byte)) next = kExponent;
      break;
    case kESign:
      if (digit(byte)) next = kExponent;
      break;
    case kExponent:
      if (digit(byte)) next = kExponent2;
      break;
    default:  // two digits are enough: 1e300 would be none that a double holds with others before
              // it
      break;
  }
  // Room for what must still follow a point or an exponent.
  const bool whole_now = next >= 0 && number_may_end(static_cast<std::uint8_t>(next));
  const bool room = f.at < (whole ? kLongestInteger : kLongestNumber) - (whole_now ? 0 : 2);
  if (next >= 0 && room) {
    f.step = static_cast<std::uint8_t>(next);
    ++f.at;
    return Took::yes;
  }
  if (next >= 0 || !number_may_end(f.step)) return Took::no;
  pop();
  return Took::passed;
}

Acceptor::Took Acceptor::word(unsigned char byte) {
  Frame& f = top();
  const std::string_view text = kWords[static_cast<std::size_t>(f.node)];
  if (byte != static_cast<unsigned char>(text[static_cast<std::size_t>(f.at)])) return Took::no;
  if (static_cast<std::size_t>(++f.at) == text.size()) pop();
  return Took::yes;
}

Acceptor::Took Acceptor::choice(unsigned char byte) {
  const Literals& literals = rules_->schema->literals;
  Frame& f = top();
  const std::int32_t next = literals.child(f.at, byte);
  if (next != 0 && may_come(next, f.used)) {
    f.at = next;
    return Took::yes;
  }
  const std::int32_t meaning = literals[f.at].meaning;
  if (meaning < 0 || (f.used != kEvery && (f.used >> meaning & 1) == 0)) return Took::no;
  if (f.extra == 1) {
    const SaidNumber& number = rules_->said->numbers()[static_cast<std::size_t>(meaning)];
    if (const Place place = rules_->said->free_place(number, spent()); place.end > 0) spend(place);
  }
  pop();
  return Took::passed;
}

bool Acceptor::may_come(std::int32_t literal, std::uint64_t meanings) const {
  return meanings == kEvery || (rules_->schema->literals[literal].members & meanings) != 0;
}

// Those of a trie that no argument of this call has taken; all, where none is left (unless the call
// lacks one) or too many are there to tell.
std::uint64_t Acceptor::free_numbers(std::int32_t trie) const {
  const std::vector<SaidNumber>& numbers = rules_->said->numbers();
  if (spent_count_ == 0 || numbers.size() >= 64) return kEvery;
  std::uint64_t free = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (rules_->said->free_place(numbers[i], spent()).end > 0) free |= std::uint64_t{1} << i;
  return lacks_ || may_come(trie, free) ? free : kEvery;
}

void Acceptor::spend(Place place) {
  if (spent_count_ < kMostSpent) spent_[spent_count_++] = place;
}

}  // namespace cactus::constrain
