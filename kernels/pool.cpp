#include "kernels/pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace cactus::kernels {

struct Pool::State {
  using Task = FunctionRef<void(std::int64_t, std::int64_t, int)>;

  std::mutex mutex;
  std::condition_variable wake, done;
  std::vector<std::thread> workers;
  std::uint64_t job = 0;
  int active = 0;
  bool stop = false;
  std::int64_t n = 0, grain = 1;
  const Task* task = nullptr;
  std::atomic<std::int64_t> next{0};

  void work(int worker) {
    for (;;) {
      const std::int64_t begin = next.fetch_add(grain);
      if (begin >= n) return;
      (*task)(begin, std::min(begin + grain, n), worker);
    }
  }

  void loop(int worker) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return stop || job != seen; });
      if (stop) return;
      seen = job;
      lock.unlock();
      work(worker);
      lock.lock();
      if (--active == 0) done.notify_one();
    }
  }
};

Pool::Pool(int threads) : state_(std::make_unique<State>()) {
  for (int i = 1; i < threads; ++i) state_->workers.emplace_back([this, i] { state_->loop(i); });
}

Pool::~Pool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
  for (std::thread& t : state_->workers) t.join();
}

int Pool::threads() const {
  return static_cast<int>(state_->workers.size()) + 1;
}

void Pool::run(std::int64_t n, std::int64_t grain, State::Task fn) {
  if (n <= 0) return;
  grain = std::max<std::int64_t>(1, grain);
  if (n <= grain || state_->workers.empty()) {
    fn(0, n, 0);
    return;
  }
  State& s = *state_;
  {
    const std::lock_guard lock(s.mutex);
    s.n = n;
    s.grain = grain;
    s.task = &fn;
    s.next = 0;
    s.active = threads() - 1;
    ++s.job;
  }
  s.wake.notify_all();
  s.work(0);
  std::unique_lock lock(s.mutex);
  s.done.wait(lock, [&] { return s.active == 0; });
}

int default_threads() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace cactus::kernels
