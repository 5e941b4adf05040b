#include "engine/tokenizer/tokenizer.h"

#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/tokenizer/tokenizer_impl.h"

namespace cactus {
namespace {

using Spans = std::vector<PlainSpan>;

// Sorted, disjoint, not empty, inside the text.
Spans tidy_spans(std::span<const PlainSpan> spans, std::size_t size) {
  Spans sorted;
  for (const PlainSpan& s : spans) {
    const PlainSpan inside{std::min(s.begin, size), std::min(s.end, size)};
    if (inside.begin < inside.end) sorted.push_back(inside);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const PlainSpan& a, const PlainSpan& b) { return a.begin < b.begin; });
  Spans out;
  for (const PlainSpan& s : sorted) {
    if (!out.empty() && s.begin <= out.back().end) {
      out.back().end = std::max(out.back().end, s.end);
    } else {
      out.push_back(s);
    }
  }
  return out;
}

// utf8::sanitize that moves the (tidy) spans along. A span that cuts a replaced part keeps it.
std::string sanitize_with_spans(std::string_view text, Spans& spans) {
  std::string out;
  out.reserve(text.size());
  std::size_t next_begin = 0, next_end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const utf8::Decoded d = utf8::decode(text.substr(at));
    while (next_begin < spans.size() && spans[next_begin].begin < at + d.length) {
      spans[next_begin++].begin = out.size();
    }
    utf8::append(out, d.code_point);
    at += d.length;
    while (next_end < next_begin && spans[next_end].end <= at) spans[next_end++].end = out.size();
  }
  return out;
}

// The spans inside `part`, counted from its begin.
Spans spans_inside(std::span<const PlainSpan> spans, const text::Range& part) {
  Spans inside;
  const auto first = std::partition_point(spans.begin(), spans.end(),
                                          [&](const PlainSpan& s) { return s.end <= part.begin; });
  for (auto it = first; it != spans.end() && it->begin < part.end; ++it) {
    inside.push_back(
        {std::max(it->begin, part.begin) - part.begin, std::min(it->end, part.end) - part.begin});
  }
  return inside;
}

}  // namespace

struct Tokenizer::Impl::Call {
  explicit Call(std::size_t text_bytes) : budget(text_bytes) {}
  text::MatchBudget budget;
  text::BpeScratch scratch;
  std::vector<std::int32_t> ids;
};

