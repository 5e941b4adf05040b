#include "hub/net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>

#include "hub/net/failure.h"
#include "hub/net/transfer.h"
#include "hub/net/url.h"

namespace cactus::net {
namespace {

constexpr int kMostRedirects = 10;

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

// A line break in a value would start a header of its own.
bool is_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

// What is wrong with the request; empty when nothing is. Names headers, never their values.
std::string fault(const Request& request) {
  if (!is_token(request.method)) return "the method is not a word";
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return "a header's name is not a word";
    if (!is_value(value)) return "the header " + name + " contains a control character";
  }
  for (const SecretHeader& header : request.secret_headers) {
    if (!is_token(header.name)) return "a header's name is not a word";
    if (!is_value(header.prefix) || !is_value(header.value.expose()))
      return "the key for the header " + header.name + " contains a control character";
  }
  return {};
}

bool allowed(const Url& url, Plain plain) {
  if (url.scheme == "https" || plain == Plain::any) return true;
  return plain == Plain::loopback && url.loopback();
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool leads_on(const Request& request, const Url& here, const Response& response) {
  if (request.redirects == Redirects::none || !is_redirect(response.status)) return false;
  if (request.method != "GET" && request.method != "HEAD") return false;
  const std::string_view location = response.headers.get("location");
  if (location.empty()) return false;
  if (request.redirects == Redirects::all) return true;
  if (!is_relative(location)) return false;
  const auto next = resolve_url(here, location);
  return next && next->same_origin(here);
}

Exchange failed(Exchange exchange, Reason reason, const std::string& host, std::string detail) {
  exchange.reason = reason;
  exchange.error = failure(reason, host, std::move(detail));
  return exchange;
}

}  // namespace

struct HttpClient::State {
  Settings settings;
  std::mutex mutex;
  std::vector<std::unique_ptr<Connection>> idle;
};

HttpClient::HttpClient(Settings settings) : state_(std::make_unique<State>()) {
  // Thread-safe and done once, as libcurl wants it.
  [[maybe_unused]] static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  state_->settings = std::move(settings);
  if (state_->settings.user_agent.empty()) state_->settings.user_agent = default_user_agent();
}

HttpClient::~HttpClient() = default;

Exchange HttpClient::exchange(const Request& request) {
  Result<Url> parsed = parse_url(request.url);
  if (!parsed) return {{}, Reason::bad_request, parsed.error(), false};
  const Url first = std::move(parsed).value();
  if (std::string wrong = fault(request); !wrong.empty())
    return failed({}, Reason::bad_request, first.shown(), std::move(wrong));
  if (!allowed(first, request.plain)) {
    return failed({}, Reason::bad_request, first.shown(),
                  "http:// is not encrypted; only https:// is used here");
  }

  std::unique_ptr<Connection> connection;
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->idle.empty()) {
      connection = std::move(state_->idle.back());
      state_->idle.pop_back();
    }
  }
  if (!connection) connection = std::make_unique<Connection>();

  std::optional<std::chrono::steady_clock::time_point> deadline;
  if (request.timeouts.total.count() > 0)
    deadline = std::chrono::steady_clock::now() + request.timeouts.total;

  Url here = first;
  bool trusted = true;
  Exchange exchange;
  for (int hops = 0;; ++hops) {
    bool on = false;
    exchange =
        perform(*connection,
                {request, state_->settings, here, trusted, deadline,
                 [&](const Response& response) { return on = leads_on(request, here, response); }});
    if (!on || !exchange.answered()) break;
    if (hops == kMostRedirects) {
      exchange = failed(std::move(exchange), Reason::redirect, here.shown(),
                        "more than " + std::to_string(kMostRedirects) + " in a row");
      break;
    }
    Result<Url> next = resolve_url(here, exchange.response.headers.get("location"));
    if (!next || !allowed(*next, request.plain)) {
      exchange = failed(
          std::move(exchange), Reason::redirect, here.shown(),
          next ? "it leads to " + next->shown() + ", which is not encrypted" : next.error().what);
      break;
    }
    if (here.scheme == "https" && next->scheme == "http") {
      exchange = failed(std::move(exchange), Reason::redirect, here.shown(),
                        "it leads from an encrypted to an unencrypted connection");
      break;
    }
    here = std::move(next).value();
    trusted = trusted && here.same_origin(first);
  }
  {
    const std::lock_guard lock(state_->mutex);
    state_->idle.push_back(std::move(connection));
  }
  return exchange;
}

Result<Response> HttpClient::send(const Request& request) {
  Exchange result = exchange(request);
  if (!result.answered()) return std::move(result.error);
  return std::move(result.response);
}

}  // namespace cactus::net
