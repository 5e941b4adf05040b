"""Batches of groups: lists of tools, each read once for all requests behind it.

Every token of a batch stands once in one flat row of tokens; what it may see is described by indices
from which attention gathers padded lists and requests. Everything but attention therefore computes no
padding, and a list's tokens are shared by its requests: 67 tokens a request instead of some 200.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import numpy as np
import torch
from torch import Tensor

_ROWS = 16  # requests attended to at once
_POOL = 2048  # groups sorted together; larger means less padding and less chance


@dataclass
class Batch:
    """`nobody` is the index behind the last token: padding. G lists of P tokens, R requests of L."""

    ids: Tensor  # [tokens]
    positions: Tensor  # [tokens]; a request's go on where its list ends
    lists: Tensor  # [G, P] indices of tokens
    # By length, so that little is padding: indices of tokens [R, L], and the list of each request [R].
    requests: list[tuple[Tensor, Tensor]]
    spans: Tensor  # the same for fused.py, int32 [G + R, 3]: first token, tokens, list (-1: is one)
    sources: Tensor  # indices of tokens whose next token belongs to an answer
    targets: Tensor  # those next tokens

    def to(self, device: torch.device) -> Batch:
        moved = {n: v.to(device) for n, v in vars(self).items() if n != "requests"}
        requests = [(places.to(device), owner.to(device)) for places, owner in self.requests]
        return Batch(**moved, requests=requests)

    def listed(self) -> int:
        """Tokens of all lists; they stand first."""
        return int((self.lists < len(self.ids)).sum())


class Groups:
    """One packed folder (pack.py)."""

    def __init__(self, folder: Path) -> None:
        self.tokens = np.fromfile(folder / "tokens.bin", dtype=np.uint16)
        self.answers = np.fromfile(folder / "answers.bin", dtype=np.uint8)
        self.lists = np.fromfile(folder / "lists.bin", dtype=np.uint32).reshape(-1, 2)
        self.requests = np.fromfile(folder / "requests.bin", dtype=np.uint32).reshape(-1, 3)
        group = self.requests[:, 0].astype(np.int64)
        self.first = np.searchsorted(group, np.arange(len(self.lists) + 1))
        sums = np.zeros(len(self.lists), dtype=np.int64)
        np.add.at(sums, group, self.requests[:, 2])
        self.cost = sums + self.lists[:, 1]

    def batches(self, tokens: int, seed: int, epoch: int, together: int = 1) -> list[np.ndarray]:
        """Arrays of group numbers; the same for the same seed and epoch. As many as are trained on
        `together` are of like size: workers wait for one another."""
        chance = np.random.default_rng((seed, epoch))
        order = chance.permutation(len(self.lists))
        out: list[np.ndarray] = []
        for at in range(0, len(order), _POOL):
            pool = order[at : at + _POOL]
            pool = pool[np.argsort(self.lists[pool, 1], kind="stable")]
            begin, total = 0, 0
            for end, group in enumerate(pool):
                if end > begin and total + self.cost[group] > tokens:
                    out.append(pool[begin:end])
                    begin, total = end, 0
                total += self.cost[group]
            out.append(pool[begin:])
        if together == 1:
            return [out[i] for i in chance.permutation(len(out))]
        out.sort(key=self._size)
        begins = together * chance.permutation(len(out) // together)  # the last few may go unread
        return [out[i] for begin in begins for i in range(begin, begin + together)]

    def _size(self, groups: np.ndarray) -> int:
        """Tokens of a batch, where a list that several groups offer counts once."""
        spans = [self.tokens[start : start + length] for start, length in self.lists[groups]]
        lists = sum(len(content) // 2 for content in {span.tobytes() for span in spans})
        return lists + int((self.cost[groups] - self.lists[groups, 1]).sum())

    def load(self, groups: np.ndarray) -> Batch:
        # (first token in the file, tokens, first position). A list that several groups offer stands once.
        spans: list[tuple[int, int, int]] = []
        places: dict[bytes, int] = {}
        asked: list[tuple[int, int, int]] = []
        for group in groups:
            start, length = map(int, self.lists[group])
            place = places.setdefault(self.tokens[start : start + length].tobytes(), len(spans))
            if place == len(spans):
                spans.append((start, length, 0))
            for row in range(self.first[group], self.first[group + 1]):
                asked.append((int(self.requests[row, 2]), int(self.requests[row, 1]), place))
        asked.sort()
        lists = len(spans)
        spans += [(start, length, spans[place][1]) for length, start, place in asked]
        where = np.concatenate([np.arange(start, start + length) for start, length, _ in spans])
        positions = np.concatenate([np.arange(p, p + length) for _, length, p in spans])
        lengths = np.array([length for _, length, _ in spans])
        starts = np.cumsum(lengths) - lengths
        owners = np.array([-1] * lists + [place for _, _, place in asked])
        answers = self.answers[where].astype(bool)
        answers[starts] = False
        targets = np.flatnonzero(answers)
        ids = torch.from_numpy(self.tokens[where].astype(np.int64))
        return Batch(
            ids=ids,
            positions=torch.from_numpy(positions),
            lists=_padded(starts[:lists], lengths[:lists], len(where)),
            requests=[
                (
                    _padded(starts[row : row + _ROWS], lengths[row : row + _ROWS], len(where)),
                    torch.tensor([place for _, _, place in asked[row - lists :][:_ROWS]]),
                )
                for row in range(lists, len(spans), _ROWS)
            ],
            spans=torch.from_numpy(np.stack((starts, lengths, owners), axis=1).astype(np.int32)),
            sources=torch.from_numpy(targets - 1),
            targets=ids[torch.from_numpy(targets)],
        )


def _padded(starts: np.ndarray, lengths: np.ndarray, nobody: int) -> Tensor:
    offsets = np.arange(int(lengths.max()))[None, :]
    return torch.from_numpy(
        np.where(offsets < lengths[:, None], starts[:, None] + offsets, nobody)
    )


def endless(
    parts: list[Path], tokens: int, seed: int, skip: int, together: int = 1
) -> Iterator[tuple[Groups, np.ndarray]]:
    """Part after part, again and again, beginning behind the first `skip` batches. A part is read when
    its turn comes: training can begin while later parts are being made."""
    turn = 0
    while True:
        groups = Groups(parts[turn % len(parts)])
        batches = groups.batches(tokens, seed, turn, together)
        for batch in batches[min(skip, len(batches)) :]:
            yield groups, batch
        skip = max(0, skip - len(batches))
        turn += 1
