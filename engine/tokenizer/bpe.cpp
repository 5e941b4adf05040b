#include "engine/tokenizer/bpe.h"

#include <algorithm>
#include <cstdio>

#include "engine/base/utf8.h"
#include "engine/tokenizer/byte_letters.h"

namespace cactus::text {
namespace {

constexpr std::size_t seam_bits = std::size_t{1} << 20;
constexpr std::size_t short_symbols = 32;  // up to here a scan beats the heap
constexpr std::size_t cache_after = 512;   // symbols seen before remembering segments pays
constexpr std::size_t kept_limit = std::size_t{1} << 20;

char32_t first_code(std::string_view text) {
  const auto b = static_cast<unsigned char>(text.front());
  return b < 0x80 ? b : utf8::decode(text).code_point;
}

char32_t last_code(std::string_view text) {
  std::size_t i = text.size() - 1;
  while (i > 0 && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) --i;
  return first_code(text.substr(i));
}

// The byte that "<0xXX>" stands for, or -1.
int byte_of_token(std::string_view text) {
  if (text.size() != 6 || !text.starts_with("<0x") || text.back() != '>') return -1;
  int value = 0;
  for (const char c : text.substr(3, 2)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(c >= 'A' && c <= 'F')) return -1;
    value = value * 16 + (digit ? c - '0' : c - 'A' + 10);
  }
  return value;
}

}  // namespace

Bpe::Bpe(const Vocab& vocab, std::size_t expected_merges, std::size_t prefix_bytes)
    : vocab_(vocab),
      merges_(expected_merges),
      prefix_bytes_(prefix_bytes),
      seams_(seam_bits / 64) {}

std::size_t Bpe::seam_bit(char32_t left, char32_t right) {
  const std::uint64_t h = (std::uint64_t{left} * 0x9E3779B97F4A7C15ULL) ^
                          (std::uint64_t{right} * 0xC2B2AE3D27D4EB4FULL);
  return static_cast<std::size_t>(h >> 44);  // 20 bits
}

bool Bpe::can_join(char32_t left, char32_t right) const {
  const std::size_t bit = seam_bit(left, right);
  return ((seams_[bit / 64] >> (bit % 64)) & 1) != 0;
}

bool Bpe::add_merge(std::string_view left, std::string_view right) {
  if (!merge_error_.empty()) return false;
  if (left.empty() || right.size() <= prefix_bytes_) {
    merge_error_ = "one of its parts is empty";
    return false;
  }
  Queued m{};
  m.begin = batch_text_.size();
  m.left = left.size();
  m.right = right.size();
  batch_text_.append(left).append(right);
  m.left_hash = vocab_.hash(left);
  m.right_hash = vocab_.hash(right);
  vocab_.prefetch(m.left_hash);
  vocab_.prefetch(m.right_hash);
  batch_.push_back(m);
  return batch_.size() < batch_merges || end_merges();
}

std::string_view Bpe::joined_text(const Queued& m, std::string& buffer) const {
  const std::string_view both = std::string_view(batch_text_).substr(m.begin, m.left + m.right);
  if (prefix_bytes_ == 0) return both;
  buffer.assign(both.substr(0, m.left)).append(both.substr(m.left + prefix_bytes_));
  return buffer;
}

// Files list the merges in the order of their results, so that it mostly is the last one again, or
// the next.
std::int32_t Bpe::find_joined(std::string_view joined) {
  if (vocab_.text(last_joined_) == joined) return last_joined_;
  const bool next = vocab_.text(last_joined_ + 1) == joined;
  return last_joined_ = next ? last_joined_ + 1 : vocab_.find(joined);
}

