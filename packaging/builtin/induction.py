"""Weights that can copy from the first step on.

Copying needs two layers that work together: one whose heads look at the token before, and one that
finds where a token like the present one stood before and hands on what followed it (an induction
head). Each is of no use without the other, so that training finds them late; here it begins with them
and is free to change them. Source of the circuit: Olsson and others, "In-context learning and induction
heads", 2022. That beginning with useful attention helps small models: Trockman and Kolter, "Mimetic
initialization of self-attention layers", 2023.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_COMMON = 0.15  # length of what all embeddings share: a head without bias needs it to see positions
_LAYERS = (1, 2)  # that look for what followed
_FAST, _SLOW = 4, 6  # first so many rotary pairs tell neighbours apart; from here on contents compare


@torch.no_grad()
def begin_copying(decoder: Any) -> None:
    """`decoder`: a model.Decoder with fresh weights and at least three layers."""
    c = decoder.c
    half, groups = c.head_dim // 2, c.num_attention_heads // c.num_key_value_heads
    if c.num_hidden_layers <= max(_LAYERS):
        return
    speeds = c.rope_theta ** (-torch.arange(half).float() / half)
    axes = torch.linalg.qr(torch.randn(c.hidden_size, c.hidden_size))[0]
    common, contents, places = axes[0], axes[1 : 1 + c.head_dim], axes[-c.head_dim :]
    embedding = decoder.embed_tokens.weight
    embedding += (_COMMON - embedding @ common)[:, None] * common

    # The first group of the first layer: its heads look one, two, three … tokens back.
    first = decoder.layers[0].self_attn
    fast = (torch.arange(half) < _FAST).float()
    first.k_proj.weight[: c.head_dim] = torch.cat((fast, 0 * fast))[:, None] * common
    first.v_proj.weight[: c.head_dim] = contents
    for head in range(groups):
        part = slice(head * c.head_dim, (head + 1) * c.head_dim)
        turned = speeds * (head + 1)
        aim = torch.cat((turned.cos(), -turned.sin()))
        first.q_proj.weight[part] = aim[:, None] * common
        if head == 0:
            first.o_proj.weight[:, part] = 0.1 * places.t()

    slow = (torch.arange(c.head_dim) % half >= _SLOW).float()[:, None]
    for index in _LAYERS:
        found = decoder.layers[index].self_attn
        for group in range(c.num_key_value_heads):
            rows = slice(group * c.head_dim, (group + 1) * c.head_dim)
            handed: Tensor = torch.linalg.qr(torch.randn(c.hidden_size, c.head_dim))[0].t()
            found.k_proj.weight[rows] = slow * places
            found.v_proj.weight[rows] = handed
            for head in range(group * groups, (group + 1) * groups):
                part = slice(head * c.head_dim, (head + 1) * c.head_dim)
                found.q_proj.weight[part] = 6.0 * slow * contents
                found.o_proj.weight[:, part] = 0.3 / groups * handed.t()
