#include "kernels/pool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/backoff.h"

namespace cactus::kernels {
namespace {

using Task = FunctionRef<void(std::int64_t, std::int64_t, int)>;

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Spins until ready() or for about `limit` nanoseconds; false when time ran out. The clock is read
// every 32nd time only.
template <class Ready>
bool spin(std::int64_t limit, Ready ready) {
  const std::int64_t end = now_ns() + limit;
  for (int i = 1;; ++i) {
    if (ready()) return true;
    relax();
    if (i % 32 == 0 && now_ns() > end) return ready();
  }
}

// An idle worker spins; then offers its core to others between looks, which costs nothing on an
// idle machine and spares the caller on a busy one (to wake a sleeper there took 200 us: the
// system puts it on the caller's own core, ahead of the caller); then sleeps.
constexpr std::int64_t kSpin = 30'000;
constexpr std::int64_t kYield = 500'000;
constexpr std::int64_t kBetweenYields = 2'000;
// What the caller spins for the last pieces before it sleeps. Sleeping frees its core, to which
// the system can then move the worker that waits for one.
constexpr std::int64_t kCallerSpin = 100'000;

// The job's number and the next piece of it, in one word: a worker that comes late cannot take a
// piece of a job it did not look at.
using Ticket = std::uint64_t;
constexpr std::uint32_t kShut = std::numeric_limits<std::uint32_t>::max();
constexpr Ticket ticket_of(std::uint32_t job, std::uint32_t piece) {
  return (static_cast<Ticket>(job) << 32) | piece;
}
constexpr std::uint32_t job_of(Ticket t) {
  return static_cast<std::uint32_t>(t >> 32);
}
constexpr std::uint32_t piece_of(Ticket t) {
  return static_cast<std::uint32_t>(t);
}

// Which pool's piece this thread is in, and as which worker: nested runs stay inline.
struct Inside {
  const void* pool = nullptr;
  int worker = 0;
};
thread_local Inside inside;

void run_inline(std::int64_t n, std::int64_t grain, int worker, Task fn) {
  for (std::int64_t begin = 0; begin < n;) {
    const std::int64_t end = n - begin < grain ? n : begin + grain;
    fn(begin, end, worker);
    begin = end;
  }
}

}  // namespace

struct Pool::State {
  // A thread's bed. `asleep` goes up only under the mutex, by the sleeper, who looks once more for
  // a reason to stay awake after that; whoever gives it one looks at `asleep` after giving.
  struct alignas(64) Sleeper {
    std::mutex mutex;
    std::condition_variable wake;
    std::atomic<bool> asleep{false};

    template <class Ready>
    void sleep_unless(Ready ready) {
      std::unique_lock lock(mutex);
      asleep.store(true);
      if (!ready()) wake.wait(lock, [&] { return !asleep.load(std::memory_order_relaxed); });
      asleep.store(false, std::memory_order_relaxed);
    }
    // False when there was nobody to wake.
    bool rouse() {
      if (!asleep.load()) return false;
      {
        const std::lock_guard lock(mutex);
        asleep.store(false, std::memory_order_relaxed);
      }
      wake.notify_one();
      return true;
    }
  };

  explicit State(int wanted) : beds(static_cast<std::size_t>(wanted)), backoff(wanted) {}

  std::uint32_t work(std::uint32_t job, int worker);
  void loop(int worker);
  void run(std::int64_t n, std::int64_t grain, std::uint32_t pieces, Task fn);

  // The job. Written by the caller between jobs only; atomic because a late worker may read what
  // it will not use.
  alignas(64) std::atomic<Ticket> ticket{0};
  std::atomic<const Task*> task{nullptr};
  std::atomic<std::int64_t> size{0};
  std::atomic<std::int64_t> grain_size{1};
  std::atomic<std::uint32_t> piece_count{0};
  std::atomic<int> job_width{1};
  alignas(64) std::atomic<std::uint32_t> done{0};
  std::atomic<bool> stop{false};

