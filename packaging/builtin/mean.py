"""Weighted mean of weights that were trained from one another, as a checkpoint that export.py reads:

    python3 mean.py OUT.pt SOURCE:SHARE SOURCE:SHARE…     # SOURCE: a checkpoint or an exported folder
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import torch

import export


def read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, object]]:
    """Weights and the settings of their model."""
    if path.is_dir():
        model = export.load(path)
        return model.state_dict(), asdict(model.c)
    state = torch.load(path, map_location="cpu")
    return state["model"], state["config"]


def mean(parts: list[tuple[dict[str, torch.Tensor], float]]) -> dict[str, torch.Tensor]:
    whole = sum(share for _, share in parts)
    return {name: sum(share / whole * weights[name].float() for weights, share in parts) for name in parts[0][0]}


def main() -> None:
    parts, configs = [], []
    for source in sys.argv[2:]:
        path, _, share = source.rpartition(":")
        weights, config = read(Path(path))
        parts.append((weights, float(share)))
        configs.append(config)
    if any(config != configs[0] for config in configs):
        raise SystemExit("these are not of one model")
    torch.save({"model": mean(parts), "config": configs[0]}, sys.argv[1])


if __name__ == "__main__":
    main()
