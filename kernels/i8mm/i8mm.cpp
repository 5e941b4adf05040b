// Entries of the i8mm table.
#include "kernels/table.h"

namespace cactus::kernels {

void fill_i8mm(Table&) {}

}  // namespace cactus::kernels
