#include "kernels/threads.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include "kernels/pool.h"

#if defined(__linux__)
#include <sched.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace cactus::kernels {
namespace {

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

std::optional<std::string> first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

std::optional<std::int64_t> read_number(const std::string& path) {
  const auto line = first_line(path);
  return line ? number(*line) : std::nullopt;
}

// "0-3,8,10-11" as sysfs writes lists of CPUs.
std::vector<int> parse_list(const std::string& text) {
  std::vector<int> cpus;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string item = text.substr(at, comma - at);
    const std::size_t dash = item.find('-');
    const auto low = number(item);
    const auto high = dash == std::string::npos ? low : number(item.substr(dash + 1));
    if (low && high && *low >= 0 && *high - *low < 65536) {
      for (std::int64_t cpu = *low; cpu <= *high; ++cpu) cpus.push_back(static_cast<int>(cpu));
    }
    at = comma + 1;
  }
  return cpus;
}

bool contains(const std::vector<int>& list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Drops the slow cores of a hybrid machine. On ARM a core is fast when it has more than half of
// the largest capacity (or clock): big and middle cores stay, little ones go.
std::vector<int> fast_cpus(const std::string& cpu_root, std::span<const int> allowed,
                           const std::string& hybrid_list) {
  std::vector<int> result(allowed.begin(), allowed.end());
  if (const auto line = first_line(hybrid_list)) {  // x86: the performance cores by name
    const std::vector<int> fast = parse_list(*line);
    std::erase_if(result, [&](int cpu) { return !contains(fast, cpu); });
    if (!result.empty()) return result;
    result.assign(allowed.begin(), allowed.end());
  }
  for (const char* file : {"/cpu_capacity", "/cpufreq/cpuinfo_max_freq"}) {
    std::vector<std::int64_t> speed;
    for (const int cpu : result) {
      const auto value = read_number(cpu_root + "/cpu" + std::to_string(cpu) + file);
      if (!value || *value <= 0) break;
      speed.push_back(*value);
    }
    if (speed.empty() || speed.size() != result.size()) continue;
    const std::int64_t best = *std::max_element(speed.begin(), speed.end());
    std::vector<int> fast;
    for (std::size_t i = 0; i < result.size(); ++i) {
      if (2 * speed[i] > best) fast.push_back(result[i]);
    }
    return fast;
  }
  return result;
}

// One CPU of each physical core.
int count_cores(const std::string& cpu_root, const std::vector<int>& cpus) {
  int cores = 0;
  std::vector<int> seen;
  for (const int cpu : cpus) {
    if (contains(seen, cpu)) continue;
    ++cores;
    const std::string topology = cpu_root + "/cpu" + std::to_string(cpu) + "/topology/";
    auto siblings = first_line(topology + "core_cpus_list");
    if (!siblings) siblings = first_line(topology + "thread_siblings_list");
    if (siblings) {
      for (const int sibling : parse_list(*siblings)) seen.push_back(sibling);
    }
  }
  return cores;
}

// Quota over period, rounded up; none when unlimited.
std::optional<std::int64_t> cpus_of(std::optional<std::int64_t> quota,
                                    std::optional<std::int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return std::max<std::int64_t>(1, (*quota - 1) / *period + 1);
}

std::optional<std::int64_t> quota_v2(const std::string& folder) {
  const auto line = first_line(folder + "/cpu.max");  // "max 100000" or "150000 100000"
  if (!line) return std::nullopt;
  const std::size_t space = line->find(' ');
  if (space == std::string::npos) return std::nullopt;
  return cpus_of(number(*line), number(line->substr(space + 1)));
}

std::optional<std::int64_t> quota_v1(const std::string& folder) {
  return cpus_of(read_number(folder + "/cpu.cfs_quota_us"),
                 read_number(folder + "/cpu.cfs_period_us"));
}

// The least quota of the process's own group and those above it. In a container the path in
// /proc may lie outside the mounted part; then the mount's root is what counts.
std::optional<std::int64_t> quota(const std::string& root) {
  std::optional<std::int64_t> least;
  const auto walk = [&](const std::string& mount, std::string path, auto read) {
    for (;;) {
      if (path == "/") path.clear();
      if (const auto cpus = read(mount + path)) least = least ? std::min(*least, *cpus) : *cpus;
      if (path.empty()) return;
      path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
    }
  };
  std::ifstream groups(root + "/proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line)) {  // "0::/user.slice" or "4:cpu,cpuacct:/docker/ab"
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,") {
      walk(root + "/sys/fs/cgroup", path, quota_v2);
      walk(root + "/sys/fs/cgroup/unified", path, quota_v2);
    } else if (controllers.find(",cpu,") != std::string::npos) {
      for (const char* mount : {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"}) {
        walk(root + mount, path, quota_v1);
      }
    }
  }
  return least;
}

}  // namespace

int linux_threads(const std::string& root, std::span<const int> allowed) {
  const std::string cpu_root = root + "/sys/devices/system/cpu";
  const std::vector<int> cpus = fast_cpus(cpu_root, allowed, root + "/sys/devices/cpu_core/cpus");
  std::int64_t threads = count_cores(cpu_root, cpus);
  if (const auto limit = quota(root)) threads = std::min(threads, *limit);
  return static_cast<int>(std::max<std::int64_t>(1, threads));
}

int default_threads() {
#if defined(__linux__)
  // Machines with more CPUs than a plain cpu_set_t holds refuse the small mask; try larger ones.
  for (int cpus = 1024; cpus <= 1 << 16; cpus *= 4) {
    cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(cpus));
    if (set == nullptr) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    std::vector<int> allowed;
    const bool known = sched_getaffinity(0, bytes, set) == 0;
    for (int cpu = 0; known && cpu < cpus; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, set)) allowed.push_back(cpu);
    }
    CPU_FREE(set);
    if (known) return linux_threads("", allowed);
  }
#elif defined(__APPLE__)
  for (const char* name : {"hw.perflevel0.physicalcpu", "hw.physicalcpu"}) {
    int cores = 0;
    std::size_t size = sizeof cores;
    if (sysctlbyname(name, &cores, &size, nullptr, 0) == 0 && cores > 0) return cores;
  }
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace cactus::kernels
