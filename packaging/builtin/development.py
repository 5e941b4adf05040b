"""Cases on which weights of the model and the weight of declining are compared before the held-out set is asked:

    python3 development.py own|families|ways SEED > CASES.jsonl

own: ways to ask that training has, arguments it has not. families: tools that it has not (development/families.tools),
and requests that sound like them. ways: the seen tools, asked for in ways that it has not (development/ways.txt).
What stands in development/ must never become training's. A process makes one of the three: families and ways put
other tools and other frames in the generator's place.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Iterator

from data import cases, held_out, load, objects
from data.family import Family, check
from data.grammar import FrameError

_HERE = Path(__file__).parent / "development"
_Made = tuple[str, Callable[[random.Random], dict[str, Any] | None], int]  # split, a case or nothing, how many


def _drawn(split: str, kind: str, typos: bool = False) -> Callable[[random.Random], dict[str, Any] | None]:
    rules, name = held_out.allowed(split), "test_typos" if typos else split
    return lambda rng: cases._try_case(name, rules, kind, rng)


def own() -> list[_Made]:
    return [
        ("own", _drawn("valid", "single"), 300),
        ("own, typos", _drawn("valid", "single", True), 150),
        ("own, several", _drawn("valid", "multi"), 150),
        ("own, nothing", _drawn("valid", "not_offered"), 150),
        ("own, nothing", _drawn("valid", "missing"), 90),
        ("own, nothing", _drawn("valid", "talk"), 60),
    ]


def families() -> list[_Made]:
    blocks = load._blocks((_HERE / "families.tools").read_text(encoding="utf-8"))
    plain = "".join("\n== " + "\n".join(line for line in block if not line.startswith("- ")) for block in blocks)
    new = load._tools(plain)
    misses = {
        block[0].split("|")[0].strip(): [line[2:] for line in block if line.startswith("- ")] for block in blocks
    }
    known = load.families()
    cases.families = lambda: known + tuple(new)
    cases.family_is_held_out = lambda family: family in new
    rules = held_out.allowed("test_unseen")

    def near_miss(rng: random.Random) -> dict[str, Any] | None:
        family = rng.choice(new)
        offered, exact = cases.offer([family], set(), rules, rng, False)
        if any(f is not family and (f.domain == family.domain or f.clash == "knowledge") for f in offered):
            return None
        said = cases.say_frame(rng.choice(misses[family.name]), rng, 0)
        return cases._record("test_unseen", "near miss", said, offered, exact, False, rng)

    return [
        ("families", _drawn("test_unseen", "single"), 400),
        ("families, nothing", _drawn("test_unseen", "not_offered"), 150),
        ("families, nothing", near_miss, 130),
    ]


def _fits(family: Family, frame: str) -> bool:
    try:
        check(replace(family, frames=(frame,), training_frames=()))
    except FrameError:
        return False
    return True


def ways() -> list[_Made]:
    text = (_HERE / "ways.txt").read_text(encoding="utf-8")
    everyday, _, actions = text.partition("\n==@ ")
    blocks = load._blocks("\n== " + actions.replace("\n==@ ", "\n== "))
    of_actions = {head.strip(): (list(load._frames(lines)), []) for head, *lines in blocks}
    objects._of_actions = lambda: of_actions
    kept = {head.strip(): load._frames(lines) for head, *lines in load._blocks(everyday)}
    found: dict[str, list[str]] = {}
    for family in load.families():
        if family.training or held_out.family_is_held_out(family):
            continue
        thing = family.group.startswith("object ")
        found[family.name] = [
            frame for frame in (family.training_frames if thing else kept.get(family.name, ())) if _fits(family, frame)
        ]
    held_out.Allowed.frames = lambda rules, family: found.get(family.name, [])
    return [
        ("ways", _drawn("test_seen", "single"), 300),
        ("ways, typos", _drawn("test_seen", "single", True), 150),
        ("ways, nothing", _drawn("test_seen", "not_offered"), 250),
        ("ways, nothing", _drawn("test_seen", "missing"), 50),
    ]


def make(parts: list[_Made], rng: random.Random) -> Iterator[dict[str, Any]]:
    for split, draw, count in parts:
        while count:
            case = draw(rng)
            if case is not None:
                yield {**case, "id": f"{split} {case['kind']} {count}", "split": split}
                count -= 1


def main() -> None:
    which, seed = sys.argv[1], int(sys.argv[2])
    for case in make({"own": own, "families": families, "ways": ways}[which](), random.Random(f"{which} {seed}")):
        print(json.dumps(case, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
