#include "hub/net/transfer.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>

#include "hub/net/failure.h"

namespace cactus::net {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostHeaderBytes = 256 * 1024;
constexpr std::size_t kMostDroppedBytes = 64 * 1024;  // more, and a new connection is cheaper
constexpr auto kPollStep = std::chrono::milliseconds(100);

// Header lines in libcurl's form. Wipes them when it goes: a key may be among them.
class Lines {
 public:
  ~Lines() {
    for (curl_slist* line = list_; line != nullptr; line = line->next) {
      volatile char* at = line->data;
      while (*at != 0) *at++ = 0;
    }
    curl_slist_free_all(list_);
  }
  void add(const char* line) {
    if (curl_slist* longer = curl_slist_append(list_, line)) list_ = longer;
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

bool is_private(std::string_view name) {
  return same_text(name, "authorization") || same_text(name, "cookie");
}

// What the callbacks of libcurl work on.
struct Transfer {
  explicit Transfer(const Hop& of) : hop(of) {}

  const Hop& hop;
  Exchange exchange;
  Reason stop = Reason::none;  // why we ended it
  std::string stop_detail;
  bool connected = false;
  bool head_done = false;
  bool enough = false;  // no more of the body is wanted: the answer stands
  bool dropped = false;
  std::size_t dropped_bytes = 0;
  std::size_t header_bytes = 0;
  curl_off_t uploaded = 0;
  Clock::time_point last = Clock::now();  // something moved

  bool end(Reason reason, std::string detail = {}) {
    stop = reason;
    stop_detail = std::move(detail);
    return false;
  }
  bool header(std::string_view line);
  bool body(std::string_view bytes);
  bool expired();
};

bool Transfer::header(std::string_view line) {
  last = Clock::now();
  header_bytes += line.size();
  if (header_bytes > kMostHeaderBytes) return end(Reason::too_large, "endless headers");
  if (head_done) return true;  // trailers
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  Response& response = exchange.response;
  if (line.rfind("HTTP/", 0) == 0) {
    response.headers.clear();
    response.status = 0;
    const auto space = line.find(' ');
    if (space != std::string_view::npos)
      std::from_chars(line.data() + space + 1, line.data() + line.size(), response.status);
    return true;
  }
  if (!line.empty()) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    response.headers.add(std::string(line.substr(0, colon)), std::string(value));
    return true;
  }
  if (response.status < 200) return true;  // 100 Continue, 103: the answer comes after it
  head_done = true;
  dropped = hop.leads_on && hop.leads_on(response);
  if (!dropped && hop.request.on_start && !hop.request.on_start(response))
    return end(Reason::stopped);
  last = Clock::now();
  return true;
}

bool Transfer::body(std::string_view bytes) {
  if (dropped) {
    dropped_bytes += bytes.size();
    enough = dropped_bytes > kMostDroppedBytes;
    return !enough;
  }
  Response& response = exchange.response;
  if (response.ok() && hop.request.on_body) {
    if (!hop.request.on_body(bytes)) return end(Reason::stopped);
  } else if (response.body.size() + bytes.size() > hop.request.max_body) {
    if (response.ok()) {
      return end(Reason::too_large, "more than " + std::to_string(hop.request.max_body) + " bytes");
    }
    enough = true;
    return false;
  } else {
    response.body += bytes;
  }
  last = Clock::now();  // the caller's own time is not silence
  return true;
}

// True when a limit is over or the caller has cancelled; `stop` says so.
bool Transfer::expired() {
  const Request& request = hop.request;
  const auto is_set = [](const std::atomic<bool>* flag) { return flag != nullptr && flag->load(); };
  if (is_set(request.cancel) || is_set(request.also_cancel)) {
    end(Reason::cancelled);
    return true;
  }
  if (request.on_tick && !request.on_tick()) {
    end(Reason::stopped);
    return true;
  }
  const auto now = Clock::now();
  const auto seconds = [](std::chrono::milliseconds t) {
    return t.count() % 1000 == 0 ? std::to_string(t.count() / 1000) + " s"
                                 : std::to_string(t.count()) + " ms";
  };
  if (hop.deadline && now >= *hop.deadline) {
    end(Reason::timeout, "not finished after " + seconds(request.timeouts.total));
    return true;
  }
  if (!connected) return false;
  const auto first = request.timeouts.first_byte, idle = request.timeouts.idle;
  if (exchange.response.status == 0 && first.count() > 0 && now - last >= first) {
    end(Reason::timeout, "no answer within " + seconds(first));
    return true;
  }
  if (idle.count() > 0 && now - last >= idle) {
    end(Reason::timeout, "nothing came for " + seconds(idle));
    return true;
  }
  return false;
}

std::size_t on_header(char* data, std::size_t size, std::size_t n, void* self) {
  return static_cast<Transfer*>(self)->header({data, size * n}) ? size * n : 0;
}

std::size_t on_body(char* data, std::size_t size, std::size_t n, void* self) {
  // 0 would mean success for an empty piece.
  return static_cast<Transfer*>(self)->body({data, size * n}) ? size * n : size * n + 1;
}

int on_ready(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.connected = true;
  transfer.last = Clock::now();
  return CURL_PREREQFUNC_OK;
}

int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (sent != transfer.uploaded) transfer.last = Clock::now();
  transfer.uploaded = sent;
  return 0;
}

void add_headers(Lines& lines, const Hop& hop) {
  const Request& request = hop.request;
  bool typed = false;
  for (const auto& [name, value] : request.headers) {
    if (!hop.trusted && is_private(name)) continue;
    typed = typed || same_text(name, "content-type");
    // libcurl leaves out "Name:" and sends "Name;" as an empty header.
    lines.add((value.empty() ? name + ";" : name + ": " + value).c_str());
  }
  if (hop.trusted) {
    for (const SecretHeader& header : request.secret_headers) {
      std::string line = header.name + ": " + header.prefix;
      line.reserve(line.size() + header.value.size());
      line += header.value.expose();
      lines.add(line.c_str());
      wipe(line);
    }
  }
  if (!typed) lines.add("Content-Type:");
  lines.add("Expect:");
  if (!request.compressed) lines.add("Accept-Encoding: identity");
}

void set_method(CURL* easy, const Request& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (request.method == "GET" && request.body.empty()) return;
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  if (request.method != "POST")
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_options(CURL* easy, const Hop& hop, Transfer& transfer, const Lines& lines, char* error) {
  const Request& request = hop.request;
  const Settings& settings = hop.settings;
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, hop.url.text.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, settings.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines.get());
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!settings.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
  if (!settings.ca_folder.empty())
    curl_easy_setopt(easy, CURLOPT_CAPATH, settings.ca_folder.c_str());
  if (hop.url.loopback()) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.timeouts.connect.count()));
  if (request.compressed) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // cancelling does not wait for a slow resolver
