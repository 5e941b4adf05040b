"""Decoder.grouped and its loss with the parts in fused.cpp and attention.cpp, for one processor core.

Products are products.py's; those of attention have factors rounded to bfloat16 on every processor. ready()
says whether all that is there; where it is not, the plain path computes the same.
"""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_float, c_int32, c_int64, c_void_p
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

from batches import Batch
from model import Config, Decoder, Norm
from native import compiled
from products import linear, multiply
from workers import Team


class _Attention(ctypes.Structure):
    """attention.cpp explains the fields."""

    _fields_ = [(name, c_int32) for name in ("spans", "heads", "kv_heads", "head_dim")]
    _fields_ += [(name, c_int64) for name in ("q_step", "kv_step")]
    _fields_ += [
        (name, c_void_p)
        for name in "q k v cosine sine span first row out weight d_out d_q d_k d_v".split()
    ]


_ARGUMENTS: dict[str, list[Any]] = {
    "norm": [c_void_p] * 3 + [c_float, c_int64, c_int64] + [c_void_p] * 3,
    "norm_backward": [c_void_p] * 5 + [c_int64, c_int64] + [c_void_p] * 2,
    "swiglu": [c_void_p, c_int64, c_int64, c_void_p],
    "swiglu_backward": [c_void_p, c_void_p, c_int64, c_int64, c_void_p],
    "cross_entropy": [c_void_p, c_void_p, c_int64, c_int64],
    "round_to_int4": [c_void_p, c_int64, c_void_p],
}


@lru_cache(maxsize=None)
def library() -> ctypes.CDLL | None:
    """The compiled functions; None where there is no compiler or no AVX-512."""
    found = compiled("fused.cpp", "avx512dq")
    if found is None:
        return None
    for name, arguments in _ARGUMENTS.items():
        function = getattr(found, name)
        function.argtypes, function.restype = arguments, None
    found.cross_entropy.restype = c_double
    return found


@lru_cache(maxsize=None)
def attention_library() -> ctypes.CDLL | None:
    found = compiled("attention.cpp", "avx512dq")
    if found is None or not found.attention_ready():
        return None
    for function in (found.attention, found.attention_backward):
        function.argtypes, function.restype = [ctypes.POINTER(_Attention)], None
    return found


def ready(model: Decoder, device: torch.device) -> bool:
    c = model.c
    sizes = (c.vocab_size, c.hidden_size, c.intermediate_size)
    return (
        device.type == "cpu"
        and model.embed_tokens.weight.dtype == torch.float32
        and c.head_dim in (32, 64)
        and all(size % 16 == 0 for size in sizes)
        and library() is not None
        and attention_library() is not None
    )


class _AddNorm(Function):
    """x, y [rows, size] to their sum and its norm; without y, x alone."""

    @staticmethod
    def forward(ctx, x: Tensor, y: Tensor | None, weight: Tensor, eps: float):  # type: ignore
        normed, scale = torch.empty_like(x), x.new_empty(len(x))
        total = x if y is None else torch.empty_like(x)
        added = None if y is None else y.data_ptr()
        library().norm(
            x.data_ptr(), added, weight.data_ptr(), eps, *x.shape,
            total.data_ptr(), normed.data_ptr(), scale.data_ptr(),
        )  # fmt: skip
        ctx.save_for_backward(total, weight, scale)
        ctx.set_materialize_grads(False)
        ctx.added = y is not None
        return (total, normed) if ctx.added else normed

    @staticmethod
    def backward(ctx, *gradients: Tensor | None):  # type: ignore
        total, weight, scale = ctx.saved_tensors
        d_total, d_normed = gradients if ctx.added else (None, gradients[0])
        d_x, d_weight = torch.empty_like(total), torch.zeros_like(weight)
        d_normed = d_normed.contiguous()
        passed = None if d_total is None else d_total.contiguous()
        library().norm_backward(
            total.data_ptr(), weight.data_ptr(), scale.data_ptr(),
            None if passed is None else passed.data_ptr(), d_normed.data_ptr(), *total.shape,
            d_x.data_ptr(), d_weight.data_ptr(),
        )  # fmt: skip
        return d_x, d_x if ctx.added else None, d_weight, None


