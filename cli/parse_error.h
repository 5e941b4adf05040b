// Command lines that cannot be parsed, as errors for people.
#pragma once
#include "engine/base/result.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace cactus::cli {

// `app` is the root as parse() left it. Always usage.
Error parse_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace cactus::cli
