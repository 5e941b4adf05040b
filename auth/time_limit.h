// A call into a library that may never come back, with an end all the same.
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace cactus::auth {

// What `call` returns, or nothing when it takes longer than `limit`: then `give_up` is told (it may
// cancel the call) and the thread is left to itself. Both are copied and must own what they use.
template <class Call, class GiveUp>
auto within(std::chrono::milliseconds limit, Call call, GiveUp give_up)
    -> std::optional<decltype(call())> {
  using Value = decltype(call());
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Value> value;
  };
  const auto shared = std::make_shared<Shared>();
  std::thread worker([shared, call = std::move(call)]() mutable {
    Value value = call();
    const std::lock_guard lock(shared->mutex);
    shared->value.emplace(std::move(value));
    shared->changed.notify_all();
  });
  std::unique_lock lock(shared->mutex);
  const bool done =
      shared->changed.wait_for(lock, limit, [&] { return shared->value.has_value(); });
  lock.unlock();
  if (done) {
    worker.join();
    return std::move(shared->value);
  }
  give_up();
  worker.detach();
  return std::nullopt;
}

}  // namespace cactus::auth
