// Entries of the avx512vnni table, by file.
#pragma once
#include "kernels/table.h"

namespace cactus::kernels::avx512vnni {

void fill_int8(Table& t);
void fill_float(Table& t);
void fill_rows(Table& t);
void fill_attention(Table& t);
void fill_attention_int8(Table& t);

}  // namespace cactus::kernels::avx512vnni
