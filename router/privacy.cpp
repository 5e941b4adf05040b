#include "router/privacy.h"

#include <algorithm>

#include "engine/tokenizer/regex.h"

namespace cactus {
namespace {

constexpr std::string_view kWithheld = "[kept on this device]";

struct BuiltIn {
  const char* name;
  const char* replacement;
  const char* expression;
};

constexpr BuiltIn kBuiltIn[] = {
    // Keys of providers and forges, bearer tokens, JSON web tokens, private keys in PEM.
    {"keys", "[key]",
     R"(\b(?:sk-[A-Za-z0-9_-]{16,}|AIza[0-9A-Za-z_-]{30,}|hf_[A-Za-z0-9]{20,})"
     R"(|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|glpat-[A-Za-z0-9_-]{18,})"
     R"(|xox[abprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|npm_[A-Za-z0-9]{30,})"
     R"(|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}))"
     R"(|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z))"},
    {"email", "[email]", R"([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})"},
    {"phone", "[phone]", R"((?<![\w.])(?:\+|00)\d(?:[ ./-]?\(?\d\)?){7,14}(?![\w]))"},
    {"card", "[card]", R"((?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]))"},
};

// Card numbers end in a check digit (ISO/IEC 7812); other long numbers stay.
bool luhn(std::string_view text) {
  int sum = 0, at = 0;
  for (auto c = text.rbegin(); c != text.rend(); ++c) {
    if (*c < '0' || *c > '9') continue;
    int digit = *c - '0';
    if (at++ % 2 == 1) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
    sum += digit;
  }
  return sum % 10 == 0;
}

// Every text in `value`, whatever it is nested in, but not what identifies calls.
template <class Change>
Status change_texts(Json& value, const Change& change) {
  if (value.is_string()) return change(value.get_ref<std::string&>());
  if (value.is_array()) {
    for (Json& element : value) CACTUS_CHECK(change_texts(element, change));
  } else if (value.is_object()) {
    for (auto member = value.begin(); member != value.end(); ++member)
      if (member.key() != "id" && member.key() != "type")
        CACTUS_CHECK(change_texts(member.value(), change));
  }
  return ok_status();
}

// What must never leave, said by the messages themselves.
std::vector<std::string> withheld_values(const Json& messages) {
  std::vector<std::string> values;
  for (const Json& message : messages) {
    if (!message.is_object() || !message.contains("withheld")) continue;
    for (const Json& value : message["withheld"]) {
      if (!value.is_string() || value.get_ref<const std::string&>().empty()) continue;
      values.push_back(value.get<std::string>());
      const std::string quoted = dump_json(value);  // as results of tools hold it
      values.push_back(quoted.substr(1, quoted.size() - 2));
    }
  }
  // A value that is part of another one must not tear it apart first.
  std::sort(values.begin(), values.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  return values;
}

int take_out(std::string& text, const std::string& value) {
  int count = 0;
  for (std::size_t at = text.find(value); at != std::string::npos;
       at = text.find(value, at + kWithheld.size())) {
    text.replace(at, value.size(), kWithheld);
    ++count;
  }
  return count;
}

}  // namespace

struct Redactor::Pattern {
  std::string name, replacement;
  text::Regex regex;
};

Result<Redactor> Redactor::create(const std::vector<std::string>& patterns) {
  Redactor redactor;
  for (const std::string& entry : patterns) {
    if (entry.empty()) continue;
    const auto* found = std::find_if(std::begin(kBuiltIn), std::end(kBuiltIn),
                                     [&](const BuiltIn& b) { return entry == b.name; });
    const bool built_in = found != std::end(kBuiltIn);
    auto regex = text::Regex::compile(built_in ? found->expression : entry.c_str());
    if (!regex)
      return make_error(ErrorKind::usage,
                        "handoff.redact has a pattern that cannot be read: '" + entry + "'",
                        regex.error().why.empty() ? regex.error().what : regex.error().why,
                        "keys, email, phone, card, or a regular expression");
    redactor.patterns_.push_back(std::make_shared<const Pattern>(
        Pattern{entry, built_in ? found->replacement : "[redacted]", std::move(*regex)}));
  }
  return redactor;
}

Result<int> Redactor::apply(std::string& text) const {
  int count = 0;
  for (const auto& pattern : patterns_) {
    std::vector<text::Range> matches;
    if (!pattern->regex.find_all(text, text::MatchBudget(text.size()), matches))
      return make_error(
          ErrorKind::usage, "the pattern '" + pattern->name + "' of handoff.redact takes too long",
          "it backtracks without end on this text, so nothing was sent", "a simpler pattern");
    if (matches.empty()) continue;
    std::string out;
    std::size_t at = 0;
    for (const text::Range& match : matches) {
      const std::string_view found = std::string_view(text).substr(match.begin, match.size());
      if (pattern->name == "card" && !luhn(found)) continue;
      out.append(text, at, match.begin - at);
      out += pattern->replacement;
      at = match.end;
      ++count;
    }
    out.append(text, at, std::string::npos);
    text = std::move(out);
  }
  return count;
}

std::vector<std::string> Redactor::built_in_names() {
  std::vector<std::string> names;
  for (const BuiltIn& pattern : kBuiltIn) names.emplace_back(pattern.name);
  return names;
}

Result<Outgoing> outgoing(const Json& messages, const Json& tools, const Redactor& redactor) {
  Outgoing out;
  out.tools = tools;
  const std::vector<std::string> withheld = withheld_values(messages);
  const auto redact = [&](std::string& text) -> Status {
    for (const std::string& value : withheld) out.redactions += take_out(text, value);
    CACTUS_TRY(count, redactor.apply(text));
    out.redactions += count;
    return ok_status();
  };
  for (const Json& message : messages) {
    if (!message.is_object()) continue;
    Json sent = Json::object();
    for (const char* key :
         {"role", "content", "tool_calls", "tool_call_id", "name", "provider_state", "attachments"})
      if (message.contains(key)) sent[key] = message[key];
    if (sent.contains("content") && sent["content"].is_array()) {
      Json parts = Json::array();
      for (const Json& part : sent["content"])
        if (part.is_object() && part.value("type", "") == "text")
          parts.push_back({{"type", "text"}, {"text", part.value("text", "")}});
        else
          ++out.withheld;
      sent["content"] = std::move(parts);
    }
    for (const char* key : {"content", "tool_calls"})
      if (sent.contains(key)) CACTUS_CHECK(change_texts(sent[key], redact));
    out.messages.push_back(std::move(sent));
  }
  return out;
}

}  // namespace cactus