bool Bpe::end_merges() {
  for (const Queued& m : batch_) {
    vocab_.prefetch_token(m.left_hash);
    vocab_.prefetch_token(m.right_hash);
  }
  for (const Queued& m : batch_) {
    vocab_.prefetch_text(m.left_hash);
    vocab_.prefetch_text(m.right_hash);
  }
  const std::string_view all = batch_text_;
  std::string buffer;
  for (Queued& m : batch_) {
    m.left_id = vocab_.find(all.substr(m.begin, m.left), m.left_hash);
    m.right_id = vocab_.find(all.substr(m.begin + m.left, m.right), m.right_hash);
    m.joined_id = find_joined(joined_text(m, buffer));
    merges_.prefetch(pair_key(m.left_id, m.right_id));
  }
  for (const Queued& m : batch_) {
    const std::string_view left = all.substr(m.begin, m.left);
    const std::string_view right = all.substr(m.begin + m.left, m.right);
    if (m.left_id == Vocab::none || m.right_id == Vocab::none || m.joined_id == Vocab::none) {
      merge_error_ = "\"" + utf8::sanitize(left.substr(0, 60)) + "\" \"" +
                     utf8::sanitize(right.substr(0, 60)) + "\": " +
                     (m.left_id == Vocab::none    ? "the first"
                      : m.right_id == Vocab::none ? "the second"
                                                  : "what they make") +
                     " is not in the vocabulary";
      return false;
    }
    merges_.set(pair_key(m.left_id, m.right_id),
                {next_rank_++, static_cast<std::uint32_t>(m.joined_id)});
    const std::size_t bit = seam_bit(last_code(left), first_code(right));
    seams_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  batch_.clear();
  batch_text_.clear();
  return true;
}

void Bpe::forbid(std::int32_t id) {
  const std::string_view text = vocab_.text(id);
  if (text.empty()) return;
  const auto index = static_cast<std::size_t>(id);
  if (forbidden_.size() <= index) forbidden_.resize(index + 1);
  forbidden_[index] = true;
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    const std::int32_t left = vocab_.find(text.substr(0, cut));
    if (left == Vocab::none) continue;
    const std::int32_t right = vocab_.find(text.substr(cut));
    if (right == Vocab::none || merge_of(left, right) == nullptr) continue;
    merges_.set(pair_key(left, right), {no_rank, static_cast<std::uint32_t>(id)});
  }
}

void Bpe::finish(const BpeOptions& options) {
  options_ = options;
  characters_.assign(0x10000, Vocab::none);
  byte_tokens_.fill(Vocab::none);
  for (std::int32_t id = 0; id < vocab_.size(); ++id) {
    const std::string_view text = vocab_.text(id);
    if (text.empty() || text.size() > 6) continue;
    if (const int byte = byte_of_token(text); byte >= 0) {
      byte_tokens_[static_cast<std::size_t>(byte)] = id;
    } else if (text.size() <= 3) {
      const utf8::Decoded d = utf8::decode(text);
      if (d.length == text.size()) characters_[d.code_point] = id;
    }
  }
  all_byte_tokens_ =
      std::find(byte_tokens_.begin(), byte_tokens_.end(), Vocab::none) == byte_tokens_.end();
  for (std::size_t b = 0; b < 256; ++b) bytes_[b] = characters_[byte_letters()[b]];
}

std::int32_t Bpe::character(std::string_view text, char32_t code, bool first, bool last) const {
  const bool prefixed = !first && !options_.prefix.empty();
  const bool suffixed = last && !options_.suffix.empty();
  if (!prefixed && !suffixed) {
    return code < characters_.size() ? characters_[code] : vocab_.find(text);
  }
  std::string spelled = prefixed ? options_.prefix : std::string();
  spelled.append(text);
  if (suffixed) spelled += options_.suffix;
  return vocab_.find(spelled);
}

