// bench_pool: what a parallel region costs, and decode-like work on 1 and 2 threads beside busy
// processes. `bench_pool hogs N` pins a busy loop to each of the first N CPUs while measuring.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "kernels/pool.h"

#if defined(__linux__)
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

using namespace cactus::kernels;
using Clock = std::chrono::steady_clock;

namespace {

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Work of a fixed number of instructions, not of a fixed time.
volatile std::uint64_t sink;
void burn(std::int64_t units) {
  std::uint64_t x = 88172645463325252ULL;
  for (std::int64_t i = 0; i < units * 100; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  sink = x;
}

void overhead(int threads) {
  Pool pool(threads);
  double best = 1e9;
  for (int round = 0; round < 20; ++round) {
    const auto start = Clock::now();
    for (int i = 0; i < 2000; ++i) pool.run(threads, 1, [](std::int64_t, std::int64_t, int) {});
    best = std::min(best, seconds_since(start) / 2000);
  }
  std::printf("empty region, %d threads: %.2f us\n", threads, best * 1e6);
}

// 300 regions of 20 to 200 us, as a token of decode has them; seconds.
double token(Pool& pool) {
  const auto start = Clock::now();
  for (int region = 0; region < 300; ++region) {
    const std::int64_t pieces = 8 + 24 * (region % 3);
    pool.run(pieces, 1, [](std::int64_t, std::int64_t, int) { burn(8); });
    burn(2);
  }
  return seconds_since(start);
}

// One thread and two in turns of a quarter of a second, so that both meet the same neighbours.
void decode(double time) {
  Pool pools[] = {Pool(1), Pool(2)};
  double spent[2] = {};
  double best[2] = {1e9, 1e9};
  int tokens[2] = {};
  while (spent[0] + spent[1] < time) {
    for (int k : {0, 1}) {
      for (const double end = spent[k] + 0.25; spent[k] < end; ++tokens[k]) {
        const double t = token(pools[k]);
        spent[k] += t;
        best[k] = std::min(best[k], t);
      }
    }
  }
  for (int k : {0, 1}) {
    std::printf("  %d thread%s: %6.2f tokens/s, best %6.2f, %d active at the end\n", k + 1,
                k > 0 ? "s" : " ", tokens[k] / spent[k], 1 / best[k], pools[k].active_threads());
  }
  std::printf("  2 threads over 1: %.2f\n", tokens[1] / spent[1] * spent[0] / tokens[0]);
}

#if defined(__linux__)
pid_t start_hog(int cpu) {
  const pid_t child = fork();
  if (child != 0) return child;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  sched_setaffinity(0, sizeof set, &set);
  for (;;) burn(1000);
}
#endif

}  // namespace

int main(int argc, char** argv) {
  const int hogs = argc > 2 && std::strcmp(argv[1], "hogs") == 0 ? std::atoi(argv[2]) : 0;
  const double time = argc > 3 ? std::atof(argv[3]) : 6;
  if (hogs == 0) {
    for (const int threads : {1, 2}) overhead(threads);
  }
  std::vector<int> children;
#if defined(__linux__)
  for (int i = 0; i < hogs; ++i) children.push_back(start_hog(i));
#endif
  std::printf("decode-like work beside %d busy processes:\n", hogs);
  decode(time);
#if defined(__linux__)
  for (const int child : children) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
#endif
  return 0;
}
