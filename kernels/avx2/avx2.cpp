// Entries of the avx2 table.
#include "kernels/table.h"

namespace cactus::kernels {

void fill_avx2(Table&) {}

}  // namespace cactus::kernels
