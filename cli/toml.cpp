#include "cli/toml.h"

#include <cctype>
#include <optional>

#include "engine/base/utf8.h"

namespace cactus::cli::toml {
namespace {

// Where an entry stands, for editing in place.
struct Located {
  Entry entry;
  std::size_t value_begin = 0, value_end = 0;  // offsets in the content
};

struct Section {
  std::string name;
  std::size_t end = 0;  // offset after its last line that is not blank
};

struct Parsed {
  std::vector<Located> entries;
  std::vector<Section> sections;
};

bool bare(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
}

class Parser {
 public:
  Parser(std::string_view content, std::string_view file) : text_(content), file_(file) {}

  Result<Parsed> run() {
    Parsed out;
    out.sections.push_back({"", 0});
    if (!utf8::is_valid(text_)) return fail("is not UTF-8");
    while (at_ < text_.size()) {
      ++line_;
      skip_blanks();
      if (at_end_of_line()) {
        next_line();
        continue;
      }
      if (peek() == '[') {
        ++at_;
        if (peek() == '[') return fail("has an array of tables ([[…]]), which no setting uses");
        CACTUS_TRY(name, key());
        if (peek() != ']') return fail("lacks a ']'");
        ++at_;
        if (!rest_is_comment()) return fail("has something after ']'");
        out.sections.push_back({std::move(name), 0});
      } else {
        CACTUS_TRY(name, key());
        if (peek() != '=') return fail("lacks a '='");
        ++at_;
        skip_blanks();
        Located located;
        located.value_begin = at_;
        CACTUS_TRY(parsed, value());
        located.value_end = at_;
        if (!rest_is_comment()) return fail("has something after the value (texts need quotes)");
        const std::string& section = out.sections.back().name;
        located.entry = {section.empty() ? name : section + "." + name, std::move(parsed), line_};
        out.entries.push_back(std::move(located));
      }
      next_line();
      out.sections.back().end = at_;
    }
    return out;
  }

 private:
  Error fail(const std::string& what) const {
    return make_error(ErrorKind::usage,
                      std::string(file_) + ":" + std::to_string(line_) + ": the line " + what,
                      "settings are TOML: [section], then name = value", "cactus config edit");
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') ++at_;
  }
  bool at_end_of_line() const { return peek() == '\n' || peek() == '#'; }
  bool rest_is_comment() {
    skip_blanks();
    return at_end_of_line();
  }
  void next_line() {
    const std::size_t end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
  }

  Result<std::string> key() {
    std::string name;
    for (;;) {
      skip_blanks();
      if (peek() == '"' || peek() == '\'') {
        CACTUS_TRY(part, quoted());
        name += part;
      } else {
        const std::size_t begin = at_;
        while (bare(peek())) ++at_;
        if (at_ == begin) return fail("has no name where one is expected");
        name += text_.substr(begin, at_ - begin);
      }
      skip_blanks();
      if (peek() != '.') return name;
      ++at_;
      name += '.';
    }
  }

  Result<std::string> quoted() {
    const char mark = text_[at_++];
    std::string out;
    for (;;) {
      const char c = peek();
      if (c == '\n') return fail("has a text without its closing quote");
      ++at_;
      if (c == mark) return out;
      if (c != '\\' || mark == '\'') {
        out += c;
        continue;
      }
      const char escaped = peek();
      ++at_;
      switch (escaped) {
        case 'n':
          out += '\n';
          break;
        case 't':
          out += '\t';
          break;
        case 'r':
          out += '\r';
          break;
        case '"':
          out += '"';
          break;
        case '\\':
          out += '\\';
          break;
        case 'u':
        case 'U': {
          char32_t code = 0;
          for (int digits = escaped == 'u' ? 4 : 8; digits > 0; --digits, ++at_) {
            const auto d = static_cast<unsigned char>(peek());
            if (!std::isxdigit(d)) return fail("has a broken \\u escape");
            code =
                code * 16 + static_cast<char32_t>(std::isdigit(d) ? d - '0' : (d | 32) - 'a' + 10);
          }
          if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
            return fail("has a \\u escape that is no character");
          utf8::append(out, code);
          break;
        }
        default:
          return fail("has an unknown escape in a text");
      }
    }
  }

