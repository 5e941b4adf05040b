"""The loss curve: loss.csv cut back when a run resumes, and drawn as an SVG, logarithmic upwards."""

from __future__ import annotations

import csv
import math
from pathlib import Path

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 360, 60, 40


def forget_after(path: Path, step: int) -> None:
    """Rows behind the checkpoint will be written again."""
    if not path.exists():
        return
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if int(row.split(",")[0]) <= step]
    path.write_text("\n".join([head, *kept]) + "\n", encoding="utf-8")


def draw(source: Path, target: Path) -> None:
    with open(source, newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    lines = {
        name: [(int(r["step"]), float(r[name])) for r in rows if r[name] and float(r[name]) > 0]
        for name in ("train_loss", "valid_loss")
    }
    points = [p for line in lines.values() for p in line]
    if not points:
        return
    last = max(step for step, _ in points)
    low, high = (math.log10(f(loss for _, loss in points)) for f in (min, max))
    low, high = math.floor(low), max(math.ceil(high), math.floor(low) + 1)

    def spot(step: int, loss: float) -> str:
        x = _LEFT + (_WIDTH - _LEFT - 10) * step / last
        y = 10 + (_HEIGHT - _BOTTOM - 10) * (high - math.log10(loss)) / (high - low)
        return f"{x:.1f},{y:.1f}"

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for power in range(low, high + 1):
        left, right = spot(0, 10.0**power), spot(last, 10.0**power)
        out.append(f'<polyline points="{left} {right}" stroke="#ddd"/>')
        out.append(
            f'<text x="{_LEFT - 6}" y="{float(left.split(",")[1]) + 4}" text-anchor="end">{10.0**power:g}</text>'
        )
    for (name, line), colour in zip(lines.items(), ("#1f77b4", "#d62728")):
        if line:
            out.append(
                f'<polyline fill="none" stroke="{colour}" points="{" ".join(spot(*p) for p in line)}"/>'
            )
            out.append(
                f'<text x="{_WIDTH - 20}" y="{28 if name == "train_loss" else 44}" fill="{colour}" text-anchor="end">{name.replace("_", " ")}</text>'
            )
    out.append(
        f'<text x="{_WIDTH - 10}" y="{_HEIGHT - 12}" text-anchor="end">step {last}</text></svg>'
    )
    target.write_text("\n".join(out) + "\n", encoding="utf-8")
