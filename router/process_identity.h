// Whether a process that left a mark is still the one that runs: its number alone may have been
// given to another since.
#pragma once
#include <cstdint>
#include <string>

namespace cactus {

// When process `pid` began, in words that differ between two processes of one number and between
// two boots of the machine. Empty: there is no such process.
std::string process_identity(std::int64_t pid);

std::int64_t own_pid();

}  // namespace cactus
