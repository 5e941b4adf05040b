// Entries of the dotprod table.
#include "kernels/table.h"

namespace cactus::kernels {

void fill_dotprod(Table&) {}

}  // namespace cactus::kernels
