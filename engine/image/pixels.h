// Pixels in memory, made smaller and turned.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cactus::image {

struct Pixels {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  // [height, width, 3], rows from the top

  const std::uint8_t* at(int x, int y) const {
    return rgb.data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                         static_cast<std::size_t>(x)) *
                            3;
  }
};

struct Size {
  int width = 0, height = 0;
};

// The size with the same proportions whose longer edge is `longest`; `from` when it is no longer.
Size fit(Size from, int longest);

// At most `longest` on the longer edge: each new pixel is the mean of the area it covers.
Pixels shrink(Pixels from, int longest);

// As a viewer shows an image with this EXIF orientation (1 to 8; anything else is 1).
Pixels upright(Pixels from, int orientation);

}  // namespace cactus::image
