"""Families from the specifications in specs/: single tools, and objects times actions.

    == NAME | what it does | domain [| clash=TAG] [| group=NAME]
    name! kind [-- description]        a parameter, ! when required
    > frame                            a way to ask

In specs/training, for training alone (the committed held-out set does not know them):

    == NAME | …                        a further family
    == NAME                            and frames: further ways to ask for a family of another file

    NAME | other name | what it does, in other words        in other_names.txt, a line each
    NAME | frame | frame                                    in near_misses.txt: what it cannot serve, though it sounds so

The form of the .objects files is described in objects.py.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from .family import SPECS, Family, check
from .local import local_families
from .objects import actions, parameter, read_objects


def _blocks(text: str) -> list[list[str]]:
    """The lines of each family, its head first."""
    return [
        [line for line in block.splitlines() if line.strip() and not line.startswith("#")]
        for block in ("\n" + text).split("\n== ")[1:]
    ]


def _frames(lines: list[str]) -> tuple[str, ...]:
    return tuple(line[1:].strip() for line in lines if line.startswith(">"))


def _tools(text: str, training: bool = False) -> list[Family]:
    out = []
    for head, *lines in _blocks(text):
        if "|" not in head:
            continue
        name, says, domain, *rest = (part.strip() for part in head.split("|"))
        options = dict(part.split("=") for part in rest)
        params = tuple(parameter(line)[0] for line in lines if not line.startswith(">"))
        out.append(
            check(
                Family(
                    name,
                    says,
                    domain,
                    options.get("group", name),
                    options.get("clash", name),
                    params,
                    _frames(lines),
                    training=training,
                )
            )
        )
    return out


def _with_more_frames(known: list[Family], text: str) -> list[Family]:
    more: dict[str, tuple[str, ...]] = {}
    for head, *lines in _blocks(text):
        if "|" not in head:
            more[head.strip()] = more.get(head.strip(), ()) + _frames(lines)
    if more.keys() - {f.name for f in known}:
        raise ValueError(f"frames of unknown families: {sorted(more.keys() - {f.name for f in known})}")
    return [
        check(replace(f, training_frames=f.training_frames + more[f.name])) if f.name in more else f
        for f in known
    ]


def _rows(path: Path) -> dict[str, list[list[str]]]:
    """Lines NAME | … by family, each as what stands behind the name."""
    rows: dict[str, list[list[str]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            family, *rest = (part.strip() for part in line.split(" | "))
            rows.setdefault(family, []).append(rest)
    return rows


def _with_texts_of_training(known: list[Family]) -> list[Family]:
    others, misses = (_rows(SPECS / "training" / name) for name in ("other_names.txt", "near_misses.txt"))
    unknown = (others.keys() | misses.keys()) - {f.name for f in known}
    if unknown:
        raise ValueError(f"other names or near misses of unknown families: {sorted(unknown)}")
    out = []
    for f in known:
        pairs = tuple((name, says) for name, says in others.get(f.name, ()))
        frames = tuple(frame for row in misses.get(f.name, ()) for frame in row)
        out.append(replace(f, other_names=f.other_names + pairs, near_misses=f.near_misses + frames) if pairs or frames else f)
    return out


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """All families, in a fixed order; names are unique. A few seconds on the first call."""
    out: list[Family] = list(local_families())
    for path in sorted(SPECS.glob("*.tools")):
        out += _tools(path.read_text(encoding="utf-8"))
    for path in sorted(SPECS.glob("*.objects")):
        for thing in read_objects("\n" + path.read_text(encoding="utf-8")):
            out += actions(thing)
    more = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((SPECS / "training").glob("*.tools"))
    )
    out = _with_more_frames(out + _tools(more, training=True), more)
    out = _with_texts_of_training(out)
    for path in sorted((SPECS / "training").glob("*.objects")):
        for thing in read_objects("\n" + path.read_text(encoding="utf-8")):
            out += actions(thing, of_training=True)
    names = [f.name for f in out]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two families have one name: {sorted(twice)}")
    return tuple(out)
