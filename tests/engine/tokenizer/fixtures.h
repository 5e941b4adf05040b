// Tokenizers of the fixtures, loaded once for each test executable.
#pragma once
#include <string>

#include "engine/tokenizer/tokenizer.h"

namespace cactus::test {

std::string read_file(const std::string& path);          // fails the test where it is missing
std::string fixture(const std::string& name);            // path below tests/fixtures
const Tokenizer& tokenizer_of(const std::string& name);  // tests/fixtures/<name>

}  // namespace cactus::test