// The characters of a piece as symbols, with the reference's rules for unknown ones.
void Bpe::symbols_of(std::string_view piece, BpeScratch& s) const {
  bool pending = false;  // an unknown token that may still grow
  auto push = [&](std::int32_t id, char32_t first, char32_t last) {
    s.symbols_.push_back(id);
    s.first_.push_back(first);
    s.last_.push_back(last);
  };
  auto push_token = [&](std::int32_t id) {
    const std::string_view text = vocab_.text(id);
    push(id, first_code(text), last_code(text));
  };
  for (std::size_t i = 0; i < piece.size();) {
    const auto byte = static_cast<unsigned char>(piece[i]);
    const utf8::Decoded d =
        byte < 0x80 ? utf8::Decoded{byte, 1, true} : utf8::decode(piece.substr(i));
    const std::string_view text = piece.substr(i, d.length);
    const std::int32_t id = character(text, d.code_point, i == 0, i + d.length == piece.size());
    i += d.length;
    if (id != Vocab::none) {
      if (pending) push_token(options_.unknown);
      pending = false;
      const bool spelled = !options_.prefix.empty() || !options_.suffix.empty();
      spelled ? push_token(id) : push(id, d.code_point, d.code_point);
      continue;
    }
    if (options_.byte_fallback) {
      const bool known = all_byte_tokens_ || std::all_of(text.begin(), text.end(), [&](char c) {
                           return byte_tokens_[static_cast<unsigned char>(c)] != Vocab::none;
                         });
      if (known) {
        for (const char c : text) push_token(byte_tokens_[static_cast<unsigned char>(c)]);
        continue;
      }
    }
    if (options_.unknown == Vocab::none) continue;  // the reference drops it
    if (pending && !options_.fuse_unknown) push_token(options_.unknown);
    pending = true;
  }
  if (pending) push_token(options_.unknown);
}

void Bpe::symbols_of_bytes(std::string_view piece, BpeScratch& s) const {
  if (!options_.prefix.empty() || !options_.suffix.empty() || options_.byte_fallback) {
    symbols_of(spell_bytes(piece), s);
    return;
  }
  bool pending = false;
  for (const char c : piece) {
    const std::int32_t id = bytes_[static_cast<unsigned char>(c)];
    if (id != Vocab::none) {
      if (pending) s.symbols_.push_back(options_.unknown);
      pending = false;
      s.symbols_.push_back(id);
    } else if (options_.unknown != Vocab::none) {
      if (pending && !options_.fuse_unknown) s.symbols_.push_back(options_.unknown);
      pending = true;
    }
  }
  if (pending) s.symbols_.push_back(options_.unknown);
}

void Bpe::encode(std::string_view piece, BpeScratch& s, std::vector<std::int32_t>& ids) const {
  if (options_.ignore_merges) {
    const std::int32_t whole =
        options_.byte_level ? vocab_.find(spell_bytes(piece)) : vocab_.find(piece);
    const auto index = static_cast<std::size_t>(whole);
    if (whole != Vocab::none && !(index < forbidden_.size() && forbidden_[index])) {
      ids.push_back(whole);
      return;
    }
  }
  s.symbols_.clear();
  s.first_.clear();
  s.last_.clear();
  options_.byte_level ? symbols_of_bytes(piece, s) : symbols_of(piece, s);

  const std::size_t n = s.symbols_.size();
  if (s.first_.size() != n) {  // byte_level pieces are short words
    encode_segment(s, 0, n, ids);
    return;
  }
  for (std::size_t begin = 0; begin < n;) {
    std::size_t end = begin + 1;
    while (end < n && can_join(s.last_[end - 1], s.first_[end])) ++end;
    encode_segment(s, begin, end, ids);
    begin = end;
  }
}