def _norm(x: Tensor, layer: Norm) -> Tensor:
    return _AddNorm.apply(x, None, layer.weight, layer.eps)


def _add_norm(x: Tensor, y: Tensor, layer: Norm) -> tuple[Tensor, Tensor]:
    return _AddNorm.apply(x, y, layer.weight, layer.eps)


class _SwiGLU(Function):
    """x [rows, 2 * size], gate beside up, to [rows, size]."""

    @staticmethod
    def forward(ctx, x: Tensor):  # type: ignore
        out = x.new_empty(x.shape[0], x.shape[1] // 2)
        library().swiglu(x.data_ptr(), *out.shape, out.data_ptr())
        ctx.save_for_backward(x)
        return out

    @staticmethod
    def backward(ctx, d_out: Tensor):  # type: ignore
        (x,) = ctx.saved_tensors
        d_x, d_out = torch.empty_like(x), d_out.contiguous()
        library().swiglu_backward(x.data_ptr(), d_out.data_ptr(), *d_out.shape, d_x.data_ptr())
        return d_x


class _HeadLoss(Function):
    """Mean cross entropy of states [rows, hidden] times weight [vocabulary, hidden], transposed."""

    @staticmethod
    def forward(ctx, states: Tensor, weight: Tensor, targets: Tensor):  # type: ignore
        logits = multiply(states, weight.t())
        loss = library().cross_entropy(logits.data_ptr(), targets.data_ptr(), *logits.shape)
        ctx.save_for_backward(states, weight, logits)  # logits are their own gradient now
        return states.new_tensor(loss)

    @staticmethod
    def backward(ctx, d_loss: Tensor):  # type: ignore
        states, weight, gradient = ctx.saved_tensors
        d_states, d_weight = multiply(gradient, weight), multiply(gradient.t(), states)
        return d_states.mul_(d_loss), d_weight.mul_(d_loss), None


class Plan:
    """What attention must know of a batch, made once for all layers."""

    def __init__(self, batch: Batch, c: Config, cosine: Tensor, sine: Tensor) -> None:
        """cosine and sine [tokens, head_dim / 2]."""
        self.c, self.cosine, self.sine = c, cosine.contiguous(), sine.contiguous()
        self.spans = batch.spans
        tokens = torch.arange(len(batch.ids))
        self.every, self.sources = self._asking(tokens), self._asking(batch.sources)

    def _asking(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens that ask, as int32, and the first of them in each span (and their number)."""
        ends = self.spans[-1:, 0] + self.spans[-1:, 1]
        first = torch.searchsorted(rows, torch.cat((self.spans[:, 0], ends)).long())
        return rows.int(), first.int()

    def problem(
        self, joint: Tensor, asked: Tensor | None, out: Tensor, weight: Tensor
    ) -> _Attention:
        c = self.c
        row, first = self.every if asked is None else self.sources
        p = _Attention(len(self.spans), c.num_attention_heads, c.num_key_value_heads, c.head_dim)
        p.q, p.k, p.v, p.q_step, p.kv_step = self._parts(joint, asked)
        p.cosine, p.sine = self.cosine.data_ptr(), self.sine.data_ptr()
        p.span, p.first, p.row = self.spans.data_ptr(), first.data_ptr(), row.data_ptr()
        p.out, p.weight = out.data_ptr(), weight.data_ptr()
        return p

    def give_gradients(
        self, p: _Attention, d_out: Tensor, d_joint: Tensor, d_asked: Tensor | None
    ) -> None:
        p.d_out = d_out.data_ptr()
        p.d_q, p.d_k, p.d_v = self._parts(d_joint, d_asked)[:3]

    def _parts(self, joint: Tensor, asked: Tensor | None) -> tuple[int, int, int, int, int]:
        """Addresses of q, k and v, and floats from row to row of q, of k and v."""
        c, at, step = self.c, joint.data_ptr(), joint.stride(0)
        asking = at if asked is None else asked.data_ptr()
        key = at + (4 * c.num_attention_heads * c.head_dim if asked is None else 0)
        value = key + 4 * c.num_key_value_heads * c.head_dim
        return asking, key, value, step if asked is None else asked.stride(0), step


class _Attend(Function):
    """joint [tokens, q and k and v beside one another] to [tokens, heads * head_dim]; where `asked`
    holds the queries of batch.sources, joint holds k and v alone and the result is theirs."""

    @staticmethod
    def forward(ctx, joint: Tensor, asked: Tensor | None, plan: Plan):  # type: ignore
        heads = plan.c.num_attention_heads
        rows = len(joint if asked is None else asked)
        out = joint.new_empty(rows, heads * plan.c.head_dim)
        weight = joint.new_empty(rows, heads)
        attention_library().attention(plan.problem(joint, asked, out, weight))
        ctx.save_for_backward(joint, asked, out, weight)
        ctx.plan = plan
        return out

    @staticmethod
    def backward(ctx, d_out: Tensor):  # type: ignore
        joint, asked, out, weight = ctx.saved_tensors
        d_joint, d_out = torch.empty_like(joint), d_out.contiguous()
        d_asked = None if asked is None else torch.empty_like(asked)
        problem = ctx.plan.problem(joint, asked, out, weight)
        ctx.plan.give_gradients(problem, d_out, d_joint, d_asked)
        attention_library().attention_backward(problem)
        return d_joint, d_asked, None


def _joint(x: Tensor, *layers: nn.Linear) -> Tensor:
    """The results of several layers beside one another, as one product."""
    return linear(x, torch.cat([layer.weight for layer in layers]))


def states(model: Decoder, batch: Batch) -> Tensor:
    """Decoder.grouped."""
    plan = Plan(batch, model.c, *model._turns(batch.positions))
    x = model.embed_tokens(batch.ids)
    normed = _norm(x, model.layers[0].input_layernorm)
    for index, layer in enumerate(model.layers):
        last = index + 1 == len(model.layers)
        a, mlp = layer.self_attn, layer.mlp
        if last:
            asked = linear(normed.index_select(0, batch.sources), a.q_proj.weight)
            attended = _Attend.apply(_joint(normed, a.k_proj, a.v_proj), asked, plan)
            x = x.index_select(0, batch.sources)
        else:
            attended = _Attend.apply(_joint(normed, a.q_proj, a.k_proj, a.v_proj), None, plan)
        x, normed = _add_norm(x, linear(attended, a.o_proj.weight), layer.post_attention_layernorm)
        wide = _SwiGLU.apply(_joint(normed, mlp.gate_proj, mlp.up_proj))
        following = model.norm if last else model.layers[index + 1].input_layernorm
        x, normed = _add_norm(x, linear(wide, mlp.down_proj.weight), following)
    return normed


def loss(model: Decoder, batch: Batch) -> Tensor:
    """Mean cross entropy of a batch's answers."""
    return _HeadLoss.apply(states(model, batch), model.embed_tokens.weight, batch.targets)


class Rounded:
    """`with Rounded(model, team):` the matrices are what 4 bits a weight leave of them, and themselves again
    afterwards: gradients taken inside and applied outside train a model that bears the rounding."""

    def __init__(self, model: Decoder, team: Team) -> None:
        self.team = team
        self.matrices = [p for p in model.parameters() if p.dim() == 2]
        self.rounded = [team.rounded(p) for p in self.matrices]
        self.kept: list[Tensor] = []

    def __enter__(self) -> None:
        own = set(self.team.owned[self.team.rank])
        for p, rounded in zip(self.matrices, self.rounded):
            if p in own:
                library().round_to_int4(p.data_ptr(), p.numel(), rounded.data_ptr())
        self.team.wait()
        self.kept = [p.data for p in self.matrices]
        for p, rounded in zip(self.matrices, self.rounded):
            p.data = rounded

    def __exit__(self, *error: object) -> None:
        for p, weight in zip(self.matrices, self.kept):
            p.data = weight
        self.kept = []