  std::vector<Sleeper> beds;  // [0] is the caller's
  std::vector<std::thread> workers;
  Backoff backoff;
};

// Takes pieces of `job` until none is left.
std::uint32_t Pool::State::work(std::uint32_t job, int worker) {
  std::uint32_t finished = 0;
  std::uint32_t pieces = 0;
  Ticket seen = ticket.load(std::memory_order_acquire);
  for (;;) {
    if (job_of(seen) != job) break;
    pieces = piece_count.load(std::memory_order_acquire);
    const Task* fn = task.load(std::memory_order_relaxed);
    const std::int64_t n = size.load(std::memory_order_relaxed);
    const std::int64_t grain = grain_size.load(std::memory_order_relaxed);
    const std::uint32_t piece = piece_of(seen);
    if (piece >= pieces || worker >= job_width.load(std::memory_order_relaxed)) break;
    // Success proves that the job still runs, so what was read above belongs to it.
    if (!ticket.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
      continue;
    }
    ++seen;
    const std::int64_t begin = static_cast<std::int64_t>(piece) * grain;
    (*fn)(begin, n - begin < grain ? n : begin + grain, worker);
    ++finished;
    seen = ticket.load(std::memory_order_acquire);
  }
  if (finished != 0 && done.fetch_add(finished) + finished == pieces) beds[0].rouse();
  return finished;
}

void Pool::State::loop(int worker) {
  inside = {this, worker};
  Sleeper& bed = beds[static_cast<std::size_t>(worker)];
  std::uint32_t last = 0;
  const auto ready = [&] { return job_of(ticket.load()) != last || stop.load(); };
  for (;;) {
    bool found = spin(kSpin, ready);
    for (const std::int64_t end = now_ns() + kYield; !found && now_ns() < end;) {
      std::this_thread::yield();
      found = spin(kBetweenYields, ready);
    }
    if (!found) bed.sleep_unless(ready);
    if (stop.load()) return;
    last = job_of(ticket.load(std::memory_order_acquire));
    if (worker >= job_width.load(std::memory_order_relaxed)) {
      // Not wanted for now: sleep without spinning, until a job wants this worker again.
      bed.sleep_unless([&] {
        return stop.load() || (job_of(ticket.load()) != last && worker < job_width.load());
      });
      continue;
    }
    work(last, worker);
  }
}

void Pool::State::run(std::int64_t n, std::int64_t grain, std::uint32_t pieces, Task fn) {
  const std::int64_t start = now_ns();
  const int width = backoff.width(start);
  if (width < 2) {
    run_inline(n, grain, 0, fn);
    return;
  }
  // Shut the last job before its description changes: a late worker that already sees the new
  // number of pieces then sees this too, and cannot take one more of the old job.
  const std::uint32_t last = job_of(ticket.load(std::memory_order_relaxed));
  ticket.store(ticket_of(last, kShut), std::memory_order_relaxed);
  task.store(&fn, std::memory_order_relaxed);
  size.store(n, std::memory_order_relaxed);
  grain_size.store(grain, std::memory_order_relaxed);
  job_width.store(width, std::memory_order_relaxed);
  piece_count.store(pieces, std::memory_order_release);
  done.store(0, std::memory_order_relaxed);
  const std::uint32_t job = last + 1;
  ticket.store(ticket_of(job, 1));  // piece 0 is the caller's: it always has one to measure
  std::int64_t lost = 0;            // to waking, which can cost the caller its core
  for (int w = 1; w < width && static_cast<std::uint32_t>(w) < pieces; ++w) {
    if (!beds[static_cast<std::size_t>(w)].rouse()) continue;
    lost = now_ns() - start;
  }
  fn(0, grain, 0);
  done.fetch_add(1);
  const std::int64_t own = 1 + work(job, 0);
  const std::int64_t idle_from = now_ns();
  const auto ready = [&] { return done.load() == pieces; };
  if (!ready() && !spin(kCallerSpin, ready)) {
    while (!ready()) beds[0].sleep_unless(ready);
  }
  const std::int64_t end = now_ns();
  backoff.record(end, end - start, lost + end - idle_from, (idle_from - start - lost) / own);
}

Pool::Pool(int threads) : state_(std::make_unique<State>(threads < 1 ? 1 : threads)) {
  State& s = *state_;
  try {
    for (int w = 1; w < threads; ++w) s.workers.emplace_back([&s, w] { s.loop(w); });
  } catch (const std::system_error&) {
    // Thread limit reached: the ones that started, and the caller, do the work.
    s.backoff = Backoff(static_cast<int>(s.workers.size()) + 1);
  }
}

Pool::~Pool() {
  state_->stop.store(true);
  for (auto& bed : state_->beds) bed.rouse();
  for (auto& worker : state_->workers) worker.join();
}

int Pool::threads() const {
  return static_cast<int>(state_->workers.size()) + 1;
}
int Pool::active_threads() const {
  return state_->backoff.width();
}

void Pool::run(std::int64_t n, std::int64_t grain, Task fn) {
  if (n <= 0) return;
  if (grain < 1) grain = 1;
  const bool nested = inside.pool == state_.get();
  const std::int64_t pieces = n / grain + (n % grain != 0 ? 1 : 0);
  if (nested || pieces == 1 || state_->workers.empty() || pieces >= kShut) {
    run_inline(n, grain, nested ? inside.worker : 0, fn);
    return;
  }
  const Inside outer = std::exchange(inside, Inside{state_.get(), 0});
  state_->run(n, grain, static_cast<std::uint32_t>(pieces), fn);
  inside = outer;
}

}  // namespace cactus::kernels
