#include "tests/support/raw_connection.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

namespace cactus::test {
namespace {

constexpr int kStep = 20;  // ms between looks at `stop`

}  // namespace

RawConnection::RawConnection(int fd, SSL_CTX* context, const std::atomic<bool>& stop)
    : fd_(fd), stop_(stop), ssl_(nullptr, &SSL_free) {
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  if (context == nullptr) {
    ready_ = true;
    return;
  }
  ssl_.reset(SSL_new(context));
  SSL_set_fd(ssl_.get(), fd_);
  while (true) {
    const int result = SSL_accept(ssl_.get());
    if (result == 1) break;
    const int error = SSL_get_error(ssl_.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return;
    if (!until_ready(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT)) return;
  }
  ready_ = true;
}

RawConnection::~RawConnection() {
  if (fd_ >= 0) ::close(fd_);
}

bool RawConnection::until_ready(short events) {
  while (!stop_) {
    pollfd entry{fd_, events, 0};
    const int result = ::poll(&entry, 1, kStep);
    if (result > 0) return true;
    if (result < 0 && errno != EINTR) return false;
  }
  return false;
}

bool RawConnection::read(std::string& out) {
  std::array<char, 16 * 1024> buffer;
  while (true) {
    long got = 0;
    short wanted = POLLIN;
    if (ssl_ != nullptr) {
      got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (got <= 0) {
        const int error = SSL_get_error(ssl_.get(), static_cast<int>(got));
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
        if (error == SSL_ERROR_WANT_WRITE) wanted = POLLOUT;
      }
    } else {
      got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        return false;
    }
    if (got > 0) {
      out.append(buffer.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (!until_ready(wanted)) return false;
  }
}

bool RawConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    long sent = 0;
    short wanted = POLLOUT;
    if (ssl_ != nullptr) {
      sent = SSL_write(ssl_.get(), bytes.data(),
                       static_cast<int>(std::min<std::size_t>(bytes.size(), 1u << 16)));
      if (sent <= 0) {
        const int error = SSL_get_error(ssl_.get(), static_cast<int>(sent));
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
        if (error == SSL_ERROR_WANT_READ) wanted = POLLIN;
      }
    } else {
      sent = ::send(fd_, bytes.data(), bytes.size(), 0);
      if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return false;
    }
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (!until_ready(wanted)) {
      return false;
    }
  }
  return true;
}

bool RawConnection::chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return write(std::string(size) + std::string(bytes) + "\r\n");
}

void RawConnection::close() {
  if (fd_ < 0) return;
  if (ssl_ != nullptr && ready_) SSL_shutdown(ssl_.get());
  ::shutdown(fd_, SHUT_WR);
  // Until the other side has read it all: closing with unread input would throw output away.
  std::string rest;
  pollfd entry{fd_, POLLIN, 0};
  for (int i = 0; i < 50 && !stop_; ++i) {
    char byte[256];
    if (::poll(&entry, 1, kStep) > 0 && ::recv(fd_, byte, sizeof byte, 0) <= 0) break;
  }
  ::close(fd_);
  fd_ = -1;
}

void RawConnection::reset() {
  if (fd_ < 0) return;
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd_);
  fd_ = -1;
}

bool RawConnection::wait(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!stop_ && std::chrono::steady_clock::now() < end) {
    pollfd entry{fd_, POLLIN, 0};
    if (::poll(&entry, 1, kStep) > 0) return false;  // nothing more is expected: it closed
  }
  return !stop_;
}

}  // namespace cactus::test
