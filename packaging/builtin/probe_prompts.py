"""Cases of the generator (JSON lines on standard input) as prompts for `cactus probe collect`.

    python3 -m data --split test_seen --seed 7001 --count 2000 | python3 probe_prompts.py --set seen

A set that the probe may learn from is divided by the case's number: 6 of 10 train, 2 valid, 2 test.
With --unseen all of it is test: the probe has seen nothing like it.
"""

from __future__ import annotations

import argparse
import json
import sys

_SPLITS = ("train",) * 6 + ("valid",) * 2 + ("test",) * 2


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", required=True)
    parser.add_argument("--unseen", action="store_true")
    options = parser.parse_args()
    for number, line in enumerate(sys.stdin):
        case = json.loads(line)
        prompt = {
            "id": f"{options.set}/{case['id']}",
            "set": options.set,
            "split": "test" if options.unseen else _SPLITS[number % 10],
            "messages": case["messages"],
            "tools": case["tools"],
            "answer": case["expected"]["calls"],
            "grader": "json-call",
        }
        sys.stdout.write(json.dumps(prompt, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
