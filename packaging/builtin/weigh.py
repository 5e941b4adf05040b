"""What each weight of declining would gain and cost, from one run of the engine that declined nothing it could call.

    cp -r MODEL EAGER, and in EAGER/generation_config.json "decline_weight": 1e-30
    cactus debug calls EAGER --bits 8 --in CASES.jsonl --out CALLS.jsonl
    python3 weigh.py CASES.jsonl CALLS.jsonl [WEIGHT…]

A row for each weight: what is exact of each split, in percent. Without weights, those with which 90 to 98% of
all that expects no call is declined, each split of it counting alike. The rule: docs/constrained.md.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from pathlib import Path

from evaluate import calls_of, verdict

_EAGER = math.log(1e-30)  # the weight of the run, which the margins are relative to
_SHARES = (0.90, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98)


class Case:
    """Of one case: whether its call is right, whether declining is, and the odds (their logarithm) of the call."""

    def __init__(self, case: dict, output: dict) -> None:
        expected = case["expected"]["calls"]
        self.split, self.served = case["split"], bool(expected)
        self.call_is_right = verdict(expected, calls_of(output)) == "exact"
        self.odds = output["margin"] + _EAGER if "margin" in output else -math.inf

    def exact(self, weight: float) -> bool:
        return self.call_is_right if self.odds >= math.log(weight) else not self.served


def share(cases: list[Case], weight: float) -> float:
    return sum(case.exact(weight) for case in cases) / len(cases)


def weight_for(idle: list[list[Case]], wanted: float) -> float:
    """The smallest weight with which the mean of these splits' shares is `wanted`."""
    odds = sorted(case.odds for cases in idle for case in cases if math.isfinite(case.odds))
    low, high = 0, len(odds) - 1
    while low < high:
        middle = (low + high) // 2
        weight = math.exp(odds[middle]) * (1 + 1e-9)
        if sum(share(cases, weight) for cases in idle) / len(idle) < wanted:
            low = middle + 1
        else:
            high = middle
    return math.exp(odds[low]) * (1 + 1e-9)


def main() -> None:
    cases, outputs = (
        [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()] for path in sys.argv[1:3]
    )
    splits: dict[str, list[Case]] = defaultdict(list)
    for case, output in zip(cases, outputs, strict=True):
        splits[case["split"]].append(Case(case, output))
    idle = [found for found in splits.values() if not any(case.served for case in found)]
    weights = [float(text) for text in sys.argv[3:]] or [weight_for(idle, wanted) for wanted in _SHARES]
    print("weight", *splits, "mean of calls", "of declined", sep="\t")
    for weight in weights:
        found = {name: 100 * share(cases, weight) for name, cases in splits.items()}
        calls = [found[name] for name, cases in splits.items() if cases not in idle]
        nothing = [found[name] for name, cases in splits.items() if cases in idle]
        means = [sum(part) / len(part) for part in (calls, nothing) if part]
        print(f"{weight:.3g}", *(f"{x:.1f}" for x in [*found.values(), *means]), sep="\t")


if __name__ == "__main__":
    main()
