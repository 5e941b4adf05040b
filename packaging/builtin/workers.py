"""Several processes that train one model, each with batches of its own.

The weights lie in memory that all share. Every worker owns some of the parameters: it alone gets their mean
gradient and updates them, so that what the optimizer costs is divided as well. Worker 0 decides and writes.
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

_PATIENCE = timedelta(minutes=30)  # how long a worker waits for another, say while one validates


class Team:
    """One worker's view of all. A team of one needs neither torch.distributed nor memory."""

    def __init__(self, rank: int, model: nn.Module, memory: Tensor | None = None) -> None:
        """`memory` is what room() gave: the weights, what they are rounded to, and a gradient of each worker."""
        self.rank, self.count = rank, 1 if memory is None else len(memory) - 2
        self.owned: list[list[nn.Parameter]] = [[] for _ in range(self.count)]
        work = [0] * self.count
        for p in sorted(model.parameters(), key=_work, reverse=True):
            owner = work.index(min(work))
            self.owned[owner].append(p)
            work[owner] += _work(p)
        self._rounded: dict[nn.Parameter, Tensor] = {}
        self._gradients: dict[nn.Parameter, list[Tensor]] = {}
        if memory is None:
            return
        begin = 0
        for p in model.parameters():
            weight, rounded, *gradients = (
                share[begin : begin + p.numel()].view_as(p) for share in memory
            )
            begin += p.numel()
            p.data = weight.copy_(p.data)  # all workers begin with the same
            self._rounded[p], self._gradients[p] = rounded, gradients
        self.wait()

    def wait(self) -> None:
        """Until all workers are here."""
        if self.count > 1:
            dist.all_reduce(torch.zeros(1))

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

    def rounded(self, p: nn.Parameter) -> Tensor:
        """Room for what a parameter is rounded to: its owner fills it, all read it."""
        return self._rounded[p] if self.count > 1 else torch.empty_like(p.data)

    def mean_gradients(self) -> None:
        """Owned parameters get the mean gradient, all others none."""
        if self.count == 1:
            return
        for owner, owned in enumerate(self.owned):
            if owner != self.rank:
                for p in owned:
                    self._gradients[p][self.rank].copy_(p.grad)
                    p.grad = None
        self.wait()
        for p in self.owned[self.rank]:
            for worker, gradient in enumerate(self._gradients[p]):
                if worker != self.rank:
                    p.grad.add_(gradient)
            p.grad.div_(self.count)

    def squares(self) -> float:
        """Of the owned parameters' gradients, summed."""
        return sum(float(p.grad.square().sum()) for p in self.owned[self.rank])

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


def room(count: int, size: int) -> Tensor | None:
    """Memory for `count` workers of a model of `size` parameters; one alone needs none."""
    return None if count == 1 else torch.zeros(2 + count, size).share_memory_()


Work = Callable[[Namespace, int, "Tensor | None"], None]


def run(count: int, size: int, work: Work, options: Namespace) -> None:
    """`work` in this process as worker 0 and in others beside it; all end when one fails."""
    memory = room(count, size)
    if memory is None:
        return work(options, 0, None)
    with tempfile.TemporaryDirectory() as folder:
        context = multiprocessing.get_context("spawn")
        meeting = Path(folder) / "meeting"
        others = [
            context.Process(
                target=_join, args=(rank, count, meeting, work, options, memory), daemon=True
            )
            for rank in range(1, count)
        ]
        for other in others:
            other.start()
        _join(0, count, meeting, work, options, memory)
        for other in others:
            other.join()


def _join(
    rank: int, count: int, meeting: Path, work: Work, options: Namespace, memory: Tensor
) -> None:
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group(
        "gloo", f"file://{meeting}", timeout=_PATIENCE, world_size=count, rank=rank
    )
    work(options, rank, memory)
    dist.destroy_process_group()
