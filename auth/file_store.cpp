#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <thread>

#include "auth/store.h"
#include "engine/base/descriptor.h"
#include "engine/base/file.h"
#include "engine/base/json.h"

namespace cactus::auth {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLargest = 1u << 20;
constexpr int kVersion = 1;

Error refused(const fs::path& path, const std::string& why, const std::string& fix) {
  return make_error(ErrorKind::auth, "keys are not read from " + path.string(), why, fix);
}

// The file's text; nothing when there is no file.
Result<std::optional<std::string>> read(const fs::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    if (errno == ELOOP) return refused(path, "it is a symbolic link", "rm " + path.string());
    return file_error("open", path, errno);
  }
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return file_error("read", path, errno);
  if (!S_ISREG(info.st_mode)) return refused(path, "it is no plain file", "");
  if (info.st_uid != geteuid()) return refused(path, "it belongs to another user", "");
  if ((info.st_mode & 077) != 0)
    return refused(path, "other users may read or change it", "chmod 600 " + path.string());
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(file.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("read", path, errno);
    if (n == 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > kLargest) return refused(path, "it is longer than 1 MiB", "");
  }
  volatile char* const spent = buffer;
  for (std::size_t i = 0; i < sizeof buffer; ++i) spent[i] = 0;
  return std::optional<std::string>(std::move(text));
}

using Keys = std::map<std::string, Secret>;

// The texts inside a parsed file, which the parser's destructor would leave in memory.
void wipe_texts(Json& keys) {
  for (auto& [name, value] : keys.items())
    if (value.is_string()) wipe(value.get_ref<std::string&>());
}

Result<Keys> read_keys(const fs::path& path) {
  CACTUS_TRY(text, read(path));
  Keys keys;
  if (!text) return keys;
  auto root = parse_json(*text, "credentials.json", ErrorKind::auth);
  wipe(*text);
  // The parser's own words could quote what it read.
  if (!root || !root->is_object() || !root->contains("keys") || !root->at("keys").is_object())
    return refused(path, "it is not what cactus wrote", "rm " + path.string());
  for (auto& [name, value] : root->at("keys").items())
    if (value.is_string()) keys[name] = Secret::take(value.get_ref<std::string&>());
  return keys;
}

// The folder, for this user only.
Status private_folder(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder.parent_path(), ignored)) CACTUS_CHECK(make_folders(folder.parent_path()));
  if (mkdir(folder.c_str(), 0700) == 0) return ok_status();
  if (errno != EEXIST) return file_error("make the folder", folder, errno);
  struct stat info {};
  if (stat(folder.c_str(), &info) != 0) return file_error("read", folder, errno);
  if ((info.st_mode & 077) == 0) return ok_status();
  if (info.st_uid != geteuid() || chmod(folder.c_str(), 0700) != 0)
    return make_error(ErrorKind::auth, "keys are not kept in " + folder.string(),
                      "other users may read it", "chmod 700 " + folder.string());
  return ok_status();
}

Status write(const fs::path& path, std::string_view text) {
  std::random_device random;
  const fs::path aside =
      path.string() + "." + std::to_string(getpid()) + "." + std::to_string(random()) + ".tmp";
  int error = 0;
  {
    const Descriptor file(
        open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.get() < 0) return file_error("write", path, errno);
    while (!text.empty() && error == 0) {
      const ssize_t n = ::write(file.get(), text.data(), text.size());
      if (n >= 0)
        text.remove_prefix(static_cast<std::size_t>(n));
      else if (errno != EINTR)
        error = errno;
    }
    if (error == 0 && (fchmod(file.get(), 0600) != 0 || fsync(file.get()) != 0)) error = errno;
  }
  if (error == 0 && rename(aside.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return sync_folder(path.parent_path());
  unlink(aside.c_str());
  return file_error("write", path, error);
}

// Held while the file is read and written anew.
Result<File> lock(const fs::path& path) {
  CACTUS_TRY(file, File::open(path.parent_path() / "credentials.lock", File::Mode::write));
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kPatience{10};
  for (const auto began = Clock::now();;) {
    CACTUS_TRY(held, file.try_lock());
    if (held) return std::move(file);
    if (Clock::now() - began > kPatience)
      return make_error(ErrorKind::resources, "another cactus is writing keys",
                        path.string() + " stayed locked for 10 s");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Status write_keys(const fs::path& path, const Keys& keys) {
  Json root = {{"version", kVersion}, {"keys", Json::object()}};
  for (const auto& [name, key] : keys) root["keys"][name] = std::string(key.expose());
  std::string text = dump_json(root, 2);
  text += '\n';
  wipe_texts(root["keys"]);
  const Status status = write(path, text);
  wipe(text);
  return status;
}

}  // namespace

Result<Secret> FileStore::get(std::string_view provider) {
  CACTUS_TRY(keys, read_keys(path_));
  const auto found = keys.find(std::string(provider));
  return found == keys.end() ? Secret() : found->second;
}

Status FileStore::put(std::string_view provider, const Secret& key) {
  CACTUS_CHECK(private_folder(path_.parent_path()));
  CACTUS_TRY(held, lock(path_));
  static_cast<void>(held);  // until the end
  CACTUS_TRY(keys, read_keys(path_));
  keys[std::string(provider)] = key;
  return write_keys(path_, keys);
}

Result<bool> FileStore::erase(std::string_view provider) {
  CACTUS_TRY(before, read_keys(path_));
  if (!before.contains(std::string(provider))) return false;
  CACTUS_TRY(held, lock(path_));
  static_cast<void>(held);  // until the end
  CACTUS_TRY(keys, read_keys(path_));
  keys.erase(std::string(provider));
  CACTUS_CHECK(write_keys(path_, keys));
  return true;
}

Result<std::vector<std::string>> FileStore::names() {
  CACTUS_TRY(keys, read_keys(path_));
  std::vector<std::string> names;
  for (const auto& [name, key] : keys) names.push_back(name);
  return names;
}

}  // namespace cactus::auth
