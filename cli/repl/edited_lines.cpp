// libedit with what a chat needs on top: pasted and typed newlines that do not submit, signals
// that come back to us, completion of ours, and the user's editor.
#include <histedit.h>
#include <sys/select.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cwchar>
#include <optional>

#include "cli/external_editor.h"
#include "cli/repl/line_source.h"
#include "cli/signals.h"
#include "cli/termios_state.h"
#include "engine/base/utf8.h"

namespace cactus::cli {
namespace {

constexpr char kPasteOn[] = "\x1b[?2004h", kPasteOff[] = "\x1b[?2004l";
constexpr std::size_t kMostPasted = 4u << 20;

std::string common_prefix(const std::vector<std::string>& words) {
  std::string prefix = words.front();
  for (const std::string& word : words) {
    std::size_t n = 0;
    while (n < prefix.size() && n < word.size() && prefix[n] == word[n]) ++n;
    prefix.resize(n);
  }
  return prefix;
}

class EditedLines : public LineSource {
 public:
  EditedLines(Terminal& terminal, History& history, Completer completer)
      : terminal_(terminal), history_(history), completer_(std::move(completer)) {
    edit_ = el_init("cactus", stdin, stderr, stderr);
    if (edit_ == nullptr) return;
    remembered_ = history_init();
    HistEvent event;
    ::history(remembered_, &event, H_SETSIZE, static_cast<int>(History::kMost));
    for (const std::string& entry : history_.entries())
      ::history(remembered_, &event, H_ENTER, entry.c_str());
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_HIST, ::history, remembered_);
    el_set(edit_, EL_SIGNAL, 0);
    el_set(edit_, EL_EDITOR, "emacs");
    // Enter must arrive as the CR it is, or it could not be told from Ctrl-J.
    el_set(edit_, EL_SETTY, "-d", "-icrnl", "-inlcr", nullptr);
    // And between two lines nothing may be echoed, swallowed or turned into another key.
    el_set(edit_, EL_SETTY, "-x", "-icanon", "-echo", "-icrnl", nullptr);
    el_set(edit_, EL_PROMPT_ESC, prompt_of, '\1');
    el_wset(edit_, EL_GETCFN, get_char);
    bind_keys();
    el_source(edit_, nullptr);  // the user's ~/.editrc has the last word
  }

  ~EditedLines() override {
    if (edit_ != nullptr) el_end(edit_);
    if (remembered_ != nullptr) history_end(remembered_);
  }
  EditedLines(const EditedLines&) = delete;
  EditedLines& operator=(const EditedLines&) = delete;

  bool usable() const { return edit_ != nullptr; }

  Input read(const std::string& prompt) override {
    const signals::PhaseScope idle(signals::Phase::idle);
    prompt_ = terminal_.err_color() ? "\1\x1b[1m\1" + prompt + "\1\x1b[0m\1" : prompt;
    event_.reset();
    bytes_.clear();
    terminal_.err(kPasteOn);
    int count = 0;
    const char* text = el_gets(edit_, &count);
    Input input{InputEvent::line, text != nullptr ? text : ""};
    terminal_.err(kPasteOff);
    if (text == nullptr || count <= 0) {
      terminal_.err("\n");
      return {event_.value_or(InputEvent::end), {}};
    }
    while (!input.line.empty() && (input.line.back() == '\n' || input.line.back() == '\r'))
      input.line.pop_back();
    if (history_.add(input.line)) {
      HistEvent event;
      ::history(remembered_, &event, H_ENTER, input.line.c_str());
    }
    return input;
  }

 private:
  static EditedLines& self(EditLine* edit) {
    void* data = nullptr;
    el_get(edit, EL_CLIENTDATA, &data);
    return *static_cast<EditedLines*>(data);
  }

  static char* prompt_of(EditLine* edit) { return self(edit).prompt_.data(); }

  // One character for libedit. Sleeps in pselect so that a signal that came between looking at its
  // flag and going to sleep is not lost.
  static int get_char(EditLine* edit, wchar_t* out) {
    EditedLines& me = self(edit);
    for (;;) {
      const signals::Blocked blocked;
      if (signals::terminated() != 0) return me.stop(InputEvent::terminated);
      if (signals::take_interrupt()) return me.stop(InputEvent::interrupt);
      if (signals::take_resize()) {
        el_resize(edit);
        el_set(edit, EL_REFRESH);
      }
      if (signals::take_suspend()) {
        el_set(edit, EL_PREP_TERM, 0);
        me.terminal_.err(kPasteOff);
        termios_state::suspend();
        el_set(edit, EL_PREP_TERM, 1);
        me.terminal_.err(kPasteOn);
        el_set(edit, EL_REFRESH);
        continue;
      }
      fd_set readable;
      FD_ZERO(&readable);
      FD_SET(STDIN_FILENO, &readable);
      const int ready =
          pselect(STDIN_FILENO + 1, &readable, nullptr, nullptr, nullptr, blocked.mask());
      if (ready < 0 && errno == EINTR) continue;
      char byte = 0;
      const ssize_t n = ::read(STDIN_FILENO, &byte, 1);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return me.stop(InputEvent::end);
      me.bytes_ += byte;
      if (utf8::incomplete_tail(me.bytes_) == me.bytes_.size()) continue;
      const utf8::Decoded decoded = utf8::decode(me.bytes_);
      me.bytes_.erase(0, decoded.length);
      *out = static_cast<wchar_t>(decoded.code_point);
      return 1;
    }
  }

