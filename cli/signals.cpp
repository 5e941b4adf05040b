#include "cli/signals.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "cli/exit_code.h"
#include "cli/termios_state.h"

namespace cactus::cli::signals {
namespace {

std::atomic<bool> g_cancel{false};
std::atomic<int> g_interrupts{0};
std::atomic<int> g_terminated{0};
std::atomic<bool> g_resize{false};
std::atomic<bool> g_suspend{false};
std::atomic<int> g_phase{static_cast<int>(Phase::blocking)};
std::atomic<long long> g_last_interrupt_ms{-10000};

static_assert(std::atomic<long long>::is_always_lock_free, "used in signal handlers");
constexpr long long kSecondPressMs = 2000;

long long now_ms() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<long long>(t.tv_sec) * 1000 + t.tv_nsec / 1000000;
}

// Only calls that POSIX lists as async-signal-safe from here on.
[[noreturn]] void leave(int code) {
  termios_state::restore_from_handler();
  _exit(code);
}

void on_interrupt(int) {
  const int saved = errno;
  const auto phase = static_cast<Phase>(g_phase.load());
  const long long now = now_ms();
  const bool second = now - g_last_interrupt_ms.exchange(now) < kSecondPressMs;
  if (phase == Phase::blocking) leave(kInterrupted);
  if (phase == Phase::generating && second && g_cancel.load()) leave(kInterrupted);
  g_interrupts.fetch_add(1);
  g_cancel.store(true);
  errno = saved;
}

void on_terminate(int signal) {
  const int code = signal == SIGHUP ? kHangup : kTerminated;
  const bool again = g_terminated.exchange(code) != 0;
  if (again || static_cast<Phase>(g_phase.load()) == Phase::blocking) leave(code);
  g_cancel.store(true);
}

void on_resize(int) {
  g_resize.store(true);
}

void on_suspend(int) {
  if (static_cast<Phase>(g_phase.load()) == Phase::idle) {
    g_suspend.store(true);
    return;
  }
  // Not at the prompt: nobody polls, so stop here. The terminal goes back to the shell as it was.
  const int saved = errno;
  termios_state::suspend();
  errno = saved;
}

void set(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  // No SA_RESTART: a read of the terminal must come back.
  sigaction(signal, &action, nullptr);
}

}  // namespace

void install() {
  set(SIGPIPE, SIG_IGN);
  set(SIGXFSZ, SIG_IGN);  // a file beyond the user's limit is an error like a full disk
  set(SIGINT, on_interrupt);
  set(SIGTERM, on_terminate);
  // nohup ignores SIGHUP before us, and then it stays ignored.
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) set(SIGHUP, on_terminate);
  if (isatty(STDIN_FILENO) != 0 || isatty(STDERR_FILENO) != 0) {
    set(SIGWINCH, on_resize);
    sigaction(SIGTSTP, nullptr, &before);
    if (before.sa_handler != SIG_IGN) set(SIGTSTP, on_suspend);
  }
}

PhaseScope::PhaseScope(Phase phase)
    : before_(static_cast<Phase>(g_phase.exchange(static_cast<int>(phase)))) {}
PhaseScope::~PhaseScope() {
  g_phase.store(static_cast<int>(before_));
}

std::atomic<bool>& cancel() {
  return g_cancel;
}

void reset() {
  g_interrupts.store(0);
  g_cancel.store(g_terminated.load() != 0);
}

int exit_code() {
  if (const int code = g_terminated.load(); code != 0) return code;
  return g_cancel.load() ? kInterrupted : 0;
}

int terminated() {
  return g_terminated.load();
}
bool take_interrupt() {
  const bool seen = g_interrupts.exchange(0) > 0;
  if (seen && g_terminated.load() == 0) g_cancel.store(false);
  return seen;
}
bool take_resize() {
  return g_resize.exchange(false);
}
bool take_suspend() {
  return g_suspend.exchange(false);
}

Blocked::Blocked() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, &before_);
}
Blocked::~Blocked() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace cactus::cli::signals
