// Entries of the i8mm table.
#include "kernels/i8mm/fill.h"

namespace cactus::kernels {

void fill_i8mm(Table& t) {
  i8mm::fill_matmul(t);
}

}  // namespace cactus::kernels
