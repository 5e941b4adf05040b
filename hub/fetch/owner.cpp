#include "hub/fetch/owner.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "engine/base/file.h"

#ifdef __APPLE__
#include <sys/sysctl.h>
#include <sys/types.h>
#endif

namespace cactus::hub {
namespace {

std::string this_host() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

#ifdef __APPLE__

std::string this_boot() {
  char text[64] = {};
  std::size_t size = sizeof text - 1;
  return ::sysctlbyname("kern.bootsessionuuid", text, &size, nullptr, 0) == 0 ? text : "";
}

std::string start_of(std::int64_t pid) {
  int name[4] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, static_cast<int>(pid)};
  struct kinfo_proc info {};
  std::size_t size = sizeof info;
  if (::sysctl(name, 4, &info, &size, nullptr, 0) != 0 || size == 0) return {};
  const auto& time = info.kp_proc.p_starttime;
  return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_usec);
}

#else

// Files of /proc have no size: read what is there.
std::string text_of(const std::string& path) {
  const auto file = File::open(path, File::Mode::read);
  std::string text;
  if (!file) return text;
  // One byte at a time stops at the end without an error of its own; these files are tiny.
  std::byte byte{};
  while (text.size() < 4096 && file->read_at(text.size(), {&byte, 1}))
    text += static_cast<char>(byte);
  return text;
}

std::string this_boot() {
  std::string text = text_of("/proc/sys/kernel/random/boot_id");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// The 22nd field of stat; the second, the program's name in parentheses, may contain anything.
std::string start_of(std::int64_t pid) {
  const std::string text = text_of("/proc/" + std::to_string(pid) + "/stat");
  std::size_t at = text.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return {};
  return text.substr(at + 1, text.find(' ', at + 1) - at - 1);
}

#endif

std::string text_at(const nlohmann::json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

Owner Owner::self() {
  const auto pid = static_cast<std::int64_t>(::getpid());
  return {pid, start_of(pid), this_boot(), this_host()};
}

Owner Owner::from_json(const nlohmann::json& json) {
  Owner owner;
  if (!json.is_object()) return owner;
  const auto pid = json.find("pid");
  if (pid != json.end() && pid->is_number_integer()) owner.pid = pid->get<std::int64_t>();
  owner.started = text_at(json, "started");
  owner.boot = text_at(json, "boot");
  owner.host = text_at(json, "host");
  return owner;
}

nlohmann::json Owner::to_json() const {
  return {{"pid", pid}, {"started", started}, {"boot", boot}, {"host", host}};
}

bool Owner::is_gone() const {
  if (pid <= 0) return true;  // not ours, or not readable: nobody would come back for it
  if (host != this_host()) return false;
  if (boot != this_boot()) return true;
  if (::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return true;
  return start_of(pid) != started;
}

}  // namespace cactus::hub
