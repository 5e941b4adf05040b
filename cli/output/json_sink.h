// Machine-readable answers: one object at the end (--json), or an event a line (--jsonl).
#pragma once
#include "cli/services.h"
#include "cli/terminal.h"
#include "router/turn.h"

namespace cactus::cli {

// Prints nothing until the object.
class JsonSink : public TurnSink {
 public:
  explicit JsonSink(Terminal& terminal) : terminal_(terminal) {}
  bool can_withdraw() const override { return true; }  // nothing has left yet
  bool text(std::string_view) override { return !terminal_.closed(); }
  bool thought(std::string_view) override { return !terminal_.closed(); }

 private:
  Terminal& terminal_;
};

// Events: start, token, thought, discard, route, tool_call, error, done.
class JsonlSink : public TurnSink {
 public:
  explicit JsonlSink(Terminal& terminal) : terminal_(terminal) {}
  // There is an event for it, but a reader that shows tokens at once has no way back: hold.
  bool can_withdraw() const override { return false; }
  bool text(std::string_view piece) override;
  bool thought(std::string_view piece) override;
  void discard() override;
  void asking(std::string_view target, std::string_view why) override;
  void settled(const TurnResult& turn) override;

  void start(const OpenSession& model);
  void done(const Json& object);

 private:
  Terminal& terminal_;
};

// One event to standard output; `fields` is an object. False when the reader is gone.
bool write_event(Terminal& terminal, std::string_view event, const Json& fields);

}  // namespace cactus::cli
