#include "router/providers/errors.h"

#include <algorithm>
#include <array>

#include "router/providers/fields.h"

namespace cactus::providers {
namespace {

using Kind = CloudErrorKind;

struct Word {
  std::string_view word;
  Kind kind;
  bool retryable = false;
  bool stronger = false;  // than the HTTP status beside it
};

constexpr Word kWords[] = {
    {"insufficient_quota", Kind::billing, false, true},
    {"billing_error", Kind::billing, false, true},
    {"API_KEY_INVALID", Kind::auth, false, true},
    {"invalid_api_key", Kind::auth, false, true},
    {"context_length_exceeded", Kind::too_large, false, true},
    {"request_too_large", Kind::too_large, false, true},
    {"content_policy_violation", Kind::refused, false, true},
    {"content_filter", Kind::refused, false, true},
    {"overloaded_error", Kind::overloaded, true, true},
    {"server_is_overloaded", Kind::overloaded, true, true},
    {"authentication_error", Kind::auth},
    {"permission_error", Kind::auth},
    {"UNAUTHENTICATED", Kind::auth},
    {"PERMISSION_DENIED", Kind::auth},
    {"rate_limit_error", Kind::rate_limit, true},
    {"rate_limit_exceeded", Kind::rate_limit, true},
    {"RESOURCE_EXHAUSTED", Kind::rate_limit, true},
    {"UNAVAILABLE", Kind::overloaded, true},
    {"invalid_request_error", Kind::bad_request},
    {"invalid_prompt", Kind::bad_request},
    {"INVALID_ARGUMENT", Kind::bad_request},
    {"FAILED_PRECONDITION", Kind::bad_request},
    {"not_found_error", Kind::bad_request},
    {"NOT_FOUND", Kind::bad_request},
    {"model_not_found", Kind::bad_request},
    {"api_error", Kind::server, true},
    {"server_error", Kind::server, true},
    {"timeout_error", Kind::server, true},
    {"INTERNAL", Kind::server, true},
    {"DEADLINE_EXCEEDED", Kind::server, true},
};

// With `stronger`, only words that count more than an HTTP status.
const Word* find_word(const Complaint& c, bool stronger) {
  for (const std::string& said : {c.reason, c.code, c.type}) {
    for (const Word& word : kWords) {
      if (said == word.word && (word.stronger || !stronger)) return &word;
    }
  }
  return nullptr;
}

struct Verdict {
  Kind kind;
  bool retryable;
};

Verdict of_status(int status) {
  switch (status) {
    case 401:
    case 403:
      return {Kind::auth, false};
    case 402:
      return {Kind::billing, false};
    case 408:
    case 409:
      return {Kind::server, true};
    case 413:
      return {Kind::too_large, false};
    case 429:
      return {Kind::rate_limit, true};
    case 503:
    case 529:
      return {Kind::overloaded, true};
    default:
      break;
  }
  if (status >= 300 && status < 400) return {Kind::redirect, false};
  if (status >= 500) return {Kind::server, true};
  if (status >= 400) return {Kind::bad_request, false};
  return {Kind::server, true};
}

std::string lower(std::string_view text) {
  std::string out(text.substr(0, 4096));
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

bool mentions(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view w) { return text.find(w) != std::string::npos; });
}

std::string_view title(Kind kind) {
  switch (kind) {
    case Kind::auth:
      return "the key was not accepted";
    case Kind::billing:
      return "no credit or quota is left";
    case Kind::rate_limit:
      return "too many requests";
    case Kind::overloaded:
      return "the provider is overloaded";
    case Kind::bad_request:
      return "the request was not accepted";
    case Kind::too_large:
      return "the request is too large";
    case Kind::redirect:
      return "redirected to another address, which is refused because the key would go along";
    case Kind::refused:
      return "the provider's filter refused the request";
    default:
      return "the provider failed";
  }
}

// RetryInfo, ErrorInfo and QuotaFailure of google.rpc.
void read_details(const Json& details, Complaint& out) {
  for (const Json& detail : list_of(details)) {
    const std::string_view type = text_at(detail, "@type");
    if (type.find("google.rpc.RetryInfo") != std::string_view::npos) {
      out.retry_after = parse_span(text_at(detail, "retryDelay"));
    } else if (type.find("google.rpc.ErrorInfo") != std::string_view::npos) {
      out.reason = text_at(detail, "reason");
    } else if (type.find("google.rpc.QuotaFailure") != std::string_view::npos) {
      for (const Json& violation : list_of(field(detail, "violations"))) {
        if (text_at(violation, "quotaId").find("PerDay") != std::string_view::npos)
          out.daily = true;
      }
    }
  }
}

// The text of an error that is a string, or of FastAPI's list of them.
std::string_view plain_message(const Json& body) {
  for (const char* key : {"error", "message", "detail"}) {
    const Json& value = field(body, key);
    if (value.is_string()) return text_of(value);
    if (value.is_array()) return text_at(first_of(value), "msg");
  }
  return {};
}

}  // namespace

