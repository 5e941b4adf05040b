// count_text and change_text: letters as people see them (grapheme clusters), full case mappings.
#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "cli/local_tools/local_tools.h"
#include "engine/base/utf8.h"
#include "engine/template/unicode.h"

namespace cactus::cli {
namespace {

struct Letter {
  char32_t code_point;
  std::string_view bytes;
};

// The next code point of non-empty valid `text`.
Letter first_letter(std::string_view text) {
  const utf8::Decoded decoded = utf8::decode(text);
  return {decoded.code_point, text.substr(0, decoded.length)};
}

// Where each grapheme cluster (UAX #29) begins, then the size of the text.
std::vector<std::size_t> cluster_starts(std::string_view text) {
  std::vector<std::size_t> starts;
  utf8proc_int32_t state = 0, before = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = first_letter(text.substr(at));
    const auto c = static_cast<utf8proc_int32_t>(letter.code_point);
    if (at == 0 || utf8proc_grapheme_break_stateful(before, c, &state)) starts.push_back(at);
    before = c;
    at += letter.bytes.size();
  }
  starts.push_back(text.size());
  return starts;
}

bool word_letter(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

// Runs between white space that hold a letter, a digit or a symbol, not punctuation alone.
std::int64_t count_words(std::string_view text) {
  std::int64_t words = 0;
  bool counted = false;
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = first_letter(text.substr(at));
    at += letter.bytes.size();
    if (jinja::is_space(letter.code_point)) {
      counted = false;
      continue;
    }
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(letter.code_point));
    const bool symbol = category >= UTF8PROC_CATEGORY_SM && category <= UTF8PROC_CATEGORY_SO;
    if (!counted && (word_letter(letter.code_point) || symbol)) {
      ++words;
      counted = true;
    }
  }
  return words;
}

bool ends_sentence(char32_t c) {
  return c == U'.' || c == U'!' || c == U'?' || c == U'…' || c == U'。' || c == U'！' ||
         c == U'？' || c == U'؟' || c == U'।';
}

bool is_abbreviation(std::string_view word) {
  static constexpr std::array<std::string_view, 16> kKnown = {
      "mr",  "mrs", "ms", "dr", "prof", "st",     "vs",  "etc",
      "e.g", "i.e", "no", "jr", "sr",   "approx", "inc", "ltd"};
  std::string lower;
  for (const char c : word) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  return std::find(kKnown.begin(), kKnown.end(), lower) != kKnown.end();
}

// A sentence ends with . ! ? … before white space or the end; what remains is one, too.
std::int64_t count_sentences(std::string_view text) {
  std::int64_t sentences = 0;
  bool open = false, ended = false;
  std::size_t word_begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = first_letter(text.substr(at));
    const std::size_t next = at + letter.bytes.size();
    if (jinja::is_space(letter.code_point)) {
      if (open && ended) {
        ++sentences;
        open = false;
      }
      ended = false;
      word_begin = next;
    } else if (ends_sentence(letter.code_point)) {
      const std::string_view word = text.substr(word_begin, at - word_begin);
      ended = !(letter.code_point == U'.' && is_abbreviation(word));
    } else if (word_letter(letter.code_point)) {
      open = true;
      ended = false;
    }
    at = next;
  }
  return sentences + (open ? 1 : 0);
}

std::int64_t count_lines(std::string_view text) {
  if (text.empty()) return 0;
  return std::count(text.begin(), text.end(), '\n') + (text.back() != '\n' ? 1 : 0);
}

std::string mapped(std::string_view text, jinja::CaseMapping mapping) {
  std::string out;
  bool after_letter = false;
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = first_letter(text.substr(at));
    at += letter.bytes.size();
    // A sigma at the end of a word is a final one.
    const bool last = at == text.size() || !word_letter(first_letter(text.substr(at)).code_point);
    if (mapping == jinja::CaseMapping::lower && letter.code_point == U'Σ' && after_letter && last)
      utf8::append(out, U'ς');
    else
      jinja::append_mapped(out, letter.code_point, mapping);
    after_letter = word_letter(letter.code_point);
  }
  return out;
}

bool apostrophe(char32_t c) {
  return c == U'\'' || c == U'’';
}

