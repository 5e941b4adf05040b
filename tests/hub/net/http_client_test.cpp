// The client against real servers on loopback: answers, limits, redirects, and every way to fail.
#include "hub/net/http_client.h"

#include <sys/socket.h>

#include "tests/support/catch.h"
#include "tests/support/loopback_server.h"

using namespace cactus;
using namespace cactus::net;
using test::LoopbackServer;
using namespace std::chrono_literals;

namespace {

Request get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

// Sends `first` bytes of an announced 1,000 and then breaks the connection.
void cut_after(httplib::Response& response, std::size_t first) {
  response.set_content_provider(1000, "application/octet-stream",
                                [first](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                                  if (offset >= first) return false;
                                  const std::string bytes(first, 'x');
                                  return sink.write(bytes.data(), bytes.size());
                                });
}

}  // namespace

TEST_CASE("http: a request and its answer", "[hub]") {
  LoopbackServer server;
  std::string agent, encoding, type;
  server.routes().Post("/echo", [&](const httplib::Request& request, httplib::Response& response) {
    agent = request.get_header_value("User-Agent");
    encoding = request.get_header_value("Accept-Encoding");
    type = request.get_header_value("Content-Type");
    response.set_header("X-Name", "  value ");
    response.status = 201;
    response.set_content(request.body + "!", "text/plain");
  });
  server.start();
  HttpClient client;
  Request request = get(server.url("/echo"));
  request.method = "POST";
  request.headers.add("Content-Type", "application/json");
  request.body = "{}";
  const auto response = client.send(request);
  REQUIRE(response.ok());
  CHECK(response->status == 201);
  CHECK(response->body == "{}!");
  CHECK(response->headers.get("x-name") == "value");
  CHECK(agent == default_user_agent());
  CHECK(agent.rfind("cactus/", 0) == 0);
  CHECK(encoding == "identity");
  CHECK(type == "application/json");
}

TEST_CASE("http: bodies stream, stop, and are limited in memory", "[hub]") {
  LoopbackServer server;
  server.routes().Get("/big", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(std::string(1'000'000, 'x'), "application/octet-stream");
  });
  server.routes().Get("/missing", [](const httplib::Request&, httplib::Response& response) {
    response.status = 404;
    response.set_content("no such thing", "text/plain");
  });
  server.start();
  HttpClient client;

  Request request = get(server.url("/big"));
  std::size_t seen = 0;
  int status = 0;
  request.on_start = [&](const Response& response) { return (status = response.status) == 200; };
  request.on_body = [&](std::string_view bytes) { return (seen += bytes.size()) > 0; };
  Exchange all = client.exchange(request);
  CHECK(all.answered());
  CHECK(seen == 1'000'000);
  CHECK(status == 200);
  CHECK(all.response.body.empty());

  request.on_body = [](std::string_view) { return false; };
  CHECK(client.exchange(request).reason == Reason::stopped);
  request.on_start = [](const Response&) { return false; };
  CHECK(client.exchange(request).reason == Reason::stopped);

  Request small = get(server.url("/big"));
  small.max_body = 1000;
  CHECK(client.exchange(small).reason == Reason::too_large);

  // The body of an error is no part of the file.
  request = get(server.url("/missing"));
  request.on_body = [](std::string_view) { return false; };
  const Exchange missing = client.exchange(request);
  CHECK(missing.answered());
  CHECK(missing.response.status == 404);
  CHECK(missing.response.body == "no such thing");
}

