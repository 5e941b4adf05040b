"""Cases of the generator (JSON lines on standard input) as prompts for `cactus probe collect`.

    python3 -m data --split test_seen --seed 7001 --count 2000 | python3 probe_prompts.py --set seen

A set that the probe may learn from is divided by the case's number: 6 of 10 train, 2 valid, 2 test;
with --thirds a third each. With --unseen all of it is test: the probe has seen nothing like it. --half 0
or 1 keeps the cases of every other group of families, so that the two halves share no family.
"""

from __future__ import annotations

import argparse
import json
import sys

from data.held_out import family_is_held_out, spot
from data.load import families

_SPLITS = ("train",) * 6 + ("valid",) * 2 + ("test",) * 2
_THIRDS = ("train", "valid", "test")


def halves() -> dict[str, int]:
    """The half of each family that is held out: its groups in the order of a hash, by turns."""
    held = [f for f in families() if family_is_held_out(f)]
    order = sorted({f.group for f in held}, key=lambda group: spot("probe " + group))
    return {f.name: order.index(f.group) % 2 for f in held}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", required=True)
    parser.add_argument("--unseen", action="store_true")
    parser.add_argument("--thirds", action="store_true")
    parser.add_argument("--half", type=int, choices=(0, 1))
    options = parser.parse_args()
    half = halves() if options.half is not None else {}
    splits = _THIRDS if options.thirds else _SPLITS
    number = 0
    for line in sys.stdin:
        case = json.loads(line)
        if options.half is not None and half[case["family"]] != options.half:
            continue
        prompt = {
            "id": f"{options.set}/{case['id']}",
            "set": options.set,
            "group": case["family"] if case["family"] != "none" else case["id"],
            "split": "test" if options.unseen else splits[number % len(splits)],
            "messages": case["messages"],
            "tools": case["tools"],
            "answer": case["expected"]["calls"],
            "grader": "json-call",
        }
        number += 1
        sys.stdout.write(json.dumps(prompt, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
