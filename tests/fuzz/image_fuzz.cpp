// Any bytes as an image file: a picture within its limits, or an error in words.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/image/jpeg.h"
#include "engine/image/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cactus::image;
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const auto picture = picture_to_send(file);
  if (!picture) {
    if (picture.error().what.empty()) std::abort();
    return 0;
  }
  if (picture->size.width > kLongest || picture->size.height > kLongest) std::abort();
  if (!jpeg_size(picture->jpeg)) std::abort();
  return 0;
}
