#include "tests/support/hub_repo.h"

#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "tests/support/files.h"

namespace cactus::test {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kLargeFrom = 100'000;

std::string hex(const unsigned char* bytes, unsigned size) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
  return text;
}

std::string digest(const EVP_MD* algorithm, const std::string& prefix, const HubFile& file) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, algorithm, nullptr);
  EVP_DigestUpdate(context, prefix.data(), prefix.size());
  constexpr std::uint64_t kStep = 8u << 20;
  for (std::uint64_t at = 0; at < file.size; at += kStep) {
    const std::string bytes = file.read(at, std::min(file.size, at + kStep));
    EVP_DigestUpdate(context, bytes.data(), bytes.size());
  }
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(context, out, &size);
  EVP_MD_CTX_free(context);
  return hex(out, size);
}

std::string git_blob(const HubFile& file) {
  std::string prefix = "blob " + std::to_string(file.size);
  prefix += '\0';
  return digest(EVP_sha1(), prefix, file);
}

HubFile memory_file(std::string bytes) {
  HubFile file;
  file.size = bytes.size();
  file.bytes = std::move(bytes);
  return file;
}

std::shared_ptr<const HubFile> finished(HubFile file, bool large) {
  file.large = large;
  if (!large) {
    file.git_oid = git_blob(file);
  } else {
    file.sha256 = digest(EVP_sha256(), "", file);
    file.pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + file.sha256 +
                   "\nsize " + std::to_string(file.size) + "\n";
    file.git_oid = git_blob(memory_file(file.pointer));
  }
  return std::make_shared<const HubFile>(std::move(file));
}

bool is_large(const std::string& path, std::uint64_t size) {
  return size >= kLargeFrom || fs::path(path).extension() == ".safetensors";
}

}  // namespace

std::string HubFile::read(std::uint64_t begin, std::uint64_t end) const {
  if (stored.empty()) return bytes.substr(begin, end - begin);
  std::ifstream in(stored, std::ios::binary);
  std::string out(end - begin, '\0');
  in.seekg(static_cast<std::streamoff>(begin));
  if (!in.read(out.data(), static_cast<std::streamsize>(out.size())))
    throw std::runtime_error("cannot read " + stored.string());
  return out;
}

std::shared_ptr<const HubFile> hub_file(std::string bytes, bool large) {
  return finished(memory_file(std::move(bytes)), large);
}

std::shared_ptr<const HubFile> hub_file(const fs::path& stored, bool large) {
  HubFile file;
  file.stored = stored;
  file.size = fs::file_size(stored);
  return finished(std::move(file), large);
}

std::string HubRepo::add_commit(HubFiles files, const std::string& branch) {
  const std::lock_guard lock(*mutex_);
  std::string text = id_ + std::to_string(commits_.size());
  for (const auto& [path, file] : files) text += path + file->etag();
  const std::string commit = git_blob(memory_file(text));
  commits_[commit] = std::move(files);
  branches_[branch] = commit;
  return commit;
}

std::string HubRepo::commit(const std::vector<std::pair<std::string, std::string>>& files,
                            const std::string& branch) {
  HubFiles made;
  for (const auto& [path, bytes] : files)
    made[path] = hub_file(bytes, is_large(path, bytes.size()));
  return add_commit(std::move(made), branch);
}

std::string HubRepo::commit_folder(const fs::path& folder, const std::string& branch) {
  HubFiles made;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = fs::relative(entry.path(), folder).generic_string();
    const bool large = is_large(path, entry.file_size());
    made[path] = large ? hub_file(entry.path(), true) : hub_file(read_file(entry.path()), false);
  }
  return add_commit(std::move(made), branch);
}

void HubRepo::tag(const std::string& name, const std::string& commit) {
  const std::lock_guard lock(*mutex_);
  tags_[name] = commit;
}

void HubRepo::set_access(Access access) {
  const std::lock_guard lock(*mutex_);
  access_ = access;
}

void HubRepo::disable() {
  const std::lock_guard lock(*mutex_);
  disabled_ = true;
}

void HubRepo::set_info(const std::string& json) {
  const std::lock_guard lock(*mutex_);
  info_ = json;
}

}  // namespace cactus::test
