"""Several processes that train one model, each with batches of its own.

Every worker owns some of the parameters: it alone gets their mean gradient, updates them and
sends them to the others, so that what the optimizer costs is divided as well. Worker 0 decides and writes.
"""

from __future__ import annotations

import os
import tempfile
from argparse import Namespace
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable

import torch
import torch.distributed as dist
from torch import Tensor, multiprocessing, nn
from torch._utils import _flatten_dense_tensors, _unflatten_dense_tensors

_PATIENCE = timedelta(minutes=30)  # how long a worker waits for another, say while one validates


class Team:
    """One worker's view of all. A team of one needs no torch.distributed."""

    def __init__(self, rank: int, count: int, model: nn.Module) -> None:
        self.rank, self.count = rank, count
        self.owned: list[list[nn.Parameter]] = [[] for _ in range(count)]
        work = [0] * count
        for p in sorted(model.parameters(), key=_work, reverse=True):
            owner = work.index(min(work))
            self.owned[owner].append(p)
            work[owner] += _work(p)

    def agreed(self, *values: float) -> list[float]:
        """Worker 0's values."""
        told = torch.tensor(values, dtype=torch.float64)
        if self.count > 1:
            dist.broadcast(told, 0)
        return told.tolist()

    def total(self, *values: float) -> list[float]:
        """Sums over all workers."""
        sums = torch.tensor(values, dtype=torch.float64)
        if self.count > 1:
            dist.all_reduce(sums)
        return sums.tolist()

    def mean_gradients(self) -> None:
        """Owned parameters get the mean gradient, all others none."""
        if self.count == 1:
            return
        flat = [_flatten_dense_tensors([p.grad for p in owned]) for owned in self.owned]
        for work in [dist.reduce(f, w, async_op=True) for w, f in enumerate(flat)]:
            work.wait()
        for owner, owned in enumerate(self.owned):
            for p in owned:
                p.grad = None
            if owner == self.rank:
                mean = flat[owner].div_(self.count)
                for p, gradient in zip(owned, _unflatten_dense_tensors(mean, owned)):
                    p.grad = gradient

    def squares(self) -> float:
        """Of the owned parameters' gradients, summed."""
        return sum(float(p.grad.square().sum()) for p in self.owned[self.rank])

    @torch.no_grad()
    def share_weights(self) -> None:
        """Every owner's parameters to all."""
        if self.count == 1:
            return
        flat = [_flatten_dense_tensors(owned) for owned in self.owned]
        for work in [dist.broadcast(f, w, async_op=True) for w, f in enumerate(flat)]:
            work.wait()
        for owner, owned in enumerate(self.owned):
            if owner != self.rank:
                for p, new in zip(owned, _unflatten_dense_tensors(flat[owner], owned)):
                    p.copy_(new)

    def share_states(self, trainers: list[torch.optim.Optimizer]) -> None:
        """Every owner's part of the optimizers' state to all, for a checkpoint."""
        if self.count == 1:
            return
        for owner, owned in enumerate(self.owned):
            places = [(t, p) for p in owned for t in trainers]
            states: list[Any] = [[t.state[p] if p in t.state else None for t, p in places]]
            dist.broadcast_object_list(states, owner)
            for (trainer, p), state in zip(places, states[0]):
                if state is not None:
                    trainer.state[p] = state


def _work(p: Tensor) -> int:
    """About what the update of a parameter costs: Muon's products; the embedding has none."""
    large = p.dim() != 2 or max(p.shape) > 8 * min(p.shape)
    return p.numel() * (20 if large else 20 * min(p.shape))


def run(count: int, work: Callable[[Namespace, int], None], options: Namespace) -> None:
    """`work` in this process as worker 0 and in others beside it; all end when one fails."""
    if count == 1:
        return work(options, 0)
    with tempfile.TemporaryDirectory() as folder:
        context = multiprocessing.get_context("spawn")
        meeting = Path(folder) / "meeting"
        others = [
            context.Process(target=_join, args=(rank, count, meeting, work, options), daemon=True)
            for rank in range(1, count)
        ]
        for other in others:
            other.start()
        _join(0, count, meeting, work, options)
        for other in others:
            other.join()


def _join(
    rank: int, count: int, meeting: Path, work: Callable[[Namespace, int], None], options: Namespace
) -> None:
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group(
        "gloo", f"file://{meeting}", timeout=_PATIENCE, world_size=count, rank=rank
    )
    work(options, rank)
    dist.destroy_process_group()
