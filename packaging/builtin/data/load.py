"""Families from the specifications in specs/: single tools, and objects times actions.

    == NAME | what it does | domain [| clash=TAG] [| group=NAME]
    name! kind [-- description]        a parameter, ! when required
    > frame                            a way to ask

In specs/training, for training alone (the committed held-out set does not know them):

    == NAME | …                        a further family
    == NAME                            and frames: further ways to ask for a family of another file

    NAME | other name | what it does, in other words        in other_names.txt, a line each

The form of the .objects files is described in objects.py.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

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


def _with_other_names(known: list[Family], text: str) -> list[Family]:
    others: dict[str, list[tuple[str, str]]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            family, name, says = (part.strip() for part in line.split("|"))
            others.setdefault(family, []).append((name, says))
    if others.keys() - {f.name for f in known}:
        raise ValueError(f"other names of unknown families: {sorted(others.keys() - {f.name for f in known})}")
    return [replace(f, other_names=tuple(others[f.name])) if f.name in others else f for f in known]


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
    out = _with_other_names(out, (SPECS / "training/other_names.txt").read_text(encoding="utf-8"))
    for path in sorted((SPECS / "training").glob("*.objects")):
        for thing in read_objects("\n" + path.read_text(encoding="utf-8")):
            out += actions(thing, of_training=True)
    names = [f.name for f in out]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two families have one name: {sorted(twice)}")
    return tuple(out)
