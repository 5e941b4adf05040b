// The part of TOML that a settings file needs: [sections], key = value on one line, texts, numbers,
// booleans, arrays of texts, comments. Keeps line numbers, and edits a file without touching the
// lines (and comments) that it does not change.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace cactus::cli::toml {

enum class Kind { text, integer, number, boolean, texts };

struct Value {
  Kind kind = Kind::text;
  std::string text;                // the value as text: unquoted, "true", "0.7"
  std::vector<std::string> texts;  // of Kind::texts
};

struct Entry {
  std::string name;  // section and key, joined by a dot: "run.temp"
  Value value;
  int line = 0;  // from 1
};

// usage, with `file` and the line, for what is not TOML (or is TOML beyond the above).
Result<std::vector<Entry>> parse(std::string_view content, std::string_view file);

// `content` with `name` set to `literal` (already in TOML's notation), in place when it is there,
// else at the end of its section, else in a new section.
Result<std::string> set(std::string_view content, std::string_view file, std::string_view name,
                        std::string_view literal);
// `content` without the line of `name`; unchanged when it is not there.
Result<std::string> unset(std::string_view content, std::string_view file, std::string_view name);

// A text in quotes.
std::string quote(std::string_view text);

}  // namespace cactus::cli::toml
