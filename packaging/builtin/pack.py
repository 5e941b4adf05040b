"""Cases (JSON lines on standard input) into the token files that training reads.

tokens.bin: uint16, all cases one after another. cases.bin: uint32 [cases, 3]: first token, tokens of
the prompt, tokens in all. Encoding is the slow part and is done once.
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
        "--longest", type=int, default=1024, help="longer cases are left out, and counted"
    )
    options = parser.parse_args()
    tokenizer = Tokenizer(options.tokenizer)
    options.out.mkdir(parents=True, exist_ok=True)
    rows, start, skipped = [], 0, 0
    with open(options.out / "tokens.bin", "wb") as out:
        for line in sys.stdin:
            case = json.loads(line)
            prompt = tokenizer.encode(render.prompt(case["tools"], case["messages"]))
            ids = prompt + tokenizer.encode(render.answer(case["expected"]["calls"]))
            if len(ids) > options.longest:
                skipped += 1
                continue
            np.array(ids, dtype=np.uint16).tofile(out)
            rows.append((start, len(prompt), len(ids)))
            start += len(ids)
    np.array(rows, dtype=np.uint32).tofile(options.out / "cases.bin")
    print(f"{len(rows)} cases, {start} tokens, {skipped} too long", file=sys.stderr)


if __name__ == "__main__":
    main()
