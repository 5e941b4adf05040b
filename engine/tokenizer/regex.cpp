#include "engine/tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <cstdint>

namespace cactus::text {
namespace {

constexpr std::size_t max_pattern_bytes = 64 * 1024;
constexpr std::uint32_t match_limit = 10'000'000;  // backtracking steps of one match
constexpr std::uint32_t heap_limit_kib = 64 * 1024;
// Start positions tried before the clock is looked at: JIT code counts no steps in simple repeats,
// so one position may cost as much as the text is long.
constexpr std::size_t search_window = 256;

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* p) const { Free(p); }
};
using CodePtr = std::unique_ptr<pcre2_code, Freed<pcre2_code, pcre2_code_free>>;
using DataPtr = std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data, pcre2_match_data_free>>;
using ContextPtr =
    std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context, pcre2_match_context_free>>;

std::string pcre2_message(int code) {
  PCRE2_UCHAR buffer[256] = {};
  pcre2_get_error_message(code, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

PCRE2_SPTR units(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

std::size_t next_code_point(std::string_view text, std::size_t pos) {
  ++pos;
  while (pos < text.size() && (static_cast<unsigned char>(text[pos]) & 0xC0) == 0x80) ++pos;
  return pos;
}

Error limits_exceeded(const std::string& why) {
  return make_error(ErrorKind::usage, "the text cannot be split into tokens",
                    "the tokenizer's regular expression exceeds its limits on it (" + why + ")",
                    "a shorter text, or a model from a source you trust");
}

}  // namespace

struct Regex::Code {
  CodePtr code;
};

Regex::Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Regex Regex::literal(std::string_view literal) {
  Regex r;
  r.literal_ = literal;
  return r;
}

Result<Regex> Regex::compile(std::string_view pattern) {
  if (pattern.size() > max_pattern_bytes) {
    return make_error(
        ErrorKind::incompatible, "a regular expression is too long",
        std::to_string(pattern.size()) + " bytes, at most " + std::to_string(max_pattern_bytes));
  }
  int error = 0;
  PCRE2_SIZE offset = 0;
  CodePtr code(
      pcre2_compile(units(pattern), pattern.size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C,
                    &error, &offset, nullptr));
  if (!code) {
    return make_error(ErrorKind::incompatible,
                      "a regular expression cannot be read: " + std::string(pattern.substr(0, 200)),
                      pcre2_message(error) + " at byte " + std::to_string(offset));
  }
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // without it the interpreter matches
  Regex r;
  r.code_ = std::make_unique<Code>(Code{std::move(code)});
  return r;
}

Status Regex::find_all(std::string_view text, const MatchBudget& budget,
                       std::vector<Range>& matches) const {
  if (!code_) {
    for (std::size_t at = 0; !literal_.empty() && at < text.size(); at += literal_.size()) {
      at = text.find(literal_, at);
      if (at == std::string_view::npos) break;
      matches.push_back({at, at + literal_.size()});
    }
    return ok_status();
  }
  const pcre2_code* code = code_->code.get();
  const DataPtr data(pcre2_match_data_create(1, nullptr));
  const ContextPtr context(pcre2_match_context_create(nullptr));
  if (!data || !context) return limits_exceeded("out of memory");
  pcre2_set_match_limit(context.get(), match_limit);
  pcre2_set_heap_limit(context.get(), heap_limit_kib);

  unsigned calls = 0;
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t last_start = std::min(pos + search_window, text.size());
    pcre2_set_offset_limit(context.get(), last_start);
    int rc = pcre2_match(code, units(text), text.size(), pos, PCRE2_NO_UTF_CHECK, data.get(),
                         context.get());
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT) {
      rc = pcre2_match(code, units(text), text.size(), pos, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                       data.get(), context.get());
    }
    if (rc == PCRE2_ERROR_NOMATCH) {
      pos = next_code_point(text, last_start);
    } else if (rc < 0) {
      return limits_exceeded(pcre2_message(rc));
    } else {
      const PCRE2_SIZE* found = pcre2_get_ovector_pointer(data.get());
      // \K in a look-around can put the start behind the end or before pos.
      const bool sane = found[0] >= pos && found[1] > found[0] && found[1] <= text.size();
      if (sane) matches.push_back({found[0], found[1]});
      pos = sane ? found[1] : next_code_point(text, std::max(pos, std::min(found[1], text.size())));
    }
    // One call in a window without a match may have been long; matches are short.
    if ((rc < 0 || (++calls & 7) == 0) && budget.spent()) return limits_exceeded("time");
  }
  return ok_status();
}

std::string quote_regex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '\0' && std::string_view("\\^$.|?*+()[]{}-#&~ ").find(c) != std::string_view::npos) {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  return out;
}

}  // namespace cactus::text
