// An image file of the user's, made ready to be sent: upright, at most 1568 pixels long, a JPEG of
// quality 85 without anything else in it (where a photo was taken, by which camera, thumbnails).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/image/pixels.h"

namespace cactus::image {

inline constexpr int kLongest = 1568;  // pixels; what the providers look at (reference/cloud.md)
inline constexpr int kQuality = 85;
// Larger ones are refused before they are decoded: 192 MiB of pixels.
inline constexpr std::int64_t kMostPixels = std::int64_t{64} << 20;
inline constexpr std::size_t kMostFileBytes = std::size_t{64} << 20;

struct Picture {
  std::string jpeg;
  Size size, original;  // pixels
};

// PNG and JPEG. Errors: usage (another format, damaged, too large), with sentences about "the
// image"; the caller says which file it is.
Result<Picture> picture_to_send(std::string_view file);

}  // namespace cactus::image