TEST_CASE("http: secrets go to the first origin only", "[hub]") {
  LoopbackServer hub, other;
  std::string at_hub, at_other = "never asked", moved;
  other.routes().Get("/file", [&](const httplib::Request& request, httplib::Response& response) {
    at_other = request.get_header_value("Authorization") + request.get_header_value("X-Key");
    response.set_content("from the other", "text/plain");
  });
  other.start();
  hub.routes().Get("/file", [&](const httplib::Request& request, httplib::Response& response) {
    at_hub = request.get_header_value("Authorization");
    response.set_redirect(other.url("/file"), 302);
  });
  hub.routes().Get("/old", [&](const httplib::Request&, httplib::Response& response) {
    response.set_redirect("/new", 307);
  });
  hub.routes().Get("/new", [&](const httplib::Request& request, httplib::Response& response) {
    moved = request.get_header_value("Authorization");
    response.set_content("moved", "text/plain");
  });
  hub.start();
  HttpClient client;
  Request request = get(hub.url("/file"));
  request.secret_headers.push_back({"Authorization", "Bearer ", Secret("token-1")});
  request.secret_headers.push_back({"X-Key", "", Secret("key-1")});

  SECTION("followed, but without them") {
    const auto response = client.send(request);
    REQUIRE(response.ok());
    CHECK(response->body == "from the other");
    CHECK(at_hub == "Bearer token-1");
    CHECK(at_other.empty());
  }
  SECTION("a plain Authorization header is dropped as well") {
    request.secret_headers.clear();
    request.headers.add("Authorization", "Basic abc");
    REQUIRE(client.send(request).ok());
    CHECK(at_hub == "Basic abc");
    CHECK(at_other.empty());
  }
  SECTION("relative only: another host's address is the answer") {
    request.redirects = Redirects::relative;
    const auto response = client.send(request);
    REQUIRE(response.ok());
    CHECK(response->status == 302);
    CHECK(response->headers.get("location") == other.url("/file"));
    CHECK(at_other == "never asked");
  }
  SECTION("relative only: a renamed page on the same host is followed with them") {
    request.redirects = Redirects::relative;
    request.url = hub.url("/old");
    CHECK(client.send(request)->body == "moved");
    CHECK(moved == "Bearer token-1");
  }
  SECTION("none") {
    request.redirects = Redirects::none;
    request.url = hub.url("/old");
    CHECK(client.send(request)->status == 307);
  }
}

TEST_CASE("http: endless redirects end", "[hub]") {
  LoopbackServer server;
  server.routes().Get("/loop", [](const httplib::Request&, httplib::Response& response) {
    response.set_redirect("/loop", 302);
  });
  server.start();
  CHECK(HttpClient().exchange(get(server.url("/loop"))).reason == Reason::redirect);
}

TEST_CASE("http: what is never sent", "[hub]") {
  HttpClient client;
  Request request = get("http://hub.example/x");
  CHECK(client.exchange(request).reason == Reason::bad_request);
  request = get("http://127.0.0.1:1/x");
  request.plain = Plain::refused;
  CHECK(client.exchange(request).reason == Reason::bad_request);
  request = get("https://127.0.0.1:1/x");
  request.secret_headers.push_back({"Authorization", "Bearer ", Secret("a\r\nX-Other: b")});
  const Exchange injected = client.exchange(request);
  CHECK(injected.reason == Reason::bad_request);
  CHECK(injected.error.why.find("X-Other") == std::string::npos);
  request = get("https://127.0.0.1:1/x");
  request.headers.add("X-A", "b\nc");
  CHECK(client.exchange(request).reason == Reason::bad_request);
}

