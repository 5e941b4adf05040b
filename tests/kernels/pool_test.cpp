// The thread pool: every piece once, in any mix of sizes and thread counts; and when it backs off.
#include "kernels/pool.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "kernels/backoff.h"
#include "tests/support/catch.h"

using namespace cactus::kernels;

namespace {

struct Visit {
  std::vector<int> times;  // per index
  bool within = true;      // pieces lie in [0, n) and are at most `grain` long
  bool exclusive = true;   // no two pieces of one worker at a time
};

Visit visit(Pool& pool, std::int64_t n, std::int64_t grain) {
  Visit result;
  const auto count = static_cast<std::size_t>(n > 0 ? n : 0);
  auto times = std::make_unique<std::atomic<int>[]>(count + 1);
  auto busy = std::make_unique<std::atomic<int>[]>(static_cast<std::size_t>(pool.threads()));
  std::atomic<bool> within{true};
  std::atomic<bool> exclusive{true};
  pool.run(n, grain, [&](std::int64_t begin, std::int64_t end, int worker) {
    if (begin < 0 || end > n || begin >= end || end - begin > grain || worker < 0 ||
        worker >= pool.threads()) {
      within = false;
      return;
    }
    if (busy[static_cast<std::size_t>(worker)].exchange(1) != 0) exclusive = false;
    for (std::int64_t i = begin; i < end; ++i) ++times[static_cast<std::size_t>(i)];
    busy[static_cast<std::size_t>(worker)] = 0;
  });
  for (std::size_t i = 0; i < count; ++i) result.times.push_back(times[i]);
  result.within = within;
  result.exclusive = exclusive;
  return result;
}

}  // namespace

TEST_CASE("every index is visited once, in pieces of at most the grain", "[kernels]") {
  for (const int threads : {1, 2, 3, 5, 8}) {
    Pool pool(threads);
    REQUIRE(pool.threads() == threads);
    for (const std::int64_t n : {0, 1, 2, 3, 7, 16, 63, 64, 65, 1000, 4097}) {
      for (const std::int64_t grain : {1, 2, 3, 16, 64, 5000}) {
        CAPTURE(threads, n, grain);
        const Visit v = visit(pool, n, grain);
        REQUIRE(v.within);
        REQUIRE(v.exclusive);
        REQUIRE(v.times == std::vector<int>(static_cast<std::size_t>(n), 1));
      }
    }
  }
}

TEST_CASE("thousands of quick regions lose nothing and repeat nothing", "[kernels]") {
  Pool pool(4);
  std::int64_t sum = 0;
  std::int64_t expected = 0;
  for (std::int64_t region = 0; region < 5000; ++region) {
    const std::int64_t n = region % 37;
    std::atomic<std::int64_t> part{0};
    pool.run(n, 1 + region % 3, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t i = begin; i < end; ++i) part += i + region;
    });
    sum += part;
    expected += n * (n - 1) / 2 + n * region;
  }
  REQUIRE(sum == expected);
}

TEST_CASE("workers that went to sleep come back", "[kernels]") {
  Pool pool(3);
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(round % 4));
    REQUIRE(visit(pool, 100, 1).times == std::vector<int>(100, 1));
  }
}

TEST_CASE("all workers take part when pieces are long", "[kernels]") {
  Pool pool(3);
  std::atomic<int> seen{0};  // bit per worker
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (seen != 7 && std::chrono::steady_clock::now() < deadline) {
    pool.run(6, 1, [&](std::int64_t, std::int64_t, int worker) {
      seen |= 1 << worker;
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    });
  }
  REQUIRE(seen == 7);
}

TEST_CASE("a run inside a run stays on its thread, under the same worker", "[kernels]") {
  Pool pool(3);
  std::atomic<int> inner{0};
  std::atomic<bool> same{true};
  pool.run(30, 1, [&](std::int64_t, std::int64_t, int outer_worker) {
    const auto thread = std::this_thread::get_id();
    pool.run(10, 3, [&](std::int64_t begin, std::int64_t end, int worker) {
      if (worker != outer_worker || std::this_thread::get_id() != thread) same = false;
      inner += static_cast<int>(end - begin);
    });
  });
  REQUIRE(inner == 300);
  REQUIRE(same);
}

TEST_CASE("a pool inside another pool's piece works on its own", "[kernels]") {
  Pool outer(2);
  std::atomic<int> total{0};
  outer.run(4, 1, [&](std::int64_t, std::int64_t, int) {
    Pool own(2);
    own.run(50, 1, [&](std::int64_t, std::int64_t, int) { ++total; });
  });
  REQUIRE(total == 200);
}

TEST_CASE("no threads asked for means the caller alone", "[kernels]") {
  for (const int threads : {-3, 0, 1}) {
    Pool pool(threads);
    REQUIRE(pool.threads() == 1);
    REQUIRE(visit(pool, 10, 3).times == std::vector<int>(10, 1));
  }
}

TEST_CASE("back-off follows the share of time lost to stalls", "[kernels]") {
  constexpr std::int64_t us = 1000;
  constexpr std::int64_t ms = 1000 * us;
  std::int64_t now = 0;
  const auto region = [&](Backoff& b, std::int64_t work, std::int64_t wait) {
    b.width(now);
    now += work + wait;
    b.record(now, work + wait, wait, 10 * us);
  };

  SECTION("none while waits are short") {
    Backoff b(2);
    for (int i = 0; i < 10000; ++i) region(b, 100 * us, 15 * us);
    REQUIRE(b.width() == 2);
  }
  SECTION("none for a rare stall") {
    Backoff b(2);
    for (int i = 0; i < 10000; ++i) region(b, 100 * us, i % 200 == 0 ? 3 * ms : 5 * us);
    REQUIRE(b.width() == 2);
  }
  SECTION("down when workers lose their core half of the time, and up again when they do not") {
    Backoff b(2);
    for (int i = 0; i < 60; ++i) region(b, 100 * us, i % 30 == 29 ? 4 * ms : 0);
    REQUIRE(b.width() == 1);
    now += 3000 * ms;
    for (int i = 0; i < 2000; ++i) region(b, 100 * us, 0);
    REQUIRE(b.width() == 2);
  }
  SECTION("probes become rarer while the neighbour stays") {
    Backoff b(2);
    int stalls = 0;
    const std::int64_t end = 20'000 * ms;
    while (now < end) {
      if (b.width(now) == 2) {
        ++stalls;
        region(b, 100 * us, 4 * ms);
      } else {
        now += 100 * us;
      }
    }
    REQUIRE(stalls > 5);
    REQUIRE(stalls < 20);
  }
  SECTION("many threads give up a few, not all") {
    Backoff b(8);
    for (int i = 0; i < 20; ++i) region(b, 100 * us, i % 10 == 9 ? 3 * ms : 0);
    REQUIRE(b.width() >= 4);
    REQUIRE(b.width() < 8);
  }
}
