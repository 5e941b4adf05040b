#include "hub/source/prefetch.h"

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::hub;

namespace {

std::byte byte_at(std::size_t file, std::uint64_t offset) {
  return static_cast<std::byte>((file * 131 + offset * 7 + (offset >> 8)) & 255);
}

// Two "files" of known bytes; counts what was asked.
struct Files {
  std::atomic<int> requests{0};
  std::atomic<std::uint64_t> bytes{0}, under_way{0}, most{0};
  std::atomic<int> fail_at{-1};
  std::chrono::microseconds delay{0};

  Prefetch::Read reader() {
    return [this](const Extent& e, std::span<std::byte> out,
                  const Prefetch::Arrived& arrived, const std::atomic<bool>& stop) {
      const int n = requests++;
      std::uint64_t now = under_way += e.size, seen = most;
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      std::this_thread::sleep_for(delay);
      under_way -= e.size;
      if (stop) return Status(make_error(ErrorKind::cancelled, "stopped"));
      if (n == fail_at) return Status(make_error(ErrorKind::network, "cut"));
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = byte_at(e.file, e.offset + i);
        if (i % 40 == 39) arrived(i + 1);
      }
      bytes += e.size;
      return ok_status();
    };
  }
};

// Reads an extent in pieces as the converter does, and compares.
void read_whole(Prefetch& prefetch, const Extent& e, std::uint64_t step) {
  for (std::uint64_t at = 0; at < e.size; at += step) {
    const std::uint64_t n = std::min(step, e.size - at);
    std::vector<std::byte> out(n);
    REQUIRE(prefetch.read({e.file, e.offset + at, n}, out).ok());
    for (std::size_t i = 0; i < n; ++i)
      if (out[i] != byte_at(e.file, e.offset + at + i)) FAIL("wrong byte");
  }
}

PrefetchOptions small() {
  PrefetchOptions options;
  options.connections = 3;
  options.piece = 100;
  options.window = 450;
  return options;
}

}  // namespace

TEST_CASE("prefetch: bytes come in the order of the plan, each once", "[hub]") {
  Files files;
  const std::vector<Extent> plan = {{0, 8, 1000}, {0, 1008, 30}, {1, 500, 250}, {0, 3000, 1},
                                    {1, 8, 492},  {0, 1038, 0},  {0, 1038, 200}};
  std::atomic<std::uint64_t> told{0};
  PrefetchOptions options = small();
  options.received = [&](std::uint64_t bytes) {
    std::uint64_t seen = told;
    while (bytes > seen && !told.compare_exchange_weak(seen, bytes)) {
    }
  };
  Prefetch prefetch(files.reader(), options);
  prefetch.plan(plan);
  for (const Extent& e : plan) read_whole(prefetch, e, 70);
  std::uint64_t total = 0;
  for (const Extent& e : plan) total += e.size;
  CHECK(files.bytes == total);
  CHECK(prefetch.received() == total);
  CHECK(told == total);
  CHECK(files.requests <= 23);
}

TEST_CASE("prefetch: memory is bounded, however slow the reader is", "[hub]") {
  Files files;
  Prefetch prefetch(files.reader(), small());
  const Extent all{0, 0, 5000};
  prefetch.plan(std::span(&all, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  CHECK(files.bytes <= 450);
  read_whole(prefetch, all, 333);
  CHECK(files.bytes == 5000);
}

TEST_CASE("prefetch: any other order works, too", "[hub]") {
  Files files;
  files.delay = std::chrono::microseconds(200);
  std::mt19937 random(3);
  std::vector<Extent> plan;
  for (std::uint64_t i = 0; i < 40; ++i) plan.push_back({i % 2, (i / 2) * 1000, 1 + random() % 900});
  Prefetch prefetch(files.reader(), small());
  prefetch.plan(plan);
  std::vector<Extent> other = plan;
  std::shuffle(other.begin(), other.end(), random);
  other.push_back(plan[0]);            // again
  other.push_back({1, 20'500, 777});   // never planned
  other.push_back({0, 0, 2500});       // across pieces and gaps
  for (const Extent& e : other) read_whole(prefetch, e, 1000);
}

TEST_CASE("prefetch: a failure reaches the reader, and the end waits for nobody", "[hub]") {
  Files files;
  files.fail_at = 4;
  Prefetch prefetch(files.reader(), small());
  const Extent all{0, 0, 5000};
  prefetch.plan(std::span(&all, 1));
  Status status = ok_status();
  for (std::uint64_t at = 0; at < 5000 && status; at += 100) {
    std::vector<std::byte> out(100);
    status = prefetch.read({0, at, 100}, out);
  }
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().what == "cut");

  Files slow;
  slow.delay = std::chrono::milliseconds(20);
  const auto begin = std::chrono::steady_clock::now();
  {
    Prefetch abandoned(slow.reader(), small());
    abandoned.plan(std::span(&all, 1));
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}
