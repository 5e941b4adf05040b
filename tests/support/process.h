// A program run as a process, through pipes or in a pseudo-terminal.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cactus::test {

using Environment = std::map<std::string, std::string>;

struct Finished {
  int code = 0;  // of exit; 128 + signal when one ended it
  std::string out, err;
};

struct Launch {
  std::vector<std::string> arguments;  // [0] is the program
  std::string input;                   // of standard input, a pipe
  Environment environment;             // over a small fixed one (PATH, a HOME of its own)
  std::filesystem::path folder;        // working directory
};

// Runs to the end (killed after a minute; all limits are longer with sanitizers, slow.h). Output beyond 16 MB is dropped.
Finished run(const Launch& launch);

// A process whose standard output is a pipe of ours: started, signalled, read and waited for.
class Child {
 public:
  explicit Child(const Launch& launch);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool read_until(const std::string& text);  // of standard output; false after ten seconds
  void close_out();                          // as `| head` does
  void send(int signal);
  Finished wait();

 private:
  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
  Finished finished_;
};

// A process in a pseudo-terminal of 80 × 24.
class Terminal {
 public:
  explicit Terminal(const Launch& launch);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys);
  // Waits until the screen's output since the last call that succeeded contains `text`; false after
  // ten seconds.
  bool expect(const std::string& text);
  void resize(int columns, int rows);
  void send(int signal);
  // Everything shown so far, as the bytes that came.
  const std::string& shown() const { return shown_; }
  int wait();  // exit code as in Finished
  pid_t pid() const { return pid_; }

 private:
  bool pump(std::chrono::milliseconds most);

  pid_t pid_ = -1;
  int master_ = -1;
  std::string shown_;
  std::size_t seen_ = 0;
};

}  // namespace cactus::test
