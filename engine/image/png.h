// PNG by libpng.
#pragma once
#include <string_view>

#include "engine/base/result.h"
#include "engine/image/pixels.h"

namespace cactus::image {

// Of the header alone. Errors: usage.
Result<Size> png_size(std::string_view file);

// Any kind of PNG; what is transparent becomes white. Errors: usage, for a file that is damaged or
// ends too early.
Result<Pixels> decode_png(std::string_view file);

}  // namespace cactus::image
