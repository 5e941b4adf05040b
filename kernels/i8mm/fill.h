// Entries of the i8mm table, by file.
#pragma once
#include "kernels/table.h"

namespace cactus::kernels::i8mm {

void fill_matmul(Table& t);
void fill_attention(Table& t);

}  // namespace cactus::kernels::i8mm
