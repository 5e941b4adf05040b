// Ctrl-C, termination and their friends. Handlers set flags; the program reads them between tokens.
// The one exception: when nothing can read a flag (a model is being opened, or the first Ctrl-C of
// an answer brought nothing for a moment and a second one comes), the handler restores the terminal
// and leaves at once.
#pragma once
#include <atomic>
#include <csignal>

namespace cactus::cli::signals {

// Installs the handlers; SIGPIPE and SIGXFSZ are ignored for the whole process.
void install();

// What the program does right now, which decides what a signal may do at once.
enum class Phase : int {
  idle,        // waiting for a line of input: flags only
  generating,  // polls cancel(): flags only, a second Ctrl-C within 2 s leaves
  blocking,    // polls nothing: Ctrl-C and SIGTERM leave at once
};
class PhaseScope {
 public:
  explicit PhaseScope(Phase phase);
  ~PhaseScope();
  PhaseScope(const PhaseScope&) = delete;
  PhaseScope& operator=(const PhaseScope&) = delete;

 private:
  Phase before_;
};

// Handed to the engine: true once Ctrl-C, SIGTERM or SIGHUP came since the last reset().
std::atomic<bool>& cancel();
// Forgets a Ctrl-C (never a SIGTERM or SIGHUP).
void reset();
// 129, 130 or 143 when a signal asked for the end, else 0. Ctrl-C counts until reset().
int exit_code();
// 129 or 143 when SIGHUP or SIGTERM came, else 0.
int terminated();
bool take_interrupt();  // true once for each Ctrl-C seen
bool take_resize();
bool take_suspend();

// The mask for pselect(): the signals above are blocked outside of it while this object lives, so
// that none slips in between looking at the flags and going to sleep.
class Blocked {
 public:
  Blocked();
  ~Blocked();
  Blocked(const Blocked&) = delete;
  Blocked& operator=(const Blocked&) = delete;
  const sigset_t* mask() const { return &before_; }

 private:
  sigset_t before_{};
};

}  // namespace cactus::cli::signals
