// The one seam for all that a user sees: standard output (the answer and nothing else), standard
// error (everything else), their colours and their width.
#pragma once
#include <mutex>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cactus::cli {

enum class ColorMode { automatic, always, never };
Result<ColorMode> parse_color_mode(std::string_view text);

// What decides about colour on one stream, apart from --color (which decides alone when it is not
// automatic): NO_COLOR beats CLICOLOR_FORCE, FORCE_COLOR beats NO_COLOR.
bool use_color(ColorMode mode, bool tty);

enum class Style { bold, dim, red, yellow, green, cyan };

// Thread-safe where it writes.
class Terminal {
 public:
  explicit Terminal(ColorMode color = ColorMode::automatic);
  void set_color(ColorMode mode);
  void set_quiet(bool quiet) { quiet_ = quiet; }

  bool in_tty() const { return in_tty_; }
  bool out_tty() const { return out_tty_; }
  bool err_tty() const { return err_tty_; }
  bool out_color() const { return out_color_; }
  bool err_color() const { return err_color_; }
  bool quiet() const { return quiet_; }
  int width() const;  // columns of the terminal, 80 when unknown

  // To standard output, at once. False when the reader is gone (then and ever after).
  bool out(std::string_view text);
  // The reader closed the pipe: nothing more to do, and no error.
  bool closed() const { return closed_; }
  // Standard output cannot be written for another reason (a full disk): errno's words, else empty.
  const std::string& out_failure() const { return failure_; }

  // To standard error: as it is, even when quiet (prompts, replies to slash commands, errors).
  void err(std::string_view text);
  // A dim line that quiet suppresses.
  void note(std::string_view line);
  void warn(std::string_view line);
  // `error: WHAT` / `  why: …` / `  try: …`. Text that comes from files is made harmless.
  void error(const Error& error);

  // `text` in a style for standard error, or as it is without colour.
  std::string styled(Style style, std::string_view text) const;

 private:
  std::mutex mutex_;
  bool in_tty_, out_tty_, err_tty_;
  bool out_color_ = false, err_color_ = false;
  bool quiet_ = false;
  bool closed_ = false;
  std::string failure_;
};

}  // namespace cactus::cli
