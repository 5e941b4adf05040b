// Bytes of a remote file by ranges, without storing it: headers of safetensors files, and tensors
// for a conversion that runs while it downloads.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "hub/fetch/remote_file.h"

namespace cactus::hub {

struct RangeOptions {
  int connections = 4;
  std::uint64_t piece = 8u << 20;    // bytes of one request while reading ahead
  std::uint64_t window = 64u << 20;  // bytes kept in memory at most, read ahead or being copied
};

// Thread-safe. Retries, expired links and Retry-After as in RemoteFile.
class RangeReader {
 public:
  // Makes no request yet. `file` must outlive the reader.
  explicit RangeReader(RemoteFile& file, RangeOptions options = {});
  ~RangeReader();
  RangeReader(const RangeReader&) = delete;
  RangeReader& operator=(const RangeReader&) = delete;

  std::uint64_t size() const;

  // Bytes [offset, offset + out.size()), all of them or an error: usage (past the end), network,
  // auth, not_found, cancelled; incompatible when the server cannot send ranges or the file is
  // another one by now. Outside what was expected: one exact request, nothing kept. Inside: from
  // what was read ahead, waiting for it when need be.
  Status read(std::uint64_t offset, std::span<std::byte> out);

  // From now on [begin, end) will be read, about in order: several connections fetch it ahead, at
  // most `window` bytes beyond the lowest offset last asked for. Reading backwards or jumping works
  // and throws away what was ahead. Replaces the range expected before; (0, 0) stops.
  void expect(std::uint64_t begin, std::uint64_t end);

  std::uint64_t received() const;  // bytes from the network so far, for progress

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cactus::hub
