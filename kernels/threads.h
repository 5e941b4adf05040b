// How many threads this machine and this process's limits have room for.
#pragma once
#include <span>
#include <string>

namespace cactus::kernels {

// Linux: threads for a process that may run on the CPUs `allowed` (numbers as in sysfs), from the
// files below `root` ("" for the real ones; tests hand in a copy): sys/devices/system/cpu for the
// topology, proc/self/cgroup and sys/fs/cgroup for quotas (v1 and v2). Unreadable files mean no
// limit and one core a CPU.
int linux_threads(const std::string& root, std::span<const int> allowed);

}  // namespace cactus::kernels
