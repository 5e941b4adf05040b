"""The probe's part of the model card, from what `cactus probe` measured: tables in Markdown.

    python3 probe_card.py report.json shipped:int8 other-f16.json:f16 …
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def show(value: Any, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def share(value: Any) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def table(names: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def main() -> None:
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    scores = list(report["all"]["scores"])
    print(f"State after layer {report['layer']}, {report['calibration']} calibration. ", end="")
    print(f"{report['all']['answers']} test answers; AUROC of wrong against right:\n")
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
    if report["sweep"]:
        rows = [
            [str(r["layer"]), show(r["valid_auroc"]), show(r["test_auroc"])] for r in report["sweep"]
        ]
        print(table(["layer", "valid AUROC", "test AUROC"], rows))
    if report["leave_one_out"]:
        rows = [[name, show(value)] for name, value in report["leave_one_out"].items()]
        print(table(["trained without", "AUROC on it"], rows))
    rows = []
    for argument in sys.argv[2:]:
        path, _, label = argument.rpartition(":")
        other = json.loads(Path(path).read_text(encoding="utf-8"))["all"]
        rows.append(
            [label, share(other["accuracy"]), show(other["scores"]["probe"]["auroc"]), show(other["ece"])]
        )
    if rows:
        print(table(["weights, the same head", "accuracy", "AUROC", "ECE"], rows))
    at = report["at_threshold"]
    if at:
        print(
            f"Threshold {show(at['threshold'])}: {share(at['share'])} of the test answers handed off, "
            f"{share(at['risk'])} of the kept ones wrong ({share(1 - report['all']['accuracy'])} "
            "without a hand-off)."
        )


if __name__ == "__main__":
    main()