  int stop(InputEvent event) {
    event_ = event;
    bytes_.clear();
    return -1;
  }

  void bind(const char* key, const char* action) { el_set(edit_, EL_BIND, key, action, nullptr); }

  void bind_keys() {
    el_set(edit_, EL_ADDFN, "cactus-newline", "A newline that does not submit", newline);
    el_set(edit_, EL_ADDFN, "cactus-paste", "Text pasted by the terminal", paste);
    el_set(edit_, EL_ADDFN, "cactus-complete", "Complete the word", complete);
    el_set(edit_, EL_ADDFN, "cactus-editor", "The line in the user's editor", editor);
    bind("^J", "cactus-newline");
    bind("\x1b\r", "cactus-newline");
    bind("\x1b\n", "cactus-newline");
    bind("\x1b[200~", "cactus-paste");
    bind("\t", "cactus-complete");
    bind("^G", "cactus-editor");
    bind("^R", "em-inc-search-prev");
    for (const char* up : {"\x1b[A", "\x1bOA", "^P"}) bind(up, "ed-search-prev-history");
    for (const char* down : {"\x1b[B", "\x1bOB", "^N"}) bind(down, "ed-search-next-history");
    for (const char* home : {"\x1b[H", "\x1bOH", "\x1b[1~"}) bind(home, "ed-move-to-beg");
    for (const char* end : {"\x1b[F", "\x1bOF", "\x1b[4~"}) bind(end, "ed-move-to-end");
    bind("\x1b[3~", "ed-delete-next-char");
    bind("\x1b[1;5C", "em-next-word");
    bind("\x1b[1;5D", "ed-prev-word");
  }

  static unsigned char newline(EditLine* edit, int) {
    return el_insertstr(edit, "\n") == 0 ? CC_REFRESH : CC_ERROR;
  }

  static unsigned char paste(EditLine* edit, int) {
    constexpr std::string_view kEnd = "\x1b[201~";
    std::string text;
    wchar_t next = 0;
    while (text.size() < kMostPasted && el_wgetc(edit, &next) == 1) {
      utf8::append(text, static_cast<char32_t>(next));
      if (text.ends_with(kEnd)) break;
    }
    if (text.ends_with(kEnd)) text.resize(text.size() - kEnd.size());
    std::string clean;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c == '\r') {
        if (i + 1 < text.size() && text[i + 1] == '\n') continue;
        clean += '\n';
      } else if (c >= 0x20 || c == '\n' || c == '\t') {
        clean += text[i];
      }
    }
    while (!clean.empty() && clean.back() == '\n') clean.pop_back();
    if (clean.empty()) return CC_NORM;
    return el_insertstr(edit, clean.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  }

  static unsigned char complete(EditLine* edit, int) {
    EditedLines& me = self(edit);
    const LineInfo* line = el_line(edit);
    const std::string before(line->buffer, line->cursor);
    const WordChoices choices = me.completer_(before);
    if (choices.words.empty()) return CC_ERROR;
    const std::string typed = before.substr(std::min(choices.begin, before.size()));
    std::string prefix = common_prefix(choices.words);
    if (choices.words.size() == 1 && !prefix.ends_with('/')) prefix += ' ';
    if (prefix.size() > typed.size() && prefix.starts_with(typed))
      return el_insertstr(edit, prefix.c_str() + typed.size()) == 0 ? CC_REFRESH : CC_ERROR;
    std::string list = "\n";
    for (const std::string& word : choices.words) list += word + "  ";
    me.terminal_.err(list + "\n");
    return CC_REDISPLAY;
  }

  static unsigned char editor(EditLine* edit, int) {
    EditedLines& me = self(edit);
    const LineInfo* line = el_line(edit);
    const std::string text(line->buffer, line->lastchar);
    const int to_end = static_cast<int>(line->lastchar - line->cursor);
    el_set(edit, EL_PREP_TERM, 0);
    me.terminal_.err(kPasteOff);
    auto edited = edit_text(text, ".md");
    el_set(edit, EL_PREP_TERM, 1);
    me.terminal_.err(std::string(kPasteOn) + "\n");
    if (!edited) {
      me.terminal_.error(edited.error());
      return CC_REDISPLAY;
    }
    while (!edited->empty() && edited->back() == '\n') edited->pop_back();
    el_cursor(edit, to_end);
    el_deletestr(edit, static_cast<int>(std::mbstowcs(nullptr, text.c_str(), 0)));
    if (!edited->empty()) el_insertstr(edit, utf8::sanitize(*edited).c_str());
    return CC_REDISPLAY;
  }

  Terminal& terminal_;
  History& history_;
  Completer completer_;
  EditLine* edit_ = nullptr;
  ::History* remembered_ = nullptr;
  std::string prompt_, bytes_;
  std::optional<InputEvent> event_;
};

}  // namespace

std::unique_ptr<LineSource> edited_lines(Terminal& terminal, History& history,
                                         Completer completer) {
  auto lines = std::make_unique<EditedLines>(terminal, history, std::move(completer));
  if (!lines->usable()) return nullptr;
  return lines;
}

}  // namespace cactus::cli
