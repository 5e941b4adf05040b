// The one exception of this folder: thrown by whatever cannot go on, caught in chat_template.cpp.
#pragma once
#include <string>

#include "engine/base/result.h"

namespace cactus::jinja {

struct Failure {
  ErrorKind kind = ErrorKind::usage;
  std::string what;
  int line = 0;  // of the template; 0: filled in by whoever knows it
};

[[noreturn]] inline void fail(std::string what, ErrorKind kind = ErrorKind::usage) {
  throw Failure{kind, std::move(what), 0};
}

}  // namespace cactus::jinja
