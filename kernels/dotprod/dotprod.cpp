// Entries of the dotprod table.
#include "kernels/dotprod/fill.h"

namespace cactus::kernels {

void fill_dotprod(Table& t) {
  dotprod::fill_matmul(t);
}

}  // namespace cactus::kernels
