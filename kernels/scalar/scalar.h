// Entries of the scalar table, by file.
#pragma once
#include "kernels/table.h"

namespace cactus::kernels::scalar {

void fill_matmul(Table& t);
void fill_rows(Table& t);
void fill_attention(Table& t);

}  // namespace cactus::kernels::scalar
