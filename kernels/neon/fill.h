// Entries of the neon table, by file.
#pragma once
#include "kernels/table.h"

namespace cactus::kernels::neon {

void fill_matmul(Table& t);
void fill_matmul_float(Table& t);
void fill_rows(Table& t);
void fill_attention(Table& t);

}  // namespace cactus::kernels::neon
