// JPEG segments: ITU-T T.81, annex B. EXIF in APP1: a TIFF header and its first directory.
#include "engine/image/exif.h"

#include <cstddef>
#include <cstdint>

namespace cactus::image {
namespace {

constexpr int kUpright = 1;
constexpr unsigned kOrientation = 0x0112, kShort = 3;

// Numbers of `size` bytes; zero beyond the end, which no caller takes for an answer.
std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size, bool little) {
  if (at > bytes.size() || bytes.size() - at < size) return 0;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t from = little ? at + size - 1 - i : at + i;
    value = value << 8 | static_cast<unsigned char>(bytes[from]);
  }
  return value;
}

int orientation_in(std::string_view tiff) {
  const bool little = tiff.substr(0, 2) == "II";
  if (!little && tiff.substr(0, 2) != "MM") return kUpright;
  const std::size_t directory = number(tiff, 4, 4, little);
  const std::uint32_t count = number(tiff, directory, 2, little);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + std::size_t{12} * i;
    if (entry >= tiff.size()) break;
    if (number(tiff, entry, 2, little) != kOrientation) continue;
    const std::uint32_t value = number(tiff, entry + 8, 2, little);
    const bool good = number(tiff, entry + 2, 2, little) == kShort && value >= 1 && value <= 8;
    return good ? static_cast<int>(value) : kUpright;
  }
  return kUpright;
}

}  // namespace

int orientation_of(std::string_view jpeg) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  std::size_t at = 2;  // after the start of the image
  while (at + 4 <= jpeg.size() && static_cast<unsigned char>(jpeg[at]) == 0xff) {
    const auto marker = static_cast<unsigned char>(jpeg[at + 1]);
    if (marker == 0xff) {  // padding
      ++at;
      continue;
    }
    if (marker == 0xda || marker == 0xd9) break;  // the pixels, or the end
    const std::size_t length = number(jpeg, at + 2, 2, false);
    if (length < 2 || length > jpeg.size() - at - 2) break;
    const std::string_view segment = jpeg.substr(at + 4, length - 2);
    if (marker == 0xe1 && segment.substr(0, kExif.size()) == kExif)
      return orientation_in(segment.substr(kExif.size()));
    at += 2 + length;
  }
  return kUpright;
}

}  // namespace cactus::image
