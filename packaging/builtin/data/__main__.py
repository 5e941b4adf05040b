"""Writes cases as JSON lines: `python3 -m data --split train --count 1000 --seed 1 > train.jsonl`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TextIO

from .cases import make_case
from .groups import make_group
from .held_out import SPLITS


def write(out: TextIO, split: str, seed: int, first: int, count: int) -> None:
    for index in range(first, first + count):
        out.write(
            json.dumps(make_case(seed, split, index), ensure_ascii=False, separators=(",", ":"))
            + "\n"
        )


def write_groups(out: TextIO, split: str, seed: int, first: int, count: int) -> None:
    for index in range(first, first + count):
        group = make_group(seed, split, index)
        out.write(json.dumps(group, ensure_ascii=False, separators=(",", ":")) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=SPLITS, help="one split to standard output")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="all splits, a file each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--first",
        type=int,
        default=0,
        help="number of the first case: parts can be made in parallel",
    )
    parser.add_argument(
        "--count",
        type=int,
        default=1000,
        help="cases (with --all: of train; others get a twentieth, at most 2000)",
    )
    parser.add_argument(
        "--groups",
        action="store_true",
        help="groups of requests behind one list of tools, instead of cases (training)",
    )
    options = parser.parse_args()
    if options.all:
        options.all.mkdir(parents=True, exist_ok=True)
        for split in SPLITS:
            count = options.count if split == "train" else min(2000, max(100, options.count // 20))
            with open(options.all / f"{split}.jsonl", "w", encoding="utf-8") as out:
                write(out, split, options.seed, 0, count)
    elif options.split and options.groups:
        write_groups(sys.stdout, options.split, options.seed, options.first, options.count)
    elif options.split:
        write(sys.stdout, options.split, options.seed, options.first, options.count)
    else:
        parser.error("--split or --all is needed")


if __name__ == "__main__":
    main()
