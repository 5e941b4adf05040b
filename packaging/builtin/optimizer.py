"""Muon for matrices, AdamW for what is not one.

Muon: momentum, then the update is replaced by a matrix of nearly equal singular values (five steps of
a Newton–Schulz iteration), so that rare directions are learnt as fast as frequent ones. Source: Keller
Jordan, "Muon: an optimizer for hidden layers in neural networks", 2024.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from products import multiply

_A, _B, _C = 3.4445, -4.7750, 2.0315  # of the iteration, as published


def orthogonalized(update: Tensor) -> Tensor:
    """A matrix with the singular vectors of `update` and singular values near one."""
    tall = update.shape[0] > update.shape[1]
    x = update.t() if tall else update
    x = x.contiguous() / (x.norm() + 1e-7)
    for _ in range(5):
        square = multiply(x, x.t())
        factor = multiply(square, square).mul_(_C).add_(square, alpha=_B)
        x = multiply(factor, x).add_(x, alpha=_A)
    return x.t() if tall else x


class Muon(torch.optim.Optimizer):
    def __init__(self, matrices: list[nn.Parameter], lr: float, decay: float) -> None:
        super().__init__(matrices, {"lr": lr, "decay": decay, "momentum": 0.95})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(p)
                state["momentum"].lerp_(p.grad, 1 - group["momentum"])
                update = orthogonalized(p.grad.lerp(state["momentum"], group["momentum"]))
                p.mul_(1 - group["lr"] * group["decay"])
                p.add_(update, alpha=-group["lr"] * max(1.0, p.shape[0] / p.shape[1]) ** 0.5)


def optimizers(model: nn.Module, lr: float, decay: float) -> list[torch.optim.Optimizer]:
    """`lr` is Muon's; the embedding and the norms get a tenth of it."""
    named = list(model.named_parameters())
    matrices = [p for name, p in named if p.dim() == 2 and "embed" not in name]
    rest = [p for name, p in named if p.dim() != 2 or "embed" in name]
    return [
        Muon(matrices, lr, decay),
        torch.optim.AdamW(rest, lr=lr / 10, betas=(0.9, 0.98), weight_decay=0.0),
    ]
