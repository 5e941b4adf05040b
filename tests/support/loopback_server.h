// An HTTP(S) server on loopback for tests (cpp-httplib): set handlers on `routes()`, then start().
#pragma once
#include <httplib.h>

#include <memory>
#include <string>
#include <thread>

#include "tests/support/tls_identity.h"

namespace cactus::test {

class LoopbackServer {
 public:
  LoopbackServer() : server_(std::make_unique<httplib::Server>()) {}
  // Encrypted, with a certificate for localhost and 127.0.0.1 that identity.ca_file() vouches for.
  explicit LoopbackServer(const TlsIdentity& identity)
      : server_(std::make_unique<httplib::SSLServer>(identity.certificate_file().c_str(),
                                                     identity.key_file().c_str())),
        scheme_("https") {}
  ~LoopbackServer() { stop(); }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  httplib::Server& routes() { return *server_; }

  void start() {
    // Cut and slow answers would otherwise keep every thread of a small pool.
    server_->new_task_queue = [] { return new httplib::ThreadPool(24); };
    server_->set_tcp_nodelay(true);
    server_->set_keep_alive_timeout(1);
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  void stop() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
  }
  int port() const { return port_; }
  // "http://127.0.0.1:PORT" + path
  std::string url(const std::string& path = "") const {
    return scheme_ + "://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  std::unique_ptr<httplib::Server> server_;
  std::string scheme_ = "http";
  std::thread thread_;
  int port_ = 0;
};

}  // namespace cactus::test
