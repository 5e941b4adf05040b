// Tokens into a Program, with Jinja2's grammar and precedences.
#pragma once
#include <memory>
#include <string>

#include "engine/template/ast.h"

namespace cactus::jinja {

// Throws Failure (kind incompatible) with the line of what cannot be read.
std::unique_ptr<const Program> parse_program(std::string source);

}  // namespace cactus::jinja