void Bpe::encode_segment(BpeScratch& s, std::size_t begin, std::size_t end,
                         std::vector<std::int32_t>& ids) const {
  const std::size_t n = end - begin;
  if (n == 0) return;
  std::int32_t* symbols = s.symbols_.data() + begin;
  if (n == 1) {
    ids.push_back(symbols[0]);
    return;
  }
  if (n > short_symbols) {
    merge_long(symbols, n, s, ids);
    return;
  }
  s.symbols_seen_ += n;
  if (n > BpeScratch::cached_symbols || s.symbols_seen_ < cache_after) {
    merge_short(symbols, n, ids);
    return;
  }
  if (s.cache_.empty()) s.cache_.resize(BpeScratch::cache_slots);
  std::uint64_t hash = n;
  for (std::size_t i = 0; i < n; ++i) {
    hash = (hash ^ static_cast<std::uint32_t>(symbols[i])) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 29;
  }
  BpeScratch::Cached& cached = s.cache_[hash & (BpeScratch::cache_slots - 1)];
  if (cached.hash == hash && cached.symbol_count == n &&
      std::equal(symbols, symbols + n, s.kept_symbols_.data() + cached.symbols)) {
    const std::int32_t* kept = s.kept_ids_.data() + cached.ids;
    ids.insert(ids.end(), kept, kept + cached.id_count);
    return;
  }
  if (s.kept_symbols_.size() > kept_limit) {
    s.kept_symbols_.clear();
    s.kept_ids_.clear();
    std::fill(s.cache_.begin(), s.cache_.end(), BpeScratch::Cached{});
  }
  cached.hash = hash;
  cached.symbols = static_cast<std::uint32_t>(s.kept_symbols_.size());
  cached.symbol_count = static_cast<std::uint16_t>(n);
  s.kept_symbols_.insert(s.kept_symbols_.end(), symbols, symbols + n);
  const std::size_t before = ids.size();
  merge_short(symbols, n, ids);
  cached.ids = static_cast<std::uint32_t>(s.kept_ids_.size());
  cached.id_count = static_cast<std::uint16_t>(ids.size() - before);
  s.kept_ids_.insert(s.kept_ids_.end(), ids.begin() + static_cast<std::ptrdiff_t>(before),
                     ids.end());
}

void Bpe::merge_short(std::int32_t* symbols, std::size_t n, std::vector<std::int32_t>& ids) const {
  std::uint32_t rank[short_symbols];
  std::int32_t merged[short_symbols];
  auto look_up = [&](std::size_t i) {
    const FlatMap::Value* m = i + 1 < n ? merge_of(symbols[i], symbols[i + 1]) : nullptr;
    rank[i] = m == nullptr ? no_rank : m->first;
    merged[i] = m == nullptr ? Vocab::none : static_cast<std::int32_t>(m->second);
  };
  for (std::size_t i = 0; i < n; ++i) look_up(i);
  while (n > 1) {
    const auto best = static_cast<std::size_t>(std::min_element(rank, rank + n) - rank);
    if (rank[best] == no_rank) break;
    symbols[best] = merged[best];
    --n;
    std::copy(symbols + best + 2, symbols + n + 1, symbols + best + 1);
    std::copy(rank + best + 2, rank + n + 1, rank + best + 1);
    std::copy(merged + best + 2, merged + n + 1, merged + best + 1);
    look_up(best);
    if (best > 0) look_up(best - 1);
  }
  ids.insert(ids.end(), symbols, symbols + n);
}

void Bpe::merge_long(const std::int32_t* symbols, std::size_t n, BpeScratch& s,
                     std::vector<std::int32_t>& ids) const {
  auto& links = s.links_;
  links.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto at = static_cast<std::int32_t>(i);
    links[i] = {symbols[i], at - 1, i + 1 < n ? at + 1 : -1, true};
  }
  const auto offer = [&](std::int32_t at) {
    const auto& left = links[static_cast<std::size_t>(at)];
    const FlatMap::Value* m = merge_of(left.id, links[static_cast<std::size_t>(left.next)].id);
    if (m != nullptr) s.queue_.push({m->first, static_cast<std::uint32_t>(at)});
  };
  for (std::size_t i = 0; i + 1 < n; ++i) offer(static_cast<std::int32_t>(i));

  MergeQueue::Candidate best{};
  while (s.queue_.pop(best)) {
    const auto at = static_cast<std::int32_t>(best.position);
    auto& left = links[best.position];
    if (!left.alive || left.next < 0) continue;
    auto& right = links[static_cast<std::size_t>(left.next)];
    // Still the pair that this candidate was made for?
    const FlatMap::Value* m = merge_of(left.id, right.id);
    if (m == nullptr || m->first != best.rank) continue;
    left.id = static_cast<std::int32_t>(m->second);
    left.next = right.next;
    right.alive = false;
    if (left.next >= 0) {
      links[static_cast<std::size_t>(left.next)].previous = at;
      offer(at);
    }
    if (left.previous >= 0) offer(left.previous);
  }
  for (std::int32_t i = 0; i >= 0; i = links[static_cast<std::size_t>(i)].next) {
    ids.push_back(links[static_cast<std::size_t>(i)].id);
  }
}

}  // namespace cactus::text
