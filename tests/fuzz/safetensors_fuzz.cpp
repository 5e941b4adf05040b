// A safetensors header, and an index of shards. What is accepted must keep what the parsers
// promise.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "engine/base/file.h"
#include "engine/convert/checkpoint.h"
#include "engine/convert/safetensors.h"

using namespace cactus;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 8) return 0;
  // The first 8 bytes: how many bytes of data follow the header.
  std::uint64_t body = 0;
  std::memcpy(&body, data, 8);
  const std::string_view header(reinterpret_cast<const char*>(data) + 8, size - 8);
  std::byte prefix[8];
  std::memcpy(prefix, data, 8);
  const auto length = header_length(prefix, size, "f");
  if (length && *length > size - 8) std::abort();

  const std::uint64_t file = 8 + header.size() + body % (std::uint64_t{1} << 62);
  if (const auto tensors = parse_safetensors(header, file, "f")) {
    std::uint64_t end = 8 + header.size();
    for (const SourceTensor& t : *tensors) {
      if (t.offset != end || t.size > file - end) std::abort();
      end += t.size;
    }
    if (end != file) std::abort();
  }
  if (const auto shards = parse_index(header, nullptr)) {
    for (const std::string& name : *shards) {
      if (!is_plain_name(name)) std::abort();
    }
  }
  return 0;
}
