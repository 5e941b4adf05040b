"""The probe's card, from what `cactus probe` measured: goals met or not, tables in Markdown.

    python3 probe_card.py report.json info.json shipped.json:int8 other.json:int4 …

Exit status 3 when a goal is not met: then no probe ships.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

LEAST_AUROC, MOST_ECE, MOST_APART = 0.81, 0.05, 0.02
SIMPLER = ("hidden states alone", "MLP, mean pool", "linear, mean pool", "prompt only")
ENTROPY = "token entropy"


def show(value: Any, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def share(value: Any) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def table(names: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def goals(report: dict[str, Any], others: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, str, bool]]:
    """What was wanted, what was measured, and whether that is enough."""
    means = report["mean_over_unseen_sets"]["auroc"]
    probe = means.get("probe")
    sets = {n: g["scores"] for n, g in report["sets"].items()}
    seen = {n for n, g in report["sets"].items() if g["trained_on"]}
    simpler = {n: means[n] for n in SIMPLER if n in means}
    best = max(simpler, key=lambda n: simpler[n], default=None)
    apart = {
        n: g["probe"]["auroc"] - g[ENTROPY]["auroc"]
        for n, g in sets.items()
        if g["probe"]["auroc"] is not None  # all its answers are right, or all wrong
    }
    margins = [d for n, d in apart.items() if n not in seen]
    ece = report["in_distribution"]["ece"] if report["in_distribution"] else None
    found = [r["all"]["scores"]["probe"]["auroc"] for _, r in others]
    spread = max(abs(x - found[0]) for x in found) if len(found) > 1 else None
    return [
        (
            f"mean AUROC over the unseen sets at least {LEAST_AUROC}",
            show(probe),
            probe is not None and probe >= LEAST_AUROC,
        ),
        (
            "above each simpler head in that mean",
            f"{show(probe)}, the best of them {show(simpler.get(best))} ({best})",
            best is not None and probe > simpler[best],
        ),
        (
            "above token entropy on every unseen set",
            ", ".join(f"{n} {d:+.3f}" for n, d in apart.items() if n not in seen)
            + "; seen: "
            + ", ".join(f"{n} {d:+.3f}" for n, d in apart.items() if n in seen),
            len(margins) == len(sets) - len(seen) > 0 and min(margins) > 0,
        ),
        (
            f"ECE at most {MOST_ECE} after calibration, on the kinds of requests it was fitted to",
            f"{show(ece)} ({show(report['all']['ece'])} over all, unseen sets included)",
            ece is not None and ece <= MOST_ECE,
        ),
        (
            f"the same probe on other weights within {MOST_APART}",
            show(spread),
            spread is not None and spread <= MOST_APART,
        ),
    ]


HEAD = """# The built-in model's probe

Written by `build_probe.sh`, which also decides: the probe ships in `bundle/` when every goal below is met. A probe fits one
set of weights: with new ones, the same command.

```
CACTUS=build/release/cli/cactus packaging/builtin/build_probe.sh packaging/builtin/model ~/probe 2500 8
```
"""

DATA = """
Prompts: the generator's splits with the seed that the card names (the model's corpus has others; with 7001 to 7005 the method was
worked out, test answers in view). Learnt from, 6 of 10 to train, 2 to validate, 2 to test: `mixed` (ways to ask that the model's training had, arguments it had not; a fifth of them no tool serves), `seen`
(neither), `new` (tool families that the model never saw, one half of those there are); and a third each of
`unserviceable` (no tool serves any). Never seen by the probe: `families` (the other half), `typos`, `multi` (several calls in
one request). Graded by `json-call`: names and all arguments as trees. Chosen on validation answers alone: layer, stopping,
calibration, threshold; the blend is fitted to train answers, each weighing alike, with heads that had not seen the answer's
family. `docs/probe.md` has formulas and file.
"""


def main() -> int:
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    info = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    others = []
    for argument in sys.argv[3:]:
        path, _, label = argument.rpartition(":")
        others.append((label, json.loads(Path(path).read_text(encoding="utf-8"))))
    wanted = goals(report, others)
    met = all(ok for _, _, ok in wanted)
    print(HEAD)
    print(f"**Status: {'it ships' if met else 'no probe ships'}.**\n")
    print(table(["goal", "measured", "met"], [[a, b, "yes" if ok else "**no**"] for a, b, ok in wanted]))
    print(DATA)
    kind = "blended with the tokens' probabilities" if report["blend"] else "hidden states alone"
    print(f"State after layer {report['layer']}, {kind}, {report['calibration']} calibration; ", end="")
    print(f"{report['variant']} weights, {info['training'].get('name', 'data without a name')}. {report['all']['answers']} test answers; AUROC of wrong against right:\n")
    scores = list(report["all"]["scores"])
    rows = []
    for name in scores:
        row = report["all"]["scores"][name]
        rows.append(
            [
                name,
                f"{show(row['auroc'])} ({show(row['low'])} – {show(row['high'])})",
                show(report["mean_over_seen_sets"]["auroc"].get(name)),
                show(report["mean_over_unseen_sets"]["auroc"].get(name)),
            ]
        )
    print(table(["score", "all (95%)", "mean of seen sets", "mean of unseen sets"], rows))
    rows = []
    for name, group in report["sets"].items():
        found = [show(group["scores"][score]["auroc"]) for score in scores]
        label = name if group["trained_on"] else f"{name} (unseen)"
        rows.append([label, str(group["answers"]), share(group["accuracy"]), show(group["ece"]), *found])
    print(table(["set", "answers", "accuracy", "ECE", *scores], rows))
    if report["blend"]:
        fitted = info["training"]["blend"]
        print(
            f"Validation AUROC {show(fitted['valid_auroc'])} blended, {show(fitted['valid_auroc_of_head'])} "
            f"by hidden states alone. Weight of the head's logit {show(report['blend']['head'])}; of "
            + ", ".join(f"`{f['name']}` {show(f['weight'])}" for f in report["blend"]["features"])
            + ".\n"
        )
    sweep = report["sweep"] or info["training"].get("sweep")
    if sweep:
        rows = [[str(r["layer"]), show(r["valid_auroc"])] for r in sweep]
        print(table(["layer, hidden states alone", "valid AUROC"], rows))
    if report["leave_one_out"]:
        rows = [[name, show(value)] for name, value in report["leave_one_out"].items()]
        print(table(["trained without", "AUROC on it"], rows))
    rows = [
        [label, share(r["all"]["accuracy"]), show(r["all"]["scores"]["probe"]["auroc"]), show(r["all"]["ece"])]
        for label, r in others
    ]
    if rows:
        answers = others[0][1]["all"]["answers"]
        print(table([f"weights, the same probe, {answers} prompts", "accuracy", "AUROC", "ECE"], rows))
    at = report["at_threshold"]
    if at:
        print(
            f"Threshold {show(at['threshold'])}: {share(at['share'])} of the test answers handed off, "
            f"{share(at['risk'])} of the kept ones wrong ({share(1 - report['all']['accuracy'])} "
            "without a hand-off)."
        )
    return 0 if met else 3


if __name__ == "__main__":
    sys.exit(main())
