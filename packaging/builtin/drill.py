"""Packed groups of nothing but copying, for the first minutes of training: drill.py TOKENIZER OUT.

Lists and requests are random tokens; an answer repeats pieces of them. The first token of a piece is
given, the others are to be found by looking back to where it stood. A young model learns to do that in
some hundred steps here, and in many thousand where requests and tools also have meanings.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import pack
import render
from tokenizer import Tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--groups", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    vocabulary = Tokenizer(options.tokenizer).vocabulary
    chance = np.random.default_rng(options.seed)
    packed = pack.Packed()

    def piece(texts: list[list[int]]) -> list[int]:
        source = texts[int(chance.integers(0, 2))]
        length = int(chance.integers(3, 9))
        start = int(chance.integers(0, len(source) - length))
        return source[start : start + length]

    for _ in range(options.groups):
        drawn = chance.permutation(np.arange(len(render.CONTROL_TOKENS), len(vocabulary))).tolist()
        listed = [drawn.pop() for _ in range(int(chance.integers(20, 240)))]
        packed.begin([vocabulary[render.TOOLS], *listed])
        for _ in range(12):
            said = [drawn.pop() for _ in range(int(chance.integers(12, 24)))]
            ids = [vocabulary[render.USER], *said, vocabulary[render.ASSISTANT]]
            wanted = [0] * len(ids)
            for _ in range(int(chance.integers(2, 5))):
                part = piece([listed, said])
                ids += part
                wanted += [0] + [1] * (len(part) - 1)
            packed.add(ids, wanted)
    packed.write(options.out)


if __name__ == "__main__":
    main()