Complaint read_complaint(const Json& whole) {
  const Json& body = whole.is_array() ? first_of(whole) : whole;
  Complaint out;
  out.request_id = text_at(body, "request_id");
  const Json& error = field(body, "error").is_object() ? field(body, "error") : body;
  out.message = text_at(error, "message");
  if (out.message.empty()) out.message = plain_message(body);
  out.type = text_at(error, "type");
  const Json& code = field(error, "code");
  out.code = text_of(code);
  if (out.code.empty()) out.code = text_at(error, "status");
  if (const auto number = count_of(code); number && *number >= 300 && *number < 600)
    out.status = static_cast<int>(*number);
  read_details(field(error, "details"), out);
  out.moderated = field(error, {"metadata", "reasons"}).is_array();
  return out;
}

CloudError error_of(int status, const Complaint& c) {
  CloudError error;
  error.http_status = status;
  const int shown = status != 0 ? status : c.status;
  Verdict verdict = of_status(shown);
  if (const Word* word = find_word(c, shown != 0); word != nullptr)
    verdict = {word->kind, word->retryable};
  const std::string said = lower(c.message);
  if (verdict.kind == Kind::bad_request &&
      mentions(said, {"prompt is too long", "maximum context length", "maximum number of tokens",
                      "context window", "input length"})) {
    verdict.kind = Kind::too_large;
  }
  // Google says 400 INVALID_ARGUMENT to a wrong key, also where it leaves the reason out.
  if (verdict.kind == Kind::bad_request && mentions(said, {"api key not valid"}))
    verdict.kind = Kind::auth;
  if (c.moderated) verdict = {Kind::refused, false};
  if (c.daily) verdict.retryable = false;
  error.kind = verdict.kind;
  error.retryable = verdict.retryable;
  error.retry_after = c.retry_after;
  error.request_id = c.request_id;
  error.blames_attachment =
      (error.kind == Kind::bad_request || error.kind == Kind::too_large) &&
      mentions(said, {"image", "audio", "media_type", "media type", "inline_data", "inlinedata"});
  error.message = title(error.kind);
  if (shown != 0) error.message += " (HTTP " + std::to_string(shown) + ")";
  if (!c.message.empty() && error.kind != Kind::redirect) error.message += ": " + c.message;
  return error;
}

CloudError error_of(int status, const net::Headers& headers, std::string_view body, WallTime now) {
  Complaint complaint;
  const std::size_t start = body.find_first_not_of(" \t\r\n");
  const bool page = start != std::string_view::npos && body[start] == '<';
  if (!page) {
    const auto parsed = parse_json(body, "the error");
    if (parsed) {
      complaint = read_complaint(*parsed);
    } else if (body.size() <= 300) {
      complaint.message = body;  // a line of a proxy
    }
  } else {
    complaint.message = "a web page came instead of an answer";
  }
  CloudError error = error_of(status, complaint);
  if (const Wait wait = retry_after(headers, now)) error.retry_after = wait;
  const std::string_view should = headers.get("x-should-retry");
  if (should == "true" || should == "false") error.retryable = should == "true";
  for (const char* name : {"request-id", "x-request-id", "x-generation-id"}) {
    if (error.request_id.empty()) error.request_id = headers.get(name);
  }
  return error;
}

}  // namespace cactus::providers
