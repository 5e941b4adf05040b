// The terminal's mode: what it was when we came, what it is while an answer streams, and the way
// back from anywhere, signal handlers included.
#pragma once
#include <termios.h>

namespace cactus::cli::termios_state {

// Remembers the mode of `fd` (a terminal) as the one to go back to; later calls do nothing.
void remember(int fd);
// Back to the remembered mode, bracketed paste off, cursor shown. Safe to call when nothing was
// remembered.
void restore();

// While an answer streams, keys are neither echoed nor turned into lines, so that what is typed
// ahead arrives at the next prompt byte for byte. Ctrl-C and Ctrl-Z still work.
class QuietKeys {
 public:
  explicit QuietKeys(bool active);
  ~QuietKeys();
  QuietKeys(const QuietKeys&) = delete;
  QuietKeys& operator=(const QuietKeys&) = delete;

 private:
  bool active_;
  termios before_{};
};

// The mode that was remembered, while another program (an editor) has the terminal.
class OrdinaryKeys {
 public:
  OrdinaryKeys();
  ~OrdinaryKeys();
  OrdinaryKeys(const OrdinaryKeys&) = delete;
  OrdinaryKeys& operator=(const OrdinaryKeys&) = delete;

 private:
  bool active_;
  termios before_{};
};

// Both async-signal-safe. suspend() gives the terminal back to the shell, stops this process as
// Ctrl-Z does, and returns with the mode of before when it is continued.
void restore_from_handler();
void suspend();

}  // namespace cactus::cli::termios_state