Tokenizer::Tokenizer(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::~Tokenizer() = default;

Result<std::vector<std::int32_t>> Tokenizer::encode(std::string_view text,
                                                    const EncodeOptions& options) const {
  if (text.size() > text::max_normalized_bytes) {
    return make_error(ErrorKind::usage, "the text is too long for the tokenizer",
                      std::to_string(text.size()) + " bytes, at most " +
                          std::to_string(text::max_normalized_bytes),
                      "a shorter text");
  }
  const Impl& impl = *impl_;
  Spans plain = tidy_spans(options.plain, text.size());
  std::string repaired;
  if (!utf8::is_valid(text)) {
    repaired = sanitize_with_spans(text, plain);
    text = repaired;
  }
  Impl::Call call(text.size());
  call.ids.reserve(text.size() / 3 + 8);
  if (options.add_special) call.ids = impl.post_processor.before;
  if (!options.parse_added || impl.raw_added.empty()) {
    CACTUS_CHECK(impl.encode_section(text, true, plain, options.parse_added, call));
  } else {
    for (const text::AddedTokens::Found& part : impl.raw_added.split(text, plain)) {
      if (part.id >= 0) {
        call.ids.push_back(part.id);
        continue;
      }
      CACTUS_CHECK(impl.encode_section(text.substr(part.range.begin, part.range.size()),
                                       part.range.begin == 0, spans_inside(plain, part.range), true,
                                       call));
    }
  }
  if (options.add_special) {
    call.ids.insert(call.ids.end(), impl.post_processor.after.begin(),
                    impl.post_processor.after.end());
  }
  return std::move(call.ids);
}

Status Tokenizer::Impl::encode_section(std::string_view section, bool at_start,
                                       std::span<const PlainSpan> plain, bool parse_added,
                                       Call& call) const {
  std::string normal(section);
  CACTUS_CHECK(normalizer.apply(normal, call.budget));
  if (!parse_added || normalized_added.empty()) {
    return encode_text(std::move(normal), at_start, call);
  }
  Spans mapped;
  if (normalized_added.has_control()) {
    // A boundary moves to where the normalised text in front of it ends.
    for (const PlainSpan& span : plain) {
      std::string head(section.substr(0, span.begin)), body(section.substr(0, span.end));
      CACTUS_CHECK(normalizer.apply(head, call.budget));
      CACTUS_CHECK(normalizer.apply(body, call.budget));
      mapped.push_back(
          {std::min(head.size(), normal.size()), std::min(body.size(), normal.size())});
    }
    mapped = tidy_spans(mapped, normal.size());
  }
  for (const text::AddedTokens::Found& part : normalized_added.split(normal, mapped)) {
    if (part.id >= 0) {
      call.ids.push_back(part.id);
    } else {
      CACTUS_CHECK(encode_text(normal.substr(part.range.begin, part.range.size()),
                               at_start && part.range.begin == 0, call));
    }
  }
  return ok_status();
}

Status Tokenizer::Impl::encode_text(std::string normal, bool at_start, Call& call) const {
  text::Pieces pieces;
  pieces.ranges.push_back({0, normal.size()});
  pieces.text = std::move(normal);
  pieces.at_start = at_start;
  CACTUS_CHECK(pre_tokenizer.apply(pieces, call.budget));
  const std::string_view all = pieces.text;
  for (const text::Range& range : pieces.ranges) {
    const std::string_view piece = all.substr(range.begin, range.size());
    if (piece.empty()) continue;
    if (bpe != nullptr) {
      bpe->encode(piece, call.scratch, call.ids);
    } else {
      text::encode_word_piece(vocab, word_piece, piece, call.ids);
    }
  }
  return ok_status();
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  text::DecoderStream stream(impl_->decoder);
  std::string out;
  for (const std::int32_t id : ids) {
    const std::string_view token = token_text(id);
    if (token.empty() || (skip_special && is_special(id))) continue;
    stream.push(token, out);
  }
  stream.finish(out);
  return out;
}

std::optional<std::int32_t> Tokenizer::token_id(std::string_view token) const {
  const std::int32_t id = impl_->vocab.find(token);
  return id == text::Vocab::none ? std::nullopt : std::optional(id);
}

std::string Tokenizer::token_bytes(std::int32_t id) const {
  const std::string_view token = token_text(id);
  return token.empty() ? std::string() : impl_->decoder.bytes_of(token);
}

std::string_view Tokenizer::token_text(std::int32_t id) const {
  return impl_->vocab.text(id);
}
bool Tokenizer::is_special(std::int32_t id) const {
  return impl_->has_flag(id, Impl::special_flag);
}
bool Tokenizer::is_control(std::int32_t id) const {
  return impl_->has_flag(id, Impl::control_flag);
}
std::int32_t Tokenizer::vocab_size() const {
  return impl_->vocab.size();
}
std::optional<std::int32_t> Tokenizer::bos_id() const {
  return impl_->bos;
}
std::optional<std::int32_t> Tokenizer::eos_id() const {
  return impl_->eos;
}

bool Tokenizer::adds_bos() const {
  const auto& before = impl_->post_processor.before;
  return impl_->bos.has_value() && !before.empty() && before.front() == *impl_->bos;
}

struct Detokenizer::State {
  const Tokenizer* tokenizer;
  bool skip_special;
  text::DecoderStream stream;
};

Detokenizer::Detokenizer(const Tokenizer& tokenizer, bool skip_special)
    : state_(std::make_unique<State>(
          State{&tokenizer, skip_special, text::DecoderStream(tokenizer.impl_->decoder)})) {}
Detokenizer::~Detokenizer() = default;
Detokenizer::Detokenizer(Detokenizer&&) noexcept = default;
Detokenizer& Detokenizer::operator=(Detokenizer&&) noexcept = default;

std::string Detokenizer::push(std::int32_t id) {
  std::string out;
  const std::string_view token = state_->tokenizer->token_text(id);
  if (!token.empty() && !(state_->skip_special && state_->tokenizer->is_special(id))) {
    state_->stream.push(token, out);
  }
  return out;
}

std::string Detokenizer::finish() {
  std::string out;
  state_->stream.finish(out);
  return out;
}

}  // namespace cactus
