// The project's one HTTP client. Safe to use from several threads at once; connections are kept and
// used again. Nothing here throws; a request ends in an Exchange, whatever happened.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/secret.h"
#include "hub/net/headers.h"

namespace cactus::net {

// How a request failed to be answered. An HTTP status, also 404 or 503, is an answer.
enum class Reason {
  none,         // answered, the whole body came
  bad_request,  // never sent: not a web address, http:// where it is not allowed, a broken header
  dns,          // the host's (or proxy's) name was not found: usually no network at all
  refused,      // nobody listens there, or the network has no way there
  tls,          // no trusted encrypted connection: certificate, clock, an interfering proxy
  timeout,      // connecting, waiting for the first byte, silence in the middle, or the total time
  cut,          // the connection broke after it stood
  redirect,     // redirected too often or to nonsense
  too_large,    // an in-memory body beyond max_body
  stopped,      // a callback of the caller said so
  cancelled,    // the cancel flag
  other,        // anything else libcurl reports
};

// Where redirects are followed (GET and HEAD only, ten at most).
enum class Redirects {
  none,      // a 3xx is the answer
  relative,  // only a Location without scheme and host; another one is the answer
  all,       // everywhere; secret headers are left out at another origin (scheme, host or port)
};

// Where unencrypted http:// is allowed, redirects included.
enum class Plain {
  refused,
  loopback,  // 127.0.0.0/8, ::1, localhost
  any,       // the user asked for it by writing http:// in the configuration
};

// A header whose value must never be seen: "NAME: PREFIX SECRET", for example Authorization,
// "Bearer ", the key.
struct SecretHeader {
  std::string name;
  std::string prefix;
  Secret value;
};

struct Timeouts {                             // zero: no limit
  std::chrono::milliseconds connect{10'000};  // name, TCP, TLS
  std::chrono::milliseconds first_byte{0};    // from the last byte sent to the first received
  std::chrono::milliseconds idle{30'000};     // silence at any time after connecting
  std::chrono::milliseconds total{0};         // everything, redirects included
};

struct Response {
  int status = 0;  // 0: no answer came
  Headers headers;
  std::string body;  // unless on_body took it
  std::string url;   // what answered in the end; may hold a signature in its query: do not show
  bool ok() const { return status >= 200 && status < 300; }
};

struct Request {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::vector<SecretHeader> secret_headers;
  std::string body;

  Timeouts timeouts;
  Redirects redirects = Redirects::all;
  Plain plain = Plain::loopback;
  // Lets the server compress (gzip, …); the body arrives unpacked. Otherwise identity is asked for,
  // and a body compressed all the same arrives as it is, with its Content-Encoding.
  bool compressed = false;
  std::uint64_t max_body = 32u << 20;  // of a body kept in Response::body, unpacked

  // Both run in the thread that called exchange(). on_start: the final answer's status and headers
  // are known (not those of redirects). on_body: bytes of a 2xx answer as they arrive; the body of
  // any other answer goes into Response::body. False stops the transfer (Reason::stopped).
  std::function<bool(const Response&)> on_start;
  std::function<bool(std::string_view)> on_body;
  // Looked at ten times a second; may be set from a signal handler.
  const std::atomic<bool>* cancel = nullptr;
  const std::atomic<bool>* also_cancel = nullptr;  // the same, of another owner
  // Called ten times a second, also before anything comes: for limits that depend on what the body
  // means. False stops the transfer (Reason::stopped).
  std::function<bool()> on_tick;
};

struct Exchange {
  Response response;  // as far as it came, also after a failure
  Reason reason = Reason::none;
  Error error;  // when reason is not none: network, or usage, cancelled
  // The whole request left this machine: the server may have acted on it, answered or not.
  bool sent = false;
  bool answered() const { return reason == Reason::none; }
};

struct Settings {
  std::string user_agent;  // default_user_agent()
  // Where to look for certificates besides or instead of the system's place; empty: the system's.
  std::string ca_file, ca_folder;
};

// "cactus/VERSION (linux; x86_64)"
std::string default_user_agent();

// Reads CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE (file or folder), SSL_CERT_FILE, SSL_CERT_DIR, the first
// that is set, through `variable` (returns null or a value). Proxies are libcurl's business:
// https_proxy, HTTPS_PROXY, http_proxy, ALL_PROXY, NO_PROXY; never used for loopback.
Settings settings_from(const std::function<const char*(const char*)>& variable);

class HttpClient {
 public:
  explicit HttpClient(Settings settings = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  Exchange exchange(const Request& request);
  // The same for those who need no Reason.
  Result<Response> send(const Request& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cactus::net
