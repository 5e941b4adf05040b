// Entries of the avx2 table, by file.
#pragma once
#include "kernels/table.h"

namespace cactus::kernels::avx2 {

void fill_int8(Table& t);
void fill_float(Table& t);
void fill_rows(Table& t);
void fill_attention(Table& t);

}  // namespace cactus::kernels::avx2