std::string title_case(std::string_view text) {
  const std::string lower = mapped(text, jinja::CaseMapping::lower);
  std::string out;
  bool in_word = false;
  for (std::size_t at = 0; at < lower.size();) {
    const Letter letter = first_letter(std::string_view(lower).substr(at));
    at += letter.bytes.size();
    if (word_letter(letter.code_point) && !in_word)
      jinja::append_mapped(out, letter.code_point, jinja::CaseMapping::title);
    else
      out += letter.bytes;
    in_word = word_letter(letter.code_point) || (in_word && apostrophe(letter.code_point));
  }
  return out;
}

// Words in lower case joined by _; "HelloWorld" is two, "HTTPServer" too.
std::string snake_case(std::string_view text) {
  std::string out;
  enum class Kind { none, lower, upper, digit } before = Kind::none;
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = first_letter(text.substr(at));
    at += letter.bytes.size();
    if (apostrophe(letter.code_point)) continue;
    if (!word_letter(letter.code_point)) {
      before = Kind::none;
      continue;
    }
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(letter.code_point));
    const Kind kind = category == UTF8PROC_CATEGORY_LU   ? Kind::upper
                      : category == UTF8PROC_CATEGORY_ND ? Kind::digit
                                                         : Kind::lower;
    bool small_follows = false;
    if (at < text.size()) {
      const auto next = utf8proc_category(
          static_cast<utf8proc_int32_t>(first_letter(text.substr(at)).code_point));
      small_follows = next == UTF8PROC_CATEGORY_LL;
    }
    const bool begins = before == Kind::none || (kind == Kind::upper && before == Kind::lower) ||
                        (kind == Kind::upper && before == Kind::upper && small_follows);
    if (begins && !out.empty()) out += '_';
    jinja::append_mapped(out, letter.code_point, jinja::CaseMapping::lower);
    before = kind;
  }
  return out;
}

std::string reversed(std::string_view text) {
  const std::vector<std::size_t> starts = cluster_starts(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = starts.size() - 1; i > 0; --i)
    out += text.substr(starts[i - 1], starts[i] - starts[i - 1]);
  return out;
}

std::string trimmed(std::string_view text) {
  const std::size_t begin = jinja::leading_space(text);
  text.remove_prefix(begin);
  text.remove_suffix(std::min(text.size(), jinja::trailing_space(text)));
  return std::string(text);
}

}  // namespace

Result<ToolAnswer> run_count_text(const Arguments& arguments, const ToolEnvironment&) {
  static constexpr std::string_view kWhat[] = {"words", "characters", "sentences", "lines"};
  CACTUS_TRY(what, arguments.choice("what", kWhat));
  CACTUS_TRY(text, arguments.text("text", true, true));
  ToolAnswer answer;
  std::int64_t count = 0;
  if (what == "words") {
    count = count_words(text);
  } else if (what == "sentences") {
    count = count_sentences(text);
  } else if (what == "lines") {
    count = count_lines(text);
  } else {
    count = static_cast<std::int64_t>(cluster_starts(text).size()) - 1;
  }
  answer.value = {{"what", what}, {"count", count}};
  answer.sentence = counted_noun(count, what.substr(0, what.size() - 1));
  if (what == "characters") {
    std::int64_t spaces = 0;
    for (std::size_t at = 0; at < text.size();) {
      const Letter letter = first_letter(std::string_view(text).substr(at));
      spaces += jinja::is_space(letter.code_point) ? 1 : 0;
      at += letter.bytes.size();
    }
    answer.value["without_spaces"] = count - spaces;
    answer.value["code_points"] = jinja::count_code_points(text);
    answer.value["bytes"] = text.size();
    if (spaces > 0) answer.sentence += " (" + std::to_string(count - spaces) + " without spaces)";
  }
  return answer;
}

Result<ToolAnswer> run_change_text(const Arguments& arguments, const ToolEnvironment&) {
  static constexpr std::string_view kHow[] = {"uppercase", "lowercase",  "title_case",
                                              "reverse",   "snake_case", "trim"};
  CACTUS_TRY(how, arguments.choice("how", kHow));
  CACTUS_TRY(text, arguments.text("text", true, true));
  const std::string changed = how == "uppercase"    ? mapped(text, jinja::CaseMapping::upper)
                              : how == "lowercase"  ? mapped(text, jinja::CaseMapping::lower)
                              : how == "title_case" ? title_case(text)
                              : how == "reverse"    ? reversed(text)
                              : how == "snake_case" ? snake_case(text)
                                                    : trimmed(text);
  ToolAnswer answer;
  answer.value = {{"how", how}, {"text", changed}};
  answer.sentence = changed;
  return answer;
}

}  // namespace cactus::cli
