// Entries of the avx512vnni table.
#include "kernels/table.h"

namespace cactus::kernels {

void fill_avx512vnni(Table&) {}

}  // namespace cactus::kernels
