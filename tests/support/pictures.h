// Image files made for tests.
#pragma once
#include <string>

#include "engine/image/pixels.h"

namespace cactus::test {

// A gradient: red grows to the right, green downwards; the left upper corner is blue.
image::Pixels gradient(int width, int height);
// Of a gradient. `transparent`: with an alpha channel, zero in the right half.
std::string png_file(int width, int height, bool transparent = false);
std::string jpeg_file(int width, int height);
// A JPEG with an APP1 segment that says this orientation and a place (a GPS directory's tag).
std::string photo_file(int width, int height, int orientation);

}  // namespace cactus::test
