#include "cli/render/format.h"

#include <sys/resource.h>
#include <wchar.h>

#include <cmath>
#include <cstdio>

#include "engine/base/utf8.h"

namespace cactus::cli {
namespace {

std::string number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

}  // namespace

std::string format_bytes(double bytes) {
  static const char* const kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  int unit = 0;
  while (bytes >= 999.5 && unit < 5) {
    bytes /= 1000;
    ++unit;
  }
  return number(bytes, unit > 0 && bytes < 9.95 ? 1 : 0) + " " + kUnits[unit];
}

std::string format_seconds(double seconds) {
  if (seconds < 0.0995) return number(seconds * 1000, seconds < 0.00995 ? 1 : 0) + " ms";
  if (seconds < 9.995) return number(seconds, seconds < 0.995 ? 2 : 1) + " s";
  const auto whole = static_cast<std::int64_t>(std::lround(seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

std::string format_rate(double per_second) {
  return number(per_second, per_second < 99.95 ? 1 : 0);
}

std::int64_t peak_memory() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#ifdef __APPLE__
  return usage.ru_maxrss;  // bytes
#else
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;  // kilobytes
#endif
}

int display_width(const std::string& text) {
  int width = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const utf8::Decoded next = utf8::decode(rest);
    const int columns = wcwidth(static_cast<wchar_t>(next.code_point));
    width += columns < 0 ? 1 : columns;
    rest.remove_prefix(next.length);
  }
  return width;
}

}  // namespace cactus::cli
