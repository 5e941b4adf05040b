#include "router/process_identity.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

#ifdef __APPLE__
#include <sys/sysctl.h>
#include <sys/types.h>
#else
#include <fstream>
#include <sstream>
#endif

namespace cactus {

#ifdef __APPLE__
std::string process_identity(std::int64_t pid) {
  kinfo_proc info{};
  std::size_t size = sizeof info;
  int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, static_cast<int>(pid)};
  if (sysctl(name, 4, &info, &size, nullptr, 0) != 0 || size == 0) return {};
  // The time of day at which it began: no two boots share one with the same number.
  const timeval& start = info.kp_proc.p_starttime;
  return std::to_string(start.tv_sec) + "." + std::to_string(start.tv_usec);
}
#else
std::string process_identity(std::int64_t pid) {
  if (kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return {};
  std::ifstream boot("/proc/sys/kernel/random/boot_id");
  std::string boot_id;
  std::getline(boot, boot_id);
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(stat, line);
  // The name in parentheses may hold anything; after it the state is field 3, the start field 22.
  const std::size_t close = line.rfind(')');
  if (close == std::string::npos) return "alive";  // no /proc here: the number must do
  std::istringstream fields(line.substr(close + 1));
  std::string field, state;
  fields >> state;
  if (state == "Z" || state == "X") return {};  // ended, its parent has not looked yet
  for (int i = 4; i <= 22; ++i) fields >> field;
  return boot_id + "/" + field;
}
#endif

std::int64_t own_pid() {
  return static_cast<std::int64_t>(getpid());
}

}  // namespace cactus
