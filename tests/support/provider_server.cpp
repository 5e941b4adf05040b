#include "tests/support/provider_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tests/support/raw_connection.h"

namespace cactus::test {
namespace {

using namespace std::chrono_literals;

struct Named {
  Fault fault;
  std::string_view name;
};

constexpr Named kNames[] = {
    {Fault::none, "none"},
    {Fault::unauthorized, "unauthorized"},
    {Fault::no_credit, "no-credit"},
    {Fault::rate_limit, "rate-limit"},
    {Fault::rate_limit_after, "rate-limit-after"},
    {Fault::rate_limit_long, "rate-limit-long"},
    {Fault::server_error, "server-error"},
    {Fault::overloaded, "overloaded"},
    {Fault::bad_request, "bad-request"},
    {Fault::stall_first, "stall-first"},
    {Fault::stall_headers, "stall-headers"},
    {Fault::stall_middle, "stall-middle"},
    {Fault::keep_alives, "keep-alives"},
    {Fault::keep_alives_middle, "keep-alives-middle"},
    {Fault::cut, "cut"},
    {Fault::cut_first, "cut-first"},
    {Fault::cut_headers, "cut-headers"},
    {Fault::ends_early, "ends-early"},
    {Fault::malformed, "malformed"},
    {Fault::nonsense, "nonsense"},
    {Fault::error_event, "error-event"},
    {Fault::error_first, "error-first"},
    {Fault::refusal, "refusal"},
    {Fault::huge, "huge"},
    {Fault::huge_event, "huge-event"},
    {Fault::html, "html"},
    {Fault::html_error, "html-error"},
    {Fault::redirect, "redirect"},
    {Fault::image_refused, "image-refused"},
    {Fault::echo_key, "echo-key"},
};

constexpr std::size_t kHuge = 50u << 20;
constexpr const char* kPage =
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to the network</body>"
    "</html>";

// The key in whichever header it came; empty when there was none.
std::string key_of(const ReceivedRequest& request) {
  for (const char* name : {"x-api-key", "x-goog-api-key"}) {
    const auto found = request.headers.find(name);
    if (found != request.headers.end()) return found->second;
  }
  const auto bearer = request.headers.find("authorization");
  if (bearer == request.headers.end() || bearer->second.rfind("Bearer ", 0) != 0) return {};
  return bearer->second.substr(7);
}

bool read_request(RawConnection& connection, ReceivedRequest& request) {
  std::string bytes;
  std::size_t head = 0;
  while ((head = bytes.find("\r\n\r\n")) == std::string::npos) {
    if (bytes.size() > (1u << 20) || !connection.read(bytes)) return false;
  }
  const std::size_t space = bytes.find(' ');
  request.method = bytes.substr(0, space);
  request.path = bytes.substr(space + 1, bytes.find(' ', space + 1) - space - 1);
  for (std::size_t at = bytes.find("\r\n") + 2; at < head;) {
    const std::size_t end = bytes.find("\r\n", at), colon = bytes.find(':', at);
    std::string name = bytes.substr(at, colon - at);
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const std::size_t value = bytes.find_first_not_of(' ', colon + 1);
    request.headers[name] = bytes.substr(value, end - value);
    at = end + 2;
  }
  const auto length = request.headers.find("content-length");
  const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
  request.body = bytes.substr(head + 4);
  while (request.body.size() < size) {
    if (!connection.read(request.body)) return false;
  }
  return true;
}

void answer_whole(RawConnection& connection, int status, const std::string& body,
                  const std::string& type = "application/json", const std::string& more = "") {
  connection.write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type +
                   "\r\nrequest-id: req_1\r\nx-request-id: req_1\r\nConnection: close\r\n" + more +
                   "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  connection.close();
}

int status_of(Fault fault) {
  switch (fault) {
    case Fault::unauthorized:
    case Fault::echo_key:
      return 401;
    case Fault::no_credit:
      return 402;
    case Fault::rate_limit:
    case Fault::rate_limit_after:
    case Fault::rate_limit_long:
      return 429;
    case Fault::server_error:
      return 500;
    case Fault::overloaded:
      return 529;
    case Fault::bad_request:
    case Fault::image_refused:
      return 400;
    default:
      return 0;
  }
}

// Google says in the body when to ask again.
std::string limited_gemini(const char* delay) {
  return std::string(R"({"error":{"code":429,"message":"Quota exceeded","status":)") +
         R"("RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo",)" +
         R"("retryDelay":")" + delay + R"("}]}})";
}

void answer_error(RawConnection& connection, Speech speech, Fault fault, const std::string& key) {
  const int status = status_of(fault);
  const bool later = fault == Fault::rate_limit_after || fault == Fault::rate_limit_long;
  const std::string delay = fault == Fault::rate_limit_long ? "3600" : "1";
  if (later && speech == Speech::gemini)
    return answer_whole(connection, status, limited_gemini((delay + "s").c_str()));
  std::string message = fault == Fault::image_refused ? "Could not process image"
                        : fault == Fault::echo_key    ? "Incorrect API key provided: " + key
                                                      : std::string(fault_name(fault));
  answer_whole(connection, status, error_body(speech, status, message), "application/json",
               later ? "retry-after: " + delay + "\r\n" : "");
}

bool holds_attachment(const std::string& body) {
  for (const char* mark :
       {"\"image\"", "\"input_image\"", "\"image_url\"", "\"input_audio\"", "\"inlineData\""}) {
    if (body.find(mark) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::string_view fault_name(Fault fault) {
  for (const Named& named : kNames) {
    if (named.fault == fault) return named.name;
  }
  return "unknown";
}

std::optional<Fault> fault_named(std::string_view name) {
  for (const Named& named : kNames) {
    if (named.name == name) return named.fault;
  }
  return {};
}

const std::vector<Fault>& all_faults() {
  static const std::vector<Fault> all = [] {
    std::vector<Fault> faults;
    for (const Named& named : kNames) faults.push_back(named.fault);
    return faults;
  }();
  return all;
}

struct ProviderServer::State {
  ProviderServerOptions options;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{nullptr, &SSL_CTX_free};
  int listener = -1, port = 0;
  std::atomic<bool> stop{false};
  std::atomic<int> connections{0};
  mutable std::mutex mutex;
  std::vector<ReceivedRequest> requests;
  int left = -1;  // requests that still get the fault; -1: all
  std::vector<std::thread> threads;
  std::thread acceptor;

  void listen();
  void accept_all();
  void serve(int fd);
  Fault next_fault();
  void speak(RawConnection& connection, Speech speech, Fault fault);
  void half_and(RawConnection& connection, Speech speech, Fault fault,
                const std::vector<std::string>& events);
  bool send_event(RawConnection& connection, std::string_view event);
};

void ProviderServer::State::listen() {
  listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 64) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port = ntohs(address.sin_port);
}

void ProviderServer::State::accept_all() {
  while (!stop) {
    pollfd entry{listener, POLLIN, 0};
    if (::poll(&entry, 1, 20) <= 0) continue;
    const int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) continue;
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    ++connections;
    threads.emplace_back([this, fd] { serve(fd); });
  }
}

Fault ProviderServer::State::next_fault() {
  const std::lock_guard lock(mutex);
  if (left == 0) return Fault::none;
  if (left > 0) --left;
  return options.fault;
}

void ProviderServer::State::serve(int fd) {
  RawConnection connection(fd, context.get(), stop);
  ReceivedRequest request;
  if (!connection.ready() || !read_request(connection, request)) return;
  {
    const std::lock_guard lock(mutex);
    requests.push_back(request);
  }
  const std::string key = key_of(request);
  const auto speech = speech_of(request.path);
  if (!options.key.empty() && key != options.key)
    return answer_whole(connection, 401,
                        error_body(speech.value_or(Speech::chat), 401, "wrong key"));
  if (request.method == "GET") {
    const bool gemini = request.path.find("/v1beta/") != std::string::npos;
    return answer_whole(connection, 200,
                        gemini ? R"({"models":[{"name":"models/fake-model-1"}]})"
                               : R"({"data":[{"id":"fake-model-1","object":"model"}]})");
  }
  if (!speech) return answer_whole(connection, 404, error_body(Speech::chat, 404, "no such path"));
  Fault fault = next_fault();
  if (fault == Fault::image_refused && !holds_attachment(request.body)) fault = Fault::none;
  if (status_of(fault) != 0) return answer_error(connection, *speech, fault, key);
  speak(connection, *speech, fault);
}

bool ProviderServer::State::send_event(RawConnection& connection, std::string_view event) {
  if (options.pace.count() > 0 && !connection.wait(options.pace)) return false;
  return connection.chunk(event);
}

void ProviderServer::State::speak(RawConnection& connection, Speech speech, Fault fault) {
  switch (fault) {
    case Fault::stall_first:
      while (connection.wait(1h)) {
      }
      return;
    case Fault::cut_first:
      return connection.reset();
    case Fault::html:
      return answer_whole(connection, 200, kPage, "text/html");
    case Fault::html_error:
      return answer_whole(connection, 502, kPage, "text/html");
    case Fault::redirect:
      return answer_whole(connection, 307, "", "text/plain",
                          "Location: " + options.redirect_to + "\r\n");
    default:
      break;
  }
  connection.write(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nrequest-id: req_1\r\n"
      "x-request-id: req_1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
  ScriptedAnswer answer = options.answer;
  answer.refuses = answer.refuses || fault == Fault::refusal;
  const auto events = events_of(speech, answer);
  if (fault == Fault::none || fault == Fault::refusal) {
    for (const std::string& event : events) {
      if (!send_event(connection, event)) return;
    }
    connection.chunk("");
    return connection.close();
  }
  half_and(connection, speech, fault, events);
}

// The first half of the answer where the fault wants it, and then the fault.
void ProviderServer::State::half_and(RawConnection& connection, Speech speech, Fault fault,
                                     const std::vector<std::string>& events) {
  const bool middle = fault != Fault::keep_alives && fault != Fault::stall_headers &&
                      fault != Fault::nonsense && fault != Fault::huge_event &&
                      fault != Fault::cut_headers && fault != Fault::error_first;
  // Far enough that some of the text is out.
  const std::size_t text = events.size() - 4 + (speech == Speech::gemini ? 2 : 0);
  for (std::size_t i = 0; middle && i < text; ++i) {
    if (!send_event(connection, events[i])) return;
  }
  switch (fault) {
    case Fault::keep_alives:
    case Fault::keep_alives_middle:
      while (connection.wait(20ms) && connection.chunk(keep_alive(speech))) {
      }
      return;
    case Fault::nonsense:
      while (connection.wait(5ms) && connection.chunk("data: {\"hello\": [1, 2, {}]}\n\n")) {
      }
      return;
    case Fault::cut:
    case Fault::cut_headers:
      connection.wait(20ms);
      return connection.reset();
    case Fault::ends_early:
      connection.chunk("");
      return connection.close();
    case Fault::malformed:
      connection.chunk("event: content_block_delta\ndata: {\"type\": \"cont\n\n");
      break;
    case Fault::error_event:
    case Fault::error_first:
      connection.chunk(error_event(speech, "Overloaded"));
      break;
    case Fault::huge: {
      const std::string event = text_event(speech, std::string(64 * 1024, 'x'));
      for (std::size_t sent = 0; sent < kHuge; sent += event.size()) {
        if (!connection.chunk(event)) return;
      }
      break;
    }
    case Fault::huge_event: {
      connection.chunk("data: {\"type\": \"");
      const std::string piece(64 * 1024, 'x');
      for (std::size_t sent = 0; sent < kHuge; sent += piece.size()) {
        if (!connection.chunk(piece)) return;
      }
      break;
    }
    default:
      break;  // a stall
  }
  while (connection.wait(1h)) {
  }
}

ProviderServer::ProviderServer(ProviderServerOptions options, const TlsIdentity* identity)
    : state_(std::make_unique<State>()) {
  std::signal(SIGPIPE, SIG_IGN);  // clients hang up in the middle
  state_->left = options.times;
  state_->options = std::move(options);
  if (identity != nullptr) {
    state_->context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* context = state_->context.get();
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_CTX_use_certificate_chain_file(context, identity->certificate_file().c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, identity->key_file().c_str(), SSL_FILETYPE_PEM) != 1) {
      throw std::runtime_error("cannot use the test certificate");
    }
  }
  state_->listen();
  state_->acceptor = std::thread([this] { state_->accept_all(); });
}

ProviderServer::~ProviderServer() {
  state_->stop = true;
  state_->acceptor.join();
  for (std::thread& thread : state_->threads) thread.join();
  ::close(state_->listener);
}

std::string ProviderServer::url(std::string_view path) const {
  return (state_->context ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(state_->port) + std::string(path);
}

int ProviderServer::port() const {
  return state_->port;
}

int ProviderServer::connections() const {
  return state_->connections;
}

std::vector<ReceivedRequest> ProviderServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

void ProviderServer::set_fault(Fault fault, int times) {
  const std::lock_guard lock(state_->mutex);
  state_->options.fault = fault;
  state_->left = times;
}

}  // namespace cactus::test
