// Numbers as people read them.
#pragma once
#include <cstdint>
#include <string>

namespace cactus::cli {

std::string format_bytes(double bytes);  // "2.9 GB" (powers of 1000)
std::string format_seconds(
    double seconds);  // "4.2 ms", "0.41 s", "12 s", "3 min 5 s", "2 h 10 min"
std::string format_rate(double per_second);  // "40.2", "655"
// Peak resident memory of this process in bytes.
std::int64_t peak_memory();
// Columns that `text` (UTF-8, no escape sequences) takes on a terminal.
int display_width(const std::string& text);

}  // namespace cactus::cli
