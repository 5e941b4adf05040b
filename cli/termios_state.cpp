#include "cli/termios_state.h"

#include <pthread.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

namespace cactus::cli::termios_state {
namespace {

int g_fd = -1;
termios g_saved{};
std::atomic<bool> g_remembered{false};

void put(const char* text, std::size_t size) {
  if (write(g_fd, text, size) < 0) return;
}

// Cursor shown, bracketed paste off.
constexpr char kReset[] = "\x1b[?25h\x1b[?2004l";

}  // namespace

void remember(int fd) {
  if (g_remembered.load() || isatty(fd) == 0 || tcgetattr(fd, &g_saved) != 0) return;
  g_fd = fd;
  g_remembered.store(true);
}

void restore() {
  restore_from_handler();
}

void restore_from_handler() {
  if (!g_remembered.load()) return;
  // A background process that sets the terminal's mode would be stopped by SIGTTOU.
  if (tcgetpgrp(g_fd) != getpgrp()) return;
  tcsetattr(g_fd, TCSADRAIN, &g_saved);
  put(kReset, sizeof kReset - 1);
}

void suspend() {
  termios now{};
  const bool ours = g_remembered.load() && tcgetattr(g_fd, &now) == 0;
  if (ours) restore_from_handler();
  // The default action, so that a process without a shell to continue it is not stopped for good.
  struct sigaction original {
  }, standard{};
  standard.sa_handler = SIG_DFL;
  sigemptyset(&standard.sa_mask);
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGTSTP);
  sigaction(SIGTSTP, &standard, &original);
  raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &set, &before);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  sigaction(SIGTSTP, &original, nullptr);
  if (ours) tcsetattr(g_fd, TCSADRAIN, &now);
}

QuietKeys::QuietKeys(bool active) : active_(active && g_remembered.load()) {
  active_ = active_ && tcgetattr(g_fd, &before_) == 0;
  if (!active_) return;
  termios quiet = before_;
  quiet.c_lflag &= static_cast<tcflag_t>(~(ECHO | ICANON));
  quiet.c_iflag &= static_cast<tcflag_t>(~(ICRNL | INLCR));
  quiet.c_cc[VMIN] = 1;
  quiet.c_cc[VTIME] = 0;
  tcsetattr(g_fd, TCSADRAIN, &quiet);
}

QuietKeys::~QuietKeys() {
  if (active_) tcsetattr(g_fd, TCSADRAIN, &before_);
}

OrdinaryKeys::OrdinaryKeys() : active_(g_remembered.load() && tcgetattr(g_fd, &before_) == 0) {
  if (active_) tcsetattr(g_fd, TCSADRAIN, &g_saved);
}

OrdinaryKeys::~OrdinaryKeys() {
  if (active_) tcsetattr(g_fd, TCSADRAIN, &before_);
}

}  // namespace cactus::cli::termios_state
