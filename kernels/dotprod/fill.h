// Entries of the dotprod table, by file.
#pragma once
#include "kernels/table.h"

namespace cactus::kernels::dotprod {

void fill_matmul(Table& t);
void fill_attention(Table& t);

}  // namespace cactus::kernels::dotprod
