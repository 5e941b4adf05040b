// The primitives of one instruction set, chosen once at start (dispatch.h) and handed down.
#pragma once
namespace cactus::kernels {
struct Table;  // the kernel work defines its entries
}