  Result<Value> value() {
    Value out;
    if (peek() == '"' || peek() == '\'') {
      CACTUS_TRY(text, quoted());
      out.text = std::move(text);
      return out;
    }
    if (peek() == '[') return array();
    const std::size_t begin = at_;
    while (bare(peek()) || peek() == '.' || peek() == '+') ++at_;
    out.text = std::string(text_.substr(begin, at_ - begin));
    if (out.text == "true" || out.text == "false") {
      out.kind = Kind::boolean;
      return out;
    }
    std::string digits;
    for (const char c : out.text)
      if (c != '_') digits += c;
    bool dot = false, any = false, good = true;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      const char c = digits[i];
      if (std::isdigit(static_cast<unsigned char>(c))) {
        any = true;
      } else if (c == '.' || c == 'e' || c == 'E') {
        dot = true;
      } else if (!((c == '-' || c == '+') && (i == 0 || (digits[i - 1] | 32) == 'e'))) {
        good = false;
      }
    }
    if (!good || !any) return fail("has a value that is no text, number, true or false");
    out.text = digits;
    out.kind = dot ? Kind::number : Kind::integer;
    return out;
  }

  Result<Value> array() {
    Value out;
    out.kind = Kind::texts;
    ++at_;
    for (;;) {
      skip_blanks();
      if (peek() == ']') break;
      if (peek() != '"' && peek() != '\'')
        return fail("has an array of something else than texts, or one that spans lines");
      CACTUS_TRY(text, quoted());
      out.texts.push_back(std::move(text));
      skip_blanks();
      if (peek() == ',') ++at_;
    }
    ++at_;
    for (const std::string& text : out.texts) out.text += (out.text.empty() ? "" : ",") + text;
    return out;
  }

  std::string_view text_, file_;
  std::size_t at_ = 0;
  int line_ = 0;
};

}  // namespace

Result<std::vector<Entry>> parse(std::string_view content, std::string_view file) {
  CACTUS_TRY(parsed, Parser(content, file).run());
  std::vector<Entry> entries;
  for (Located& located : parsed.entries) entries.push_back(std::move(located.entry));
  return entries;
}

Result<std::string> set(std::string_view content, std::string_view file, std::string_view name,
                        std::string_view literal) {
  CACTUS_TRY(parsed, Parser(content, file).run());
  std::string out(content);
  for (auto it = parsed.entries.rbegin(); it != parsed.entries.rend(); ++it) {
    if (it->entry.name != name) continue;
    out.replace(it->value_begin, it->value_end - it->value_begin, literal);
    return out;
  }
  const std::size_t dot = name.rfind('.');
  const std::string section(name.substr(0, dot == std::string_view::npos ? 0 : dot));
  const std::string key(name.substr(dot == std::string_view::npos ? 0 : dot + 1));
  const std::string line = key + " = " + std::string(literal) + "\n";
  for (const Section& found : parsed.sections) {
    if (found.name != section || (found.end == 0 && !section.empty())) continue;
    const bool cut = found.end > 0 && out[found.end - 1] != '\n';
    out.insert(found.end, (cut ? "\n" : "") + line);
    return out;
  }
  if (!out.empty() && out.back() != '\n') out += '\n';
  if (!out.empty()) out += '\n';
  return out + "[" + section + "]\n" + line;
}

Result<std::string> unset(std::string_view content, std::string_view file, std::string_view name) {
  CACTUS_TRY(parsed, Parser(content, file).run());
  std::string out(content);
  for (auto it = parsed.entries.rbegin(); it != parsed.entries.rend(); ++it) {
    if (it->entry.name != name) continue;
    const std::size_t begin = out.rfind('\n', it->value_begin) + 1;
    const std::size_t end = out.find('\n', it->value_end);
    out.erase(begin, (end == std::string::npos ? out.size() : end + 1) - begin);
  }
  return out;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      static const char kHex[] = "0123456789abcdef";
      out += std::string("\\u00") + kHex[c >> 4] + kHex[c & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace cactus::cli::toml