#endif
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &on_ready);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
  set_method(easy, request);
}

bool all_sent(CURL* easy, const Transfer& transfer) {
  curl_off_t uploaded = 0;
  curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
  const auto size = static_cast<curl_off_t>(transfer.hop.request.body.size());
  return transfer.connected && uploaded >= size;
}

// Until libcurl is done (its code) or the transfer ended by us (nothing).
std::optional<CURLcode> drive(CURLM* multi, Transfer& transfer) {
  while (true) {
    int running = 0;
    if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    if (transfer.stop != Reason::none || transfer.expired()) return {};
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(kPollStep.count()), nullptr);
  }
}

}  // namespace

Connection::Connection() : easy(curl_easy_init()), multi(curl_multi_init()) {}

Connection::~Connection() {
  curl_easy_cleanup(easy);
  curl_multi_cleanup(multi);
}

Exchange perform(Connection& connection, const Hop& hop) {
  Transfer transfer(hop);
  transfer.exchange.response.url = hop.url.text;
  const std::string host = hop.url.shown();
  CURL* const easy = connection.easy;
  CURLM* const multi = connection.multi;
  if (easy == nullptr || multi == nullptr) {
    transfer.exchange.reason = Reason::other;
    transfer.exchange.error = failure(Reason::other, host, "out of memory");
    return std::move(transfer.exchange);
  }
  char message[CURL_ERROR_SIZE] = "";
  Lines lines;
  add_headers(lines, hop);
  set_options(easy, hop, transfer, lines, message);
  curl_multi_add_handle(multi, easy);
  const auto code = drive(multi, transfer);
  transfer.exchange.sent = all_sent(easy, transfer);
  curl_multi_remove_handle(multi, easy);
  curl_easy_reset(easy);  // it points at this call's variables no more

  Reason reason = transfer.stop;
  std::string detail = transfer.stop_detail;
  if (reason == Reason::none && code && !transfer.enough) {
    reason = reason_of(*code);
    if (reason == Reason::none && !transfer.head_done) reason = Reason::cut;
    detail = message[0] != 0 ? message : curl_easy_strerror(*code);
  }
  transfer.exchange.reason = reason;
  if (reason != Reason::none) transfer.exchange.error = failure(reason, host, std::move(detail));
  return std::move(transfer.exchange);
}

}  // namespace cactus::net
