#include "engine/tokenizer/normalizer.h"

#include "engine/base/utf8.h"
#include "engine/tokenizer/json_fields.h"

namespace cactus::text {
namespace {

constexpr int max_depth = 8;

Error too_long() {
  return make_error(ErrorKind::usage, "the text is too long for the tokenizer",
                    "normalised, it exceeds 64 MiB", "a shorter text");
}

Status replace(const Regex& pattern, std::string_view content, std::string& text,
               const MatchBudget& budget) {
  std::vector<Range> matches;
  CACTUS_CHECK(pattern.find_all(text, budget, matches));
  if (matches.empty()) return ok_status();
  if (content.size() > max_normalized_bytes / matches.size()) return too_long();
  std::string out;
  out.reserve(text.size() + matches.size() * content.size());
  std::size_t done = 0;
  for (const Range& match : matches) {
    out.append(text, done, match.begin - done);
    out.append(content);
    done = match.end;
  }
  out.append(text, done);
  text.swap(out);
  return ok_status();
}

void strip(bool left, bool right, std::string& text) {
  std::string_view rest = text;
  while (left && !rest.empty()) {
    const utf8::Decoded d = utf8::decode(rest);
    if (!is_white_space(d.code_point)) break;
    rest.remove_prefix(d.length);
  }
  while (right && !rest.empty()) {
    std::size_t last = rest.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(rest[last]) & 0xC0) == 0x80) --last;
    if (!is_white_space(utf8::decode(rest.substr(last)).code_point)) break;
    rest.remove_suffix(rest.size() - last);
  }
  text = std::string(rest);
}

// BERT's cleaning: control characters go, white space becomes ' ', ideographs stand alone.
std::string bert_clean(std::string_view text, bool clean, bool chinese) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const utf8::Decoded d = utf8::decode(text);
    const char32_t c = d.code_point;
    text.remove_prefix(d.length);
    const bool line = c == '\t' || c == '\n' || c == '\r';
    if (clean && (c == 0 || c == 0xFFFD || (!line && is_other(c)))) continue;
    if (clean && is_white_space(c)) {
      out.push_back(' ');
    } else if (chinese && is_cjk_ideograph(c)) {
      out.push_back(' ');
      utf8::append(out, c);
      out.push_back(' ');
    } else {
      utf8::append(out, c);
    }
  }
  return out;
}

}  // namespace

Result<Regex> load_pattern(const Json& json, std::string_view owner) {
  const Json* pattern = field(json, "pattern");
  if (pattern == nullptr) return bad_component(owner, "it has no pattern");
  if (const Json* s = field(*pattern, "String"); s != nullptr && s->is_string()) {
    return Regex::literal(s->get_ref<const std::string&>());
  }
  if (const Json* r = field(*pattern, "Regex"); r != nullptr && r->is_string()) {
    return Regex::compile(r->get_ref<const std::string&>());
  }
  return bad_component(owner, "its pattern is neither a String nor a Regex");
}

Result<Normalizer> Normalizer::load(const Json& json) {
  Normalizer normalizer;
  if (!json.is_null()) CACTUS_CHECK(normalizer.add(json, 0));
  return normalizer;
}

Status Normalizer::add(const Json& json, int depth) {
  const std::string type = string_field(json, "type");
  if (depth > max_depth) return bad_component("the normalizer", "it is nested too deep");
  Step step;
  if (type == "Sequence") {
    const Json* parts = field(json, "normalizers");
    if (parts == nullptr || !parts->is_array()) {
      return bad_component("the normalizer Sequence", "it has no normalizers");
    }
    for (const Json& part : *parts) CACTUS_CHECK(add(part, depth + 1));
    return ok_status();
  }
  if (type == "Replace") {
    CACTUS_TRY(pattern, load_pattern(json, "the normalizer Replace"));
    step.pattern.push_back(std::move(pattern));
    step.content = string_field(json, "content");
  } else if (type == "Prepend") {
    step.kind = Kind::prepend;
    step.content = string_field(json, "prepend");
  } else if (type == "NFC" || type == "NFD" || type == "NFKC" || type == "NFKD") {
    step.kind = Kind::normal_form;
    step.form = type == "NFC"    ? NormalForm::nfc
                : type == "NFD"  ? NormalForm::nfd
                : type == "NFKC" ? NormalForm::nfkc
                                 : NormalForm::nfkd;
  } else if (type == "Lowercase") {
    step.kind = Kind::lowercase;
  } else if (type == "Strip") {
    step.kind = Kind::strip;
    step.left = bool_field(json, "strip_left", true);
    step.right = bool_field(json, "strip_right", true);
  } else if (type == "StripAccents") {
    step.kind = Kind::strip_accents;
  } else if (type == "BertNormalizer") {
    step.kind = Kind::bert;
    step.clean_text = bool_field(json, "clean_text", true);
    step.chinese = bool_field(json, "handle_chinese_chars", true);
    step.lower = bool_field(json, "lowercase", true);
    step.accents = bool_field(json, "strip_accents", step.lower);
  } else {
    return unsupported("normalizer", type);
  }
  steps_.push_back(std::move(step));
  return ok_status();
}

Status Normalizer::apply(std::string& text, const MatchBudget& budget) const {
  for (const Step& step : steps_) {
    CACTUS_CHECK(apply_step(step, text, budget));
    if (text.size() > max_normalized_bytes) return too_long();
  }
  return ok_status();
}

Status Normalizer::apply_step(const Step& step, std::string& text, const MatchBudget& budget) {
  switch (step.kind) {
    case Kind::replace:
      return replace(step.pattern[0], step.content, text, budget);
    case Kind::prepend:
      if (!text.empty()) text.insert(0, step.content);
      break;
    case Kind::normal_form:
      text = to_normal_form(text, step.form);
      break;
    case Kind::lowercase:
      text = to_lower(text);
      break;
    case Kind::strip:
      strip(step.left, step.right, text);
      break;
    case Kind::strip_accents:
      text = without_nonspacing_marks(text);
      break;
    case Kind::bert:
      if (step.clean_text || step.chinese) text = bert_clean(text, step.clean_text, step.chinese);
      if (step.accents) text = without_nonspacing_marks(to_normal_form(text, NormalForm::nfd));
      if (step.lower) text = to_lower(text);
      break;
  }
  return ok_status();
}

}  // namespace cactus::text
