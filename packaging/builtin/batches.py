"""Batches of a fixed number of tokens, of cases of like length.

Cases are packed into batches by length instead of end to end into long rows: attention then costs the
square of a case, not of a row (a row of 1,024 would hold five cases and pay five times), no mask
between neighbours is needed, and less than 3% of a batch is padding.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import numpy as np
import torch
from torch import Tensor

_POOL = 4096  # cases sorted together; larger means less padding and less chance


class Cases:
    """Cases of one packed folder or of several, one after another (parts that were made in parallel)."""

    def __init__(self, folders: list[Path], limit: int | None = None) -> None:
        tokens = [np.fromfile(folder / "tokens.bin", dtype=np.uint16) for folder in folders]
        rows = [np.fromfile(folder / "cases.bin", dtype=np.uint32) for folder in folders]
        starts = np.cumsum([0, *map(len, tokens[:-1])])
        self.tokens = np.concatenate(tokens)
        shifted = [
            row.reshape(-1, 3).astype(np.int64) + (at, 0, 0) for row, at in zip(rows, starts)
        ]
        self.rows = np.concatenate(shifted)[:limit]

    def batches(self, tokens: int, seed: int, epoch: int) -> list[np.ndarray]:
        """The epoch's batches as arrays of case numbers; the same for the same seed and epoch, so that
        training resumes at a batch number."""
        chance = np.random.default_rng((seed, epoch))
        order = chance.permutation(len(self.rows))
        out: list[np.ndarray] = []
        for at in range(0, len(order), _POOL):
            pool = order[at : at + _POOL]
            pool = pool[np.argsort(self.rows[pool, 2], kind="stable")]
            begin = 0
            while begin < len(pool):
                end = begin
                while end < len(pool) and self.rows[pool[end], 2] * (end - begin + 1) <= max(
                    tokens, self.rows[pool[end], 2]
                ):
                    end += 1
                out.append(pool[begin:end])
                begin = end
        return [out[i] for i in chance.permutation(len(out))]

    def load(self, batch: np.ndarray) -> tuple[Tensor, Tensor]:
        """ids [cases, length] and the mask of the positions whose next token belongs to an answer."""
        length = int(self.rows[batch, 2].max())
        ids = np.zeros((len(batch), length), dtype=np.int64)
        mask = np.zeros((len(batch), length), dtype=bool)
        for row, case in enumerate(batch):
            start, prompt, total = self.rows[case]
            ids[row, :total] = self.tokens[start : start + total]
            mask[row, prompt - 1 : total - 1] = True
        return torch.from_numpy(ids), torch.from_numpy(mask)


def endless(cases: Cases, tokens: int, seed: int, skip: int) -> Iterator[np.ndarray]:
    """Epoch after epoch, beginning behind the first `skip` batches."""
    epoch = 0
    while True:
        batches = cases.batches(tokens, seed, epoch)
        for batch in batches[min(skip, len(batches)) :]:
            yield batch
        skip = max(0, skip - len(batches))
        epoch += 1
