// Arithmetic in operators or words: "18% of 249.90", "(3+4)*5", "the square root of 2", "12 times
// 7", "5% off 80". Exact where the result is a fraction; bounded in size, depth and work.
#pragma once
#include <string>
#include <string_view>

#include "cli/local_tools/quantity.h"

namespace cactus::cli {

struct Calculation {
  Quantity value;
  bool is_percentage = false;  // "20 out of 80": value is in percent
  bool radians = false;        // an angle was read in radians because nothing said degrees
};

// Errors carry their reason only.
Result<Calculation> calculate(std::string_view expression);

}  // namespace cactus::cli
