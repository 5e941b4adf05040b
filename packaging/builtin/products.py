"""Matrix products with products.cpp where the processor multiplies bfloat16 (AMX or AVX-512; sums in float32),
and PyTorch's own elsewhere."""

from __future__ import annotations

import ctypes
from ctypes import c_int32, c_int64, c_void_p
from functools import lru_cache

import torch
from torch import Tensor
from torch.autograd import Function

from native import compiled


@lru_cache(maxsize=None)
def library() -> ctypes.CDLL | None:
    found = compiled("products.cpp", "avx512_bf16", "avx512bw")
    if found is None or not found.products_ready():
        return None
    found.product.argtypes = [c_void_p, c_int64, c_int32] * 2 + [c_int64] * 3 + [c_void_p]
    found.product.restype = None
    return found


def _lies(x: Tensor) -> tuple[Tensor, int, bool]:
    """x [rows, columns], floats from one line of it to the next, and whether lines are its columns."""
    if x.stride(1) != 1 and x.stride(0) == 1:
        return x, x.stride(1), True
    x = x if x.stride(1) == 1 else x.contiguous()
    return x, x.stride(0), False


def multiply(a: Tensor, b: Tensor) -> Tensor:
    """a [rows, terms] times b [terms, columns], float32; either may be a transposed view."""
    own = library() if a.device.type == "cpu" and a.dtype == b.dtype == torch.float32 else None
    if own is None:
        return a @ b
    a, a_step, a_across = _lies(a)
    b, b_step, b_along = _lies(b)
    out = torch.empty(a.shape[0], b.shape[1])
    own.product(
        a.data_ptr(), a_step, a_across, b.data_ptr(), b_step, b_along,
        *out.shape, a.shape[1], out.data_ptr(),
    )  # fmt: skip
    return out


class _Linear(Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor):  # type: ignore
        ctx.save_for_backward(x, weight)
        return multiply(x, weight.t())

    @staticmethod
    def backward(ctx, d_out: Tensor):  # type: ignore
        x, weight = ctx.saved_tensors
        return multiply(d_out, weight), multiply(d_out.t(), x)


def linear(x: Tensor, weight: Tensor) -> Tensor:
    """x [rows, in] times weight [out, in], transposed."""
    return _Linear.apply(x, weight)
