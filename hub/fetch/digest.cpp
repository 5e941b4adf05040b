#include "hub/fetch/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <vector>

#include "engine/base/file.h"

namespace cactus::hub {

struct Digest::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Digest::Digest(const TreeFile& file) : state_(std::make_unique<State>()) {
  EVP_DigestInit_ex(state_->context, file.is_sha256() ? EVP_sha256() : EVP_sha1(), nullptr);
  if (!file.is_sha256()) {
    const std::string head = "blob " + std::to_string(file.size);
    EVP_DigestUpdate(state_->context, head.c_str(), head.size() + 1);  // with its zero byte
  }
}

Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string Digest::hex() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context, bytes, &size);
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
  return text;
}

Error wrong_checksum(const TreeFile& file, const std::string& found) {
  return make_error(ErrorKind::incompatible, file.path + " has a wrong checksum",
                    found.substr(0, 12) + "… instead of " + file.etag.substr(0, 12) + "…",
                    "download it again; if that repeats, something changes files on their way");
}

Status verify_file(const std::filesystem::path& path, const TreeFile& file,
                   const std::atomic<bool>* cancel) {
  CACTUS_TRY(in, File::open(path, File::Mode::read));
  CACTUS_TRY(size, in.size());
  if (size != file.size) {
    return make_error(ErrorKind::incompatible, file.path + " has a wrong size",
                      std::to_string(size) + " bytes instead of " + std::to_string(file.size),
                      "download it again");
  }
  Digest digest(file);
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  for (std::uint64_t at = 0; at < size;) {
    if (cancel != nullptr && cancel->load()) return make_error(ErrorKind::cancelled, "cancelled");
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at));
    const std::span<std::byte> bytes(buffer.data(), n);
    CACTUS_CHECK(in.read_at(at, bytes));
    digest.update(bytes);
    at += n;
  }
  const std::string found = digest.hex();
  if (found != file.etag) return wrong_checksum(file, found);
  return ok_status();
}

}  // namespace cactus::hub
