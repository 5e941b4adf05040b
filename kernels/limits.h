// The machine's limits, for the same instruction set and threads that the kernels use, so that a
// speed can be given as a share of what is possible.
#pragma once
#include "kernels/ops.h"

namespace cactus::kernels {

// Bytes a second that all threads of e together read from [p, p + bytes): the best of `rounds`
// passes. Pass memory several times larger than the last-level cache, such as mapped weights; its
// pages must be resident. Whole KiB are read.
double read_limit(Exec& e, const std::byte* p, std::int64_t bytes, int rounds);

// int8 multiply-adds a second of all threads of e together, with the widest such instruction of
// e.table on registers alone: the best of `rounds` passes of about `seconds` each.
double int8_limit(Exec& e, double seconds, int rounds);

}  // namespace cactus::kernels
