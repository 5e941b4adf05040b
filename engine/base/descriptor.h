// A file descriptor that is closed with its owner, for places that need flags File does not have.
#pragma once
#include <unistd.h>

namespace cactus {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }  // below 0: open() failed

 private:
  int fd_;
};

}  // namespace cactus
