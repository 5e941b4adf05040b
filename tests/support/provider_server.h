// A fake cloud provider: a real HTTPS (or HTTP) server on loopback that speaks Anthropic Messages,
// OpenAI Responses, OpenAI Chat Completions and Gemini, by the path it is asked at, and misbehaves
// on demand. In process for tests of the router; as the program fake_provider for tests of the
// binary and for people (see fake_provider.cpp for its flags).
//
//   const TlsIdentity identity;
//   ProviderServer server({.fault = Fault::stall_middle}, &identity);
//   … ANTHROPIC_BASE_URL=server.url(), OPENAI_BASE_URL=server.url("/v1"),
//   GEMINI_BASE_URL=server.url(),
//     SSL_CERT_FILE=identity.ca_file() …
//   CHECK(server.requests().at(0).body …);
//
// GET …/models (and …/key) answers 200 with one model, for the check of a key.
#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/provider_script.h"
#include "tests/support/tls_identity.h"

namespace cactus::test {

enum class Fault {
  none,
  unauthorized,        // 401
  no_credit,           // 402
  rate_limit,          // 429, no word about when
  rate_limit_after,    // 429, retry-after: 1 (Gemini: RetryInfo 1s)
  rate_limit_long,     // 429, retry-after: 3600 (Gemini: RetryInfo 3600s)
  server_error,        // 500
  overloaded,          // 529
  bad_request,         // 400
  stall_first,         // headers never come
  stall_headers,       // headers come, then nothing
  stall_middle,        // half of the answer, then nothing
  keep_alives,         // keep-alives for ever, no answer
  keep_alives_middle,  // half of the answer, then keep-alives for ever
  cut,                 // half of the answer, then the connection breaks
  cut_first,           // the connection breaks at once
  cut_headers,         // headers come, then the connection breaks
  ends_early,          // half of the answer, then an orderly end
  malformed,           // half of the answer, then an event that is not JSON
  nonsense,            // events of JSON that mean nothing in any protocol
  error_event,         // half of the answer, then an error event
  error_first,         // an error event instead of an answer
  refusal,
  huge,           // 50 MB of text events
  huge_event,     // one event of 50 MB
  html,           // a web page with status 200
  html_error,     // a web page with status 502
  redirect,       // 307 to ProviderServerOptions::redirect_to
  image_refused,  // 400 when the request holds an image or sound; fine otherwise
  echo_key,       // 401 whose message repeats the key
};

// "stall-middle" and the like, for flags and test names.
std::string_view fault_name(Fault fault);
std::optional<Fault> fault_named(std::string_view name);
const std::vector<Fault>& all_faults();

struct ProviderServerOptions {
  Fault fault = Fault::none;
  int times = -1;  // so many requests get the fault, later ones are answered; -1: all
  ScriptedAnswer answer = {};
  std::string key = {};               // when not empty, other keys get 401
  std::string redirect_to = {};       // URL
  std::chrono::milliseconds pace{0};  // before each event
};

struct ReceivedRequest {
  std::string method, path, body;
  std::map<std::string, std::string> headers;  // names in lower case
};

class ProviderServer {
 public:
  // Encrypted when `identity` is given; it must outlive the server.
  explicit ProviderServer(ProviderServerOptions options, const TlsIdentity* identity = nullptr);
  ~ProviderServer();  // ends all connections
  ProviderServer(const ProviderServer&) = delete;
  ProviderServer& operator=(const ProviderServer&) = delete;

  // "https://127.0.0.1:PORT" + path
  std::string url(std::string_view path = "") const;
  int port() const;
  std::vector<ReceivedRequest> requests() const;  // so far, POST and GET
  int connections() const;                        // that were accepted, whatever came over them
  void set_fault(Fault fault, int times = -1);    // for requests from now on

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cactus::test
