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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path, help="folder")
    parser.add_argument(
        "--longest", type=int, default=160, help="longer requests are left out, and counted"
    )
    options = parser.parse_args()
    tokenizer = Tokenizer(options.tokenizer)
    options.out.mkdir(parents=True, exist_ok=True)
    tokens: list[int] = []
    answers: list[int] = []
    lists, requests, skipped = [], [], 0
    for line in sys.stdin:
        group = json.loads(line)
        ids = tokenizer.encode(render.tools_text(group["tools"]))
        lists.append((len(tokens), len(ids)))
        tokens += ids
        answers += [0] * len(ids)
        for request in group["requests"]:
            ids, mask = [], []
            for prompt, answer in render.turns(request):
                said, wanted = tokenizer.encode(prompt), tokenizer.encode(answer)
                ids += said + wanted
                mask += [0] * len(said) + [1] * len(wanted)
            if len(ids) > options.longest:
                skipped += 1
                continue
            requests.append((len(lists) - 1, len(tokens), len(ids)))
            tokens += ids
            answers += mask
    for name, kind, content in (
        ("tokens", np.uint16, tokens),
        ("answers", np.uint8, answers),
        ("lists", np.uint32, lists),
        ("requests", np.uint32, requests),
    ):
        np.array(content, dtype=kind).tofile(options.out / f"{name}.bin")
    print(
        f"{len(lists)} lists, {len(requests)} requests, {len(tokens)} tokens, {skipped} too long",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
