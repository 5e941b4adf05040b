// Entries of the neon table.
#include "kernels/table.h"

namespace cactus::kernels {

void fill_neon(Table&) {}

}  // namespace cactus::kernels
