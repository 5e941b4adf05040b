// Entries of the neon table.
#include "kernels/neon/fill.h"

namespace cactus::kernels {

void fill_neon(Table& t) {
  neon::fill_matmul(t);
}

}  // namespace cactus::kernels
