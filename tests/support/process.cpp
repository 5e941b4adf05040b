#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/support/slow.h"
#if defined(__APPLE__)
#include <util.h>
#else
#include <pty.h>
#endif

namespace cactus::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{10 * kSlow}, kLongest{60 * kSlow};
constexpr std::size_t kMostOutput = 16u << 20;

int decode(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// argv and environ made before fork(); only system calls after it.
struct Prepared {
  explicit Prepared(const Launch& launch) : arguments(launch.arguments) {
    Environment all = {{"PATH", std::getenv("PATH")},
                       {"HOME", (launch.folder.empty() ? "/nonexistent" : launch.folder.string())},
                       {"TERM", "xterm-256color"},
                       {"LC_ALL", "C.UTF-8"},
                       {"CACTUS_STATE_DIR", (launch.folder / "state").string()},
                       {"CACTUS_CONFIG_DIR", (launch.folder / "config").string()}};
    // qemu-user and sanitizers need theirs.
    for (const char* name : {"QEMU_LD_PREFIX", "QEMU_CPU", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                             "TSAN_OPTIONS", "LD_LIBRARY_PATH"})
      if (const char* value = std::getenv(name)) all[name] = value;
    for (const auto& [name, value] : launch.environment) all[name] = value;
    for (const auto& [name, value] : all) environment.push_back(name + "=" + value);
    for (std::string& text : arguments) argv.push_back(text.data());
    for (std::string& text : environment) envp.push_back(text.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    folder = launch.folder.string();
  }
  [[noreturn]] void become() {
    if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(126);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  std::vector<std::string> arguments, environment;
  std::vector<char*> argv, envp;
  std::string folder;
};

int reap(pid_t pid) {
  const auto end = Clock::now() + kLongest;
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() > end) kill(pid, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return decode(status);
}

// Appends what is there; false at the end of the stream.
bool drain(int fd, std::string& text) {
  char buffer[65536];
  const ssize_t n = read(fd, buffer, sizeof buffer);
  if (n <= 0) return n < 0 && (errno == EAGAIN || errno == EINTR);
  if (text.size() < kMostOutput) text.append(buffer, static_cast<std::size_t>(n));
  return true;
}

void read_both(int& out, std::string& out_text, int& err, std::string& err_text) {
  const auto end = Clock::now() + kLongest;
  while ((out >= 0 || err >= 0) && Clock::now() < end) {
    pollfd fds[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
    poll(fds, 2, 100);
    if (fds[0].revents != 0 && !drain(out, out_text)) close(std::exchange(out, -1));
    if (fds[1].revents != 0 && !drain(err, err_text)) close(std::exchange(err, -1));
  }
}

void make_pipe(int (&ends)[2]) {
  if (pipe(ends) != 0) throw std::runtime_error("pipe");
  for (const int fd : ends) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace

Child::Child(const Launch& launch) {
  Prepared prepared(launch);
  int in[2], out[2], err[2];
  make_pipe(in);
  make_pipe(out);
  make_pipe(err);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    prepared.become();
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  out_ = out[0];
  err_ = err[0];
  // The input is written aside so that a program that does not read it cannot stop us.
  signal(SIGPIPE, SIG_IGN);
  std::thread([fd = in[1], text = launch.input] {
    std::size_t at = 0;
    while (at < text.size()) {
      const ssize_t n = write(fd, text.data() + at, text.size() - at);
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    close(fd);
  }).detach();
}

Child::~Child() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    reap(pid_);
  }
  for (const int fd : {out_, err_})
    if (fd >= 0) close(fd);
}

bool Child::read_until(const std::string& text) {
  const auto end = Clock::now() + kPatience;
  while (finished_.out.find(text) == std::string::npos) {
    if (Clock::now() > end) return false;
    pollfd fd = {out_, POLLIN, 0};
    if (poll(&fd, 1, 50) > 0 && !drain(out_, finished_.out)) return false;
  }
  return true;
}

void Child::close_out() {
  close(std::exchange(out_, -1));
}
void Child::send(int signal) {
  kill(pid_, signal);
}

Finished Child::wait() {
  read_both(out_, finished_.out, err_, finished_.err);
  finished_.code = reap(std::exchange(pid_, -1));
  return finished_;
}

Finished run(const Launch& launch) {
  return Child(launch).wait();
}

Terminal::Terminal(const Launch& launch) {
  Prepared prepared(launch);
  winsize size{};
  size.ws_col = 80;
  size.ws_row = 24;
  pid_ = forkpty(&master_, nullptr, nullptr, &size);
  if (pid_ == 0) prepared.become();
}

Terminal::~Terminal() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    reap(pid_);
  }
  if (master_ >= 0) close(master_);
}

bool Terminal::pump(std::chrono::milliseconds most) {
  pollfd fd = {master_, POLLIN, 0};
  if (poll(&fd, 1, static_cast<int>(most.count())) <= 0) return true;
  return drain(master_, shown_);
}

void Terminal::type(const std::string& keys) {
  std::size_t at = 0;
  while (at < keys.size()) {
    const ssize_t n = write(master_, keys.data() + at, keys.size() - at);
    if (n <= 0) return;
    at += static_cast<std::size_t>(n);
    pump(std::chrono::milliseconds(1));
  }
}

bool Terminal::expect(const std::string& text) {
  if (pid_ < 0) return false;  // no pseudo-terminal here (/dev/pts is not mounted): nothing will come
  const auto end = Clock::now() + kPatience;
  for (;;) {
    if (const std::size_t at = shown_.find(text, seen_); at != std::string::npos) {
      seen_ = at + text.size();
      return true;
    }
    if (Clock::now() > end) return false;
    if (!pump(std::chrono::milliseconds(50))) return shown_.find(text, seen_) != std::string::npos;
  }
}

void Terminal::resize(int columns, int rows) {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = static_cast<unsigned short>(rows);
  ioctl(master_, TIOCSWINSZ, &size);
}

void Terminal::send(int signal) {
  kill(pid_, signal);
}

int Terminal::wait() {
  const auto end = Clock::now() + kLongest;
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (Clock::now() > end) kill(pid_, SIGKILL);
    if (!pump(std::chrono::milliseconds(20)))
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  pid_ = -1;
  while (pump(std::chrono::milliseconds(20))) {
    pollfd fd = {master_, POLLIN, 0};
    if (poll(&fd, 1, 20) <= 0) break;
  }
  return decode(status);
}

}  // namespace cactus::test
