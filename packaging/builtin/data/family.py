"""A tool family: one thing that a tool does, its parameters and the ways to ask for it."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import grammar, values
from .values import Kit, Value

SPECS = Path(__file__).parent / "specs"
_CALL = re.compile(r"(\w+)\((.*)\)$")


@dataclass(frozen=True)
class Param:
    name: str
    kind: str  # the kit as written in the specification: "city", "int(1,20;people)", "enum(a=x/y, b)"
    required: bool
    says: str
    schema: dict[str, Any] = field(hash=False, default_factory=dict)

    def draw(self, rng: random.Random) -> Value:
        return _kit(self.kind)(rng)


@dataclass(frozen=True)
class Family:
    name: str
    says: str
    domain: str
    group: str  # families that are held out together, or not at all: near twins teach each other
    clash: str  # families with one clash tag could serve one another's requests: never offered together
    params: tuple[Param, ...]
    frames: tuple[str, ...]
    local: bool = False
    # Written after the committed held-out set was drawn, therefore for training alone: the whole family,
    # or further ways to ask for one that the set knows.
    training: bool = False
    training_frames: tuple[str, ...] = ()
    other_names: tuple[tuple[str, str], ...] = ()  # for training alone: names and descriptions that others might give
    near_misses: tuple[str, ...] = ()  # for training alone: frames that sound like this tool and ask for something else

    def param(self, name: str) -> Param:
        return next(p for p in self.params if p.name == name)

    def required(self) -> set[str]:
        return {p.name for p in self.params if p.required}

    def schema(self) -> dict[str, Any]:
        """In the shape that chat APIs take."""
        properties = {p.name: dict(p.schema, description=p.says) for p in self.params}
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.says,
                "parameters": {
                    "type": "object",
                    "properties": properties,
                    "required": [p.name for p in self.params if p.required],
                },
            },
        }


def _options(body: str) -> list[tuple[str, list[str]]]:
    """ "a=x/y, b" as a value and the words that mean it."""
    out = []
    for part in body.split(","):
        value, _, said = part.strip().partition("=")
        out.append(
            (
                value.strip(),
                [s.strip() for s in said.split("/")] if said else [value.strip().replace("_", " ")],
            )
        )
    return out


_KITS: dict[str, Kit] = {}


def _kit(kind: str) -> Kit:
    if kind not in _KITS:
        _KITS[kind] = _make_kit(kind)
    return _KITS[kind]


def _make_kit(kind: str) -> Kit:
    match = _CALL.match(kind)
    if not match:
        return values.KITS[kind]
    name, body = match.groups()
    if name == "enum":
        options = _options(body)

        def choose(rng: random.Random) -> Value:
            value, said = rng.choice(options)
            return Value(rng.choice(said), value, "enum")

        return choose
    if name == "bool":
        yes, no = (
            [s.strip() for s in side.split("/") if s.strip()]
            for side in (body + "|").split("|")[:2]
        )

        def say(rng: random.Random) -> Value:
            value = not no or rng.random() < 0.6
            return Value(rng.choice(yes if value else no), value, "bool")

        return say
    if name == "list":
        inner = _kit(body)
        return lambda rng: values.listing(inner, rng)
    if name == "one":  # a text from a short list of our own
        items = [s.strip() for s in body.split("/")]
        return lambda rng: values.copied(rng.choice(items))
    span, _, units = body.partition(";")
    low, high = (float(x) for x in span.split(","))
    if low < 0:
        raise ValueError(f"numbers below zero have no words: {kind}")
    names = tuple(u.strip() for u in units.split("/")) if units else ()
    if name == "int":
        return lambda rng: values.whole(rng, int(low), int(high), names)
    if name == "num":
        return lambda rng: values.decimal(rng, low, high, names)
    if name == "money":
        return lambda rng: values.money(rng, int(low), int(high))
    raise ValueError(f"unknown kind of value: {kind}")


def make_param(name: str, kind: str, required: bool, says: str = "") -> Param:
    head, _, body = kind.partition("(")
    schema: dict[str, Any] = {"type": "string"}
    if head in ("num", "money"):
        schema = {"type": "number"}
    elif head == "int":
        schema = {"type": "integer"}
    elif head == "bool":
        schema = {"type": "boolean"}
    elif head == "list":
        schema = {"type": "array", "items": {"type": "string"}}
    elif head == "numbers":
        schema = {"type": "array", "items": {"type": "number"}}
    elif head == "enum":
        schema = {"type": "string", "enum": [value for value, _ in _options(body[:-1])]}
    if not says:
        plain = name.replace("_", " ")
        says = values.SAYS.get(kind, plain[0].upper() + plain[1:])
        if head in ("int", "num") and ";" in kind:
            says += " in " + body[:-1].split(";")[1].split("/")[0]
    _kit(kind)  # a kind that does not exist is found here, not in the middle of a run
    return Param(name, kind, required, says, schema)


def check(family: Family) -> Family:
    """A frame must say every required value and name no other."""
    names = {p.name for p in family.params}
    for frame in family.frames + family.training_frames:
        found = grammar.places(grammar.parse(frame))
        missing = (family.required() - set(found)) | (set(found) - names)
        if missing:
            raise grammar.FrameError(f"{family.name}: {sorted(missing)} in frame: {frame}")
    return family
