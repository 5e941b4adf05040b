// Threads that share one piece of work at a time.
#pragma once
#include <cstdint>
#include <memory>
#include <type_traits>

namespace cactus::kernels {

// A reference to a callable, valid while the callable lives (no allocation, unlike std::function).
template <class Signature>
class FunctionRef;
template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>)
      FunctionRef(F&& f)  // NOLINT: implicit by design
      : object_(const_cast<void*>(static_cast<const void*>(&f))),
        call_([](void* o, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(o))(args...);
        }) {}
  R operator()(Args... args) const { return call_(object_, args...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

// `threads` includes the caller. Idle workers spin briefly, then sleep. One run() at a time; a
// pool belongs to one thread at a time. Where a busy process takes the cores away from workers,
// the pool uses fewer of them for a while (docs/kernels.md), so that it is never much slower than
// the caller alone.
class Pool {
 public:
  // Starts threads - 1 workers; fewer where the system refuses them.
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const;
  // How many of them the next run() will use: fewer than threads() while cores are contended.
  int active_threads() const;

  // Calls fn(begin, end, worker) until all of [0, n) is covered, in pieces of at most `grain`
  // (the last may be shorter), handed out dynamically; worker is in [0, threads) and no two calls
  // with the same worker overlap. Returns when all pieces are done. Runs inline when one piece or
  // one thread suffices, and when called from inside fn. fn must not throw.
  void run(std::int64_t n, std::int64_t grain,
           FunctionRef<void(std::int64_t begin, std::int64_t end, int worker)> fn);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Threads to use by default: performance cores, physical cores on x86, never more than the
// process's affinity mask and cgroup quota allow. At least 1.
int default_threads();

}  // namespace cactus::kernels
