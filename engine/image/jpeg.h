// JPEG by libjpeg-turbo.
#pragma once
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/image/pixels.h"

namespace cactus::image {

// Of the header alone. Errors: usage.
Result<Size> jpeg_size(std::string_view file);

// At about a half, a quarter or an eighth of its size when that is still at least `longest` on the
// longer edge: the codec never makes the pixels that nobody needs. Errors: usage, for a file that
// is damaged or ends too early.
Result<Pixels> decode_jpeg(std::string_view file, int longest);

// `quality` 1 to 100; colour at half the resolution (4:2:0). Errors: internal, resources.
Result<std::string> encode_jpeg(const Pixels& pixels, int quality);

}  // namespace cactus::image
