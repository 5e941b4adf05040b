#include "auth/key_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

extern char** environ;

namespace cactus::auth {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMost = 64u << 10;

Error failed(const std::string& program, const std::string& why) {
  return make_error(ErrorKind::auth, "key_command '" + program + "' brought no key", why,
                    "run it yourself, or cactus config list --origin");
}

// A child with its standard output in a pipe.
class Child {
 public:
  Status start(const std::vector<std::string>& argv) {
    int ends[2];
    if (pipe(ends) != 0) return failed(argv[0], std::strerror(errno));
    out_ = ends[0];
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    // What this program ignores or blocks is not the child's business.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, standard;
    sigemptyset(&none);
    sigemptyset(&standard);
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGTSTP})
      sigaddset(&standard, signal);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &standard);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const int error = posix_spawnp(&pid_, words[0], &actions, &attributes, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (error != 0) {
      pid_ = -1;
      return failed(argv[0], std::strerror(error));
    }
    return ok_status();
  }

  ~Child() {
    if (out_ >= 0) close(out_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int out() const { return out_; }

  // The status of waitpid, or nothing at the deadline.
  bool wait(Clock::time_point deadline, int& status) {
    for (;;) {
      const pid_t ended = waitpid(pid_, &status, WNOHANG);
      if (ended == pid_) {
        pid_ = -1;
        return true;
      }
      if (ended < 0 && errno != EINTR) return false;
      if (Clock::now() >= deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
};

}  // namespace

Result<Secret> run_key_command(const std::vector<std::string>& argv,
                               std::chrono::milliseconds limit) {
  if (argv.empty() || argv[0].empty())
    return make_error(ErrorKind::usage, "key_command is empty", "",
                      "cactus config set providers.NAME.key_command pass,show,NAME");
  const auto deadline = Clock::now() + limit;
  Child child;
  CACTUS_CHECK(child.start(argv));
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd poll_one = {child.out(), POLLIN, 0};
    const int ready = left <= 0 ? 0 : poll(&poll_one, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      wipe(text);
      return failed(argv[0], "it took longer than " + std::to_string(limit.count() / 1000) + " s");
    }
    const ssize_t n = read(child.out(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > kMost) {
      wipe(text);
      return failed(argv[0], "it printed more than 64 KiB");
    }
  }
  volatile char* const spent = buffer;
  for (std::size_t i = 0; i < sizeof buffer; ++i) spent[i] = 0;
  int status = 0;
  if (!child.wait(deadline, status)) {
    wipe(text);
    return failed(argv[0], "it did not end");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    wipe(text);
    return failed(argv[0], WIFEXITED(status)
                               ? "it ended with " + std::to_string(WEXITSTATUS(status))
                               : "a signal ended it");
  }
  std::string_view line = std::string_view(text).substr(0, text.find('\n'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  const Secret key(line);
  wipe(text);
  if (key.empty()) return failed(argv[0], "its first line is empty");
  return key;
}

}  // namespace cactus::auth
