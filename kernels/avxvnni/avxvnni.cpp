// Entries of the avxvnni table.
#include "kernels/table.h"

namespace cactus::kernels {

void fill_avxvnni(Table&) {}

}  // namespace cactus::kernels
