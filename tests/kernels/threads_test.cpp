// How many threads a machine gets, on copies of what Linux says about several machines.
#include "kernels/threads.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/pool.h"
#include "tests/support/catch.h"

using namespace cactus::kernels;
namespace fs = std::filesystem;

namespace {

class Machine {
 public:
  Machine() {
    std::string name = (fs::temp_directory_path() / "cactus-threads-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    root_ = name;
  }
  ~Machine() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
  }
  void cpu(int n, const std::string& file, const std::string& text) {
    write("sys/devices/system/cpu/cpu" + std::to_string(n) + "/" + file, text);
  }
  int threads(const std::vector<int>& allowed) const {
    return linux_threads(root_.string(), allowed);
  }

 private:
  fs::path root_;
};

std::vector<int> first(int n) {
  std::vector<int> cpus(static_cast<std::size_t>(n));
  std::iota(cpus.begin(), cpus.end(), 0);
  return cpus;
}

}  // namespace

TEST_CASE("hyper-threads of one core count once, within the affinity mask", "[kernels]") {
  Machine m;
  for (int i = 0; i < 8; ++i) {
    const std::string pair = std::to_string(i % 4) + "," + std::to_string(i % 4 + 4);
    m.cpu(i, "topology/thread_siblings_list", pair);
  }
  REQUIRE(m.threads(first(8)) == 4);
  REQUIRE(m.threads({0, 4}) == 1);
  REQUIRE(m.threads({1, 4, 5, 7}) == 3);
}

TEST_CASE("sysfs lists are understood as ranges", "[kernels]") {
  Machine m;
  for (int i = 0; i < 8; ++i) {
    m.cpu(i, "topology/core_cpus_list", i < 4 ? "0-3" : "4-5,6-7");
  }
  REQUIRE(m.threads(first(8)) == 2);
}

TEST_CASE("little cores of ARM are left out, by capacity or by clock", "[kernels]") {
  const std::vector<int> capacity{250, 250, 250, 250, 760, 760, 760, 1024};
  for (const char* file : {"cpu_capacity", "cpufreq/cpuinfo_max_freq"}) {
    Machine m;
    for (int i = 0; i < 8; ++i) m.cpu(i, file, std::to_string(capacity[std::size_t(i)]));
    REQUIRE(m.threads(first(8)) == 4);
    REQUIRE(m.threads({0, 1, 2}) == 3);  // only little ones allowed: use them
  }
}

TEST_CASE("performance cores of an x86 hybrid are chosen by name", "[kernels]") {
  Machine m;
  for (int i = 0; i < 8; ++i) {
    m.cpu(i, "topology/core_cpus_list", i < 4 ? (i < 2 ? "0-1" : "2-3") : std::to_string(i));
  }
  m.write("sys/devices/cpu_core/cpus", "0-3");
  REQUIRE(m.threads(first(8)) == 2);
  REQUIRE(m.threads({5, 6}) == 2);
}

TEST_CASE("cgroup quotas limit, rounded up and at least 1", "[kernels]") {
  Machine m;
  SECTION("v2, the tightest of the path") {
    m.write("proc/self/cgroup", "0::/user.slice/job.scope");
    m.write("sys/fs/cgroup/user.slice/cpu.max", "250000 100000");
    m.write("sys/fs/cgroup/user.slice/job.scope/cpu.max", "max 100000");
    REQUIRE(m.threads(first(8)) == 3);
    m.write("sys/fs/cgroup/user.slice/job.scope/cpu.max", "10000 100000");
    REQUIRE(m.threads(first(8)) == 1);
  }
  SECTION("v2 in a container whose path is not mounted") {
    m.write("proc/self/cgroup", "0::/../../elsewhere");
    m.write("sys/fs/cgroup/cpu.max", "200000 100000");
    REQUIRE(m.threads(first(8)) == 2);
  }
  SECTION("v1") {
    m.write("proc/self/cgroup", "5:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab");
    m.write("sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_quota_us", "350000");
    m.write("sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_period_us", "100000");
    REQUIRE(m.threads(first(8)) == 4);
    m.write("sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_quota_us", "-1");
    REQUIRE(m.threads(first(8)) == 8);
  }
  SECTION("nonsense is no limit") {
    m.write("proc/self/cgroup", "0::/a\nrubbish\n:\n1:cpu");
    m.write("sys/fs/cgroup/a/cpu.max", "many few");
    REQUIRE(m.threads(first(8)) == 8);
  }
}

TEST_CASE("a machine that says nothing has one core for each CPU", "[kernels]") {
  const Machine m;
  REQUIRE(m.threads(first(6)) == 6);
  REQUIRE(m.threads({}) == 1);
  REQUIRE(default_threads() >= 1);
}
