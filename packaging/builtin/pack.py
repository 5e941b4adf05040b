"""Groups (JSON lines on standard input, data/groups.py) into the token files that training reads.

tokens.bin: uint16, all texts one after another. lists.bin: uint32 [groups, 2]: first token of the list
of tools, its tokens. requests.bin: uint32 [requests, 3]: group, first token, tokens. answers.bin:
uint8, for each token whether it belongs to an answer. Encoding is the slow part and is done once.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

import render
from tokenizer import Tokenizer


class Packed:
    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.answers: list[int] = []
        self.lists: list[tuple[int, int]] = []
        self.requests: list[tuple[int, int, int]] = []

    def begin(self, ids: list[int]) -> None:
        """A new group, and its list of tools."""
        self.lists.append((len(self.tokens), len(ids)))
        self.tokens += ids
        self.answers += [0] * len(ids)

    def add(self, ids: list[int], answer: list[int]) -> None:
        """A request of the group; `answer` says for each token whether it is to be learnt."""
        self.requests.append((len(self.lists) - 1, len(self.tokens), len(ids)))
        self.tokens += ids
        self.answers += answer

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.array(self.tokens, dtype=np.uint16).tofile(folder / "tokens.bin")
        np.array(self.answers, dtype=np.uint8).tofile(folder / "answers.bin")
        np.array(self.lists, dtype=np.uint32).tofile(folder / "lists.bin")
        np.array(self.requests, dtype=np.uint32).tofile(folder / "requests.bin")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path, help="folder")
    parser.add_argument(
        "--longest", type=int, default=160, help="longer requests are left out, and counted"
    )
    options = parser.parse_args()
    tokenizer, packed, skipped = Tokenizer(options.tokenizer), Packed(), 0
    for line in sys.stdin:
        group = json.loads(line)
        packed.begin(tokenizer.encode(render.tools_text(group["tools"])))
        for request in group["requests"]:
            ids, mask = [], []
            for prompt, answer in render.turns(request):
                said, wanted = tokenizer.encode(prompt), tokenizer.encode(answer)
                ids += said + wanted
                mask += [0] * len(said) + [1] * len(wanted)
            if len(ids) > options.longest:
                skipped += 1
            else:
                packed.add(ids, mask)
    packed.write(options.out)
    print(
        f"{len(packed.lists)} lists, {len(packed.requests)} requests, {len(packed.tokens)} tokens, "
        f"{skipped} too long",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
