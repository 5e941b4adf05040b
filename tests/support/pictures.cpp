#include "tests/support/pictures.h"

#include <png.h>

#include "engine/image/jpeg.h"

namespace cactus::test {

image::Pixels gradient(int width, int height) {
  image::Pixels pixels{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool corner = x < width / 4 && y < height / 4;
      pixels.rgb.push_back(corner ? 0 : static_cast<std::uint8_t>(x * 255 / width));
      pixels.rgb.push_back(corner ? 0 : static_cast<std::uint8_t>(y * 255 / height));
      pixels.rgb.push_back(corner ? 255 : 0);
    }
  }
  return pixels;
}

std::string png_file(int width, int height, bool transparent) {
  const image::Pixels pixels = gradient(width, height);
  std::string raw;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const std::uint8_t* pixel = pixels.at(x, y);
      raw.append(reinterpret_cast<const char*>(pixel), 3);
      if (transparent) raw += x < width / 2 ? '\xff' : '\0';
    }
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = transparent ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string file(size, '\0');
  png_image_write_to_memory(&image, file.data(), &size, 0, raw.data(), 0, nullptr);
  file.resize(size);
  return file;
}

std::string jpeg_file(int width, int height) {
  auto file = image::encode_jpeg(gradient(width, height), 90);
  return file ? *file : std::string();
}

std::string photo_file(int width, int height, int orientation) {
  std::string tiff("MM\0*\0\0\0\x08", 8);
  tiff += std::string("\0\x02", 2);                      // two entries
  tiff += std::string("\x01\x12\0\x03\0\0\0\x01\0", 9);  // orientation
  tiff += static_cast<char>(orientation) + std::string("\0\0", 2);
  tiff += std::string("\x88\x25\0\x04\0\0\0\x01\0\0\0\0", 12) + "52.5200 13.4050";  // GPS
  const std::string segment = std::string("Exif\0\0", 6) + tiff;
  const std::string file = jpeg_file(width, height);
  std::string out = file.substr(0, 2) + "\xff\xe1";
  out += static_cast<char>((segment.size() + 2) >> 8);
  out += static_cast<char>((segment.size() + 2) & 255);
  return out + segment + file.substr(2);
}

}  // namespace cactus::test
