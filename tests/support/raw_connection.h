// One accepted connection of a test server, plain or TLS, that can also be treated badly.
#pragma once
#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace cactus::test {

class RawConnection {
 public:
  // Takes `fd`. `context` null: not encrypted. Everything gives up soon after `stop` is set.
  RawConnection(int fd, SSL_CTX* context, const std::atomic<bool>& stop);
  ~RawConnection();  // without an orderly end: see close()
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool ready() const { return ready_; }  // TLS stands
  bool read(std::string& out);           // some bytes, appended; false at the end
  bool write(std::string_view bytes);    // all of them; false when nobody reads any more
  bool chunk(std::string_view bytes);    // of a chunked body
  void close();                          // in order
  void reset();                          // as if the machine had gone
  // Waits; false when the other side closed or stop was set meanwhile.
  bool wait(std::chrono::milliseconds time);

 private:
  bool until_ready(short events);  // poll; false on stop

  int fd_;
  const std::atomic<bool>& stop_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  bool ready_ = false;
};

}  // namespace cactus::test
