// Which way up a photo is. Cameras store the pixels as the sensor lies and say so in EXIF.
#pragma once
#include <string_view>

namespace cactus::image {

// TIFF tag 274 of a JPEG file: 1 (upright) to 8. 1 when it does not say, or says nonsense.
int orientation_of(std::string_view jpeg);

}  // namespace cactus::image
