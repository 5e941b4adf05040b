#include "engine/tokenizer/added_tokens.h"

#include <algorithm>
#include <array>

#include "engine/base/utf8.h"
#include "engine/tokenizer/unicode.h"

namespace cactus::text {
namespace {

// Tags that vocabularies list as added tokens and that are ordinary text in what users write.
constexpr std::array html_tags = {
    "a",   "b",     "blockquote", "br",    "caption", "code",   "div", "em",  "h1",    "h2",
    "h3",  "h4",    "h5",         "h6",    "hr",      "i",      "img", "li",  "ol",    "p",
    "pre", "q",     "s",          "span",  "strike",  "strong", "sub", "sup", "table", "tbody",
    "td",  "tfoot", "th",         "thead", "tr",      "u",      "ul"};

bool is_html_tag(std::string_view text) {
  if (text.size() < 3 || text.front() != '<' || text.back() != '>') return false;
  text = text.substr(1, text.size() - 2);
  if (text.starts_with('/')) text.remove_prefix(1);
  return std::find(html_tags.begin(), html_tags.end(), text) != html_tags.end();
}

// The last code point of non-empty UTF-8.
std::size_t last_begin(std::string_view text) {
  std::size_t i = text.size() - 1;
  while (i > 0 && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) --i;
  return i;
}

bool word_before(std::string_view text, std::size_t pos) {
  if (pos == 0) return false;
  const std::string_view head = text.substr(0, pos);
  return is_word(utf8::decode(head.substr(last_begin(head))).code_point);
}

bool word_at(std::string_view text, std::size_t pos) {
  return pos < text.size() && is_word(utf8::decode(text.substr(pos)).code_point);
}

std::size_t spaces_before(std::string_view text, std::size_t pos, std::size_t limit) {
  while (pos > limit) {
    const std::string_view head = text.substr(0, pos);
    const std::size_t begin = last_begin(head);
    if (!is_white_space(utf8::decode(head.substr(begin)).code_point)) break;
    pos = begin;
  }
  return std::max(pos, limit);
}

std::size_t spaces_after(std::string_view text, std::size_t pos) {
  while (pos < text.size()) {
    const utf8::Decoded d = utf8::decode(text.substr(pos));
    if (!is_white_space(d.code_point)) break;
    pos += d.length;
  }
  return pos;
}

}  // namespace

bool is_control_token(const AddedToken& token) {
  if (token.special) return true;
  const std::string& c = token.content;
  const bool markup = c.size() > 2 &&
                      std::string_view("<[{|").find(c.front()) != std::string::npos &&
                      std::string_view(">]}|").find(c.back()) != std::string::npos;
  return markup && !is_html_tag(c);
}

std::uint32_t AddedTokens::child(std::uint32_t node, unsigned char byte) const {
  const FlatMap::Value* edge = edges_.find((std::uint64_t{node} << 8) | byte);
  return edge == nullptr ? 0 : edge->first;
}

void AddedTokens::add(const AddedToken& token, std::string_view content) {
  std::uint32_t node = 0;
  for (const char c : content) {
    const auto byte = static_cast<unsigned char>(c);
    std::uint32_t next = child(node, byte);
    if (next == 0) {
      next = static_cast<std::uint32_t>(ends_.size());
      ends_.push_back(-1);
      edges_.set((std::uint64_t{node} << 8) | byte, {next, 0});
    }
    node = next;
  }
  if (ends_[node] >= 0) return;
  ends_[node] = static_cast<std::int32_t>(tokens_.size());
  first_byte_[static_cast<unsigned char>(content[0])] = true;
  const bool control = is_control_token(token);
  has_control_ = has_control_ || control;
  tokens_.push_back({token.id, static_cast<std::uint32_t>(content.size()), token.single_word,
                     token.lstrip, token.rstrip, control});
}

std::vector<AddedTokens::Found> AddedTokens::split(std::string_view text,
                                                   std::span<const PlainSpan> plain) const {
  std::vector<Found> found;
  std::size_t done = 0;
  std::size_t span = 0;  // the first plain span that ends behind `at`
  for (std::size_t at = 0; !tokens_.empty() && at < text.size();) {
    if (!first_byte_[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    while (span < plain.size() && plain[span].end <= at) ++span;
    const std::size_t plain_begin = span < plain.size() ? plain[span].begin : text.size();

    const Entry* best = nullptr;
    std::uint32_t node = 0;
    for (std::size_t i = at; i < text.size(); ++i) {
      node = child(node, static_cast<unsigned char>(text[i]));
      if (node == 0) break;
      if (ends_[node] < 0) continue;
      const Entry& entry = tokens_[static_cast<std::size_t>(ends_[node])];
      if (!entry.control || i < plain_begin) best = &entry;
    }
    if (best == nullptr) {
      ++at;
      continue;
    }
    std::size_t begin = at;
    std::size_t end = at + best->length;
    at = end;
    if (best->single_word && (word_before(text, begin) || word_at(text, end))) continue;
    if (best->lstrip) begin = spaces_before(text, begin, done);
    if (best->rstrip) at = end = spaces_after(text, end);
    if (begin > done) found.push_back({-1, {done, begin}});
    found.push_back({best->id, {begin, end}});
    done = end;
  }
  if (done < text.size()) found.push_back({-1, {done, text.size()}});
  return found;
}

}  // namespace cactus::text