TEST_CASE("http: failures are told apart", "[hub]") {
  HttpClient client;
  Request unknown = get("https://no-such-host.invalid/x?signature=abc");
  const Exchange dns = client.exchange(unknown);
  CHECK(dns.reason == Reason::dns);
  CHECK_FALSE(dns.sent);
  CHECK(dns.error.kind == ErrorKind::network);
  CHECK((dns.error.what + dns.error.why + dns.error.fix).find("abc") == std::string::npos);

  const Exchange refused = client.exchange(get("http://127.0.0.1:1/x"));
  CHECK(refused.reason == Reason::refused);
  CHECK_FALSE(refused.sent);

  LoopbackServer server;
  server.routes().Get("/cut", [](const httplib::Request&, httplib::Response& response) {
    cut_after(response, 10);
  });
  server.routes().Get("/slow", [](const httplib::Request&, httplib::Response& response) {
    std::this_thread::sleep_for(400ms);
    response.set_content("late", "text/plain");
  });
  server.routes().Get("/stalls", [](const httplib::Request&, httplib::Response& response) {
    response.set_content_provider(1000, "text/plain",
                                  [](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                                    if (offset > 0) std::this_thread::sleep_for(500ms);
                                    return sink.write("x", 1) && offset < 2;
                                  });
  });
  server.start();

  std::string got;
  Request cut = get(server.url("/cut"));
  cut.on_body = [&](std::string_view bytes) {
    got += bytes;
    return true;
  };
  const Exchange broken = client.exchange(cut);
  CHECK(broken.reason == Reason::cut);
  CHECK(broken.response.status == 200);
  CHECK(got.size() == 10);

  Request slow = get(server.url("/slow"));
  slow.timeouts.first_byte = 100ms;
  CHECK(client.exchange(slow).reason == Reason::timeout);
  slow = get(server.url("/slow"));
  slow.timeouts.total = 100ms;
  const Exchange late = client.exchange(slow);
  CHECK(late.reason == Reason::timeout);
  CHECK(late.sent);
  Request stalls = get(server.url("/stalls"));
  stalls.timeouts.idle = 100ms;
  const Exchange stalled = client.exchange(stalls);
  CHECK(stalled.reason == Reason::timeout);
  CHECK(stalled.response.status == 200);

  std::atomic<bool> cancel{false};
  Request cancelled = get(server.url("/slow"));
  cancelled.cancel = &cancel;
  std::thread later([&] { cancel = true; });
  const Exchange stopped = client.exchange(cancelled);
  later.join();
  CHECK(stopped.reason == Reason::cancelled);
  CHECK(stopped.error.kind == ErrorKind::cancelled);
}

TEST_CASE("http: encrypted connections are verified", "[hub]") {
  const test::TlsIdentity identity;
  LoopbackServer server(identity);
  server.routes().Get("/", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("safe", "text/plain");
  });
  server.start();
  CHECK(HttpClient().exchange(get(server.url("/"))).reason == Reason::tls);

  const std::string file = identity.ca_file();
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}) {
    INFO(name);
    HttpClient client(settings_from([&](const char* asked) {
      return std::string_view(asked) == name ? file.c_str() : nullptr;
    }));
    const auto response = client.send(get(server.url("/")));
    REQUIRE(response.ok());
    CHECK(response->body == "safe");
  }
}

TEST_CASE("http: compression only where it was asked for", "[hub]") {
  LoopbackServer server;
  server.routes().Get("/json", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(std::string(5000, ' ') + "{}", "application/json");
  });
  server.start();
  HttpClient client;
  Request request = get(server.url("/json"));
  CHECK_FALSE(client.send(request)->headers.has("content-encoding"));
  request.compressed = true;
  const auto packed = client.send(request);
  REQUIRE(packed.ok());
  CHECK(packed->headers.has("content-encoding"));
  CHECK(packed->body.size() == 5002);
  request.max_body = 1000;  // of the unpacked body
  CHECK(client.exchange(request).reason == Reason::too_large);
}

TEST_CASE("http: a proxy of the usual variables is used, except for loopback", "[hub]") {
  LoopbackServer proxy, server;
  std::string asked;
  proxy.routes().Get(".*", [&](const httplib::Request& request, httplib::Response& response) {
    asked = request.target;
    response.set_content("by proxy", "text/plain");
  });
  proxy.start();
  server.routes().Get("/", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("direct", "text/plain");
  });
  server.start();
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  HttpClient client;
  Request request = get("http://hub.invalid/file");
  request.plain = Plain::any;
  const auto response = client.send(request);
  const auto direct = client.send(get(server.url("/")));
  ::unsetenv("http_proxy");
  REQUIRE(response.ok());
  CHECK(response->body == "by proxy");
  CHECK(asked == "http://hub.invalid/file");
  REQUIRE(direct.ok());
  CHECK(direct->body == "direct");
}

TEST_CASE("http: one client serves many threads", "[hub]") {
  LoopbackServer server;
  server.routes().Get(R"(/(\d+))",
                      [](const httplib::Request& request, httplib::Response& response) {
                        response.set_content(request.matches[1].str(), "text/plain");
                      });
  server.start();
  HttpClient client;
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string n = std::to_string(t * 100 + i);
        const auto response = client.send(get(server.url("/" + n)));
        if (response && response->body == n) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(right == 160);
}
