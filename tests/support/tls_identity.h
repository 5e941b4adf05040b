// A certificate authority of the test's own and a server certificate it signed, made when the test
// runs: no key is stored anywhere.
#pragma once
#include <string>

#include "tests/support/files.h"

namespace cactus::test {

class TlsIdentity {
 public:
  TlsIdentity();  // for localhost and 127.0.0.1
  std::string ca_file() const { return (folder_ / "ca.pem").string(); }
  std::string certificate_file() const { return (folder_ / "server.pem").string(); }
  std::string key_file() const { return (folder_ / "server.key").string(); }

 private:
  TempDir folder_;
};

}  // namespace cactus::test
