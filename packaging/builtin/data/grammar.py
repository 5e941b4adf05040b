"""Frames: the small grammar in which ways to ask are written.

    (a|b|)      one of these, perhaps nothing
    [ for {x}]  only when x is said; a group without a place is there half of the time
    {x}         the value of x; {@x} with the preposition that this value takes ("on Monday", "tomorrow")
    {x=v:word}  here "word" means that x is v

A frame's text is its identity: frames are held out whole, before anything is generated from them.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Literal:
    text: str


@dataclass(frozen=True)
class Place:
    name: str
    lead: bool
    fixed: tuple[str, str] | None = None  # the value, and the word that stands for it


@dataclass(frozen=True)
class Choice:
    options: tuple["Nodes", ...]


@dataclass(frozen=True)
class Optional:
    nodes: "Nodes"


Node = Literal | Place | Choice | Optional
Nodes = tuple[Node, ...]
_TOKEN = re.compile(r"\{@?\w+(?:=\w+:[^{}]+)?\}|[()\[\]|]|[^(){}\[\]|]+")


class FrameError(ValueError):
    """A frame that does not parse; the message quotes it."""


@lru_cache(maxsize=None)
def parse(frame: str) -> Nodes:
    tokens = _TOKEN.findall(frame)
    if "".join(tokens) != frame:
        raise FrameError(f"stray brace in frame: {frame}")
    nodes, at = _sequence(tokens, 0, "", frame)
    if at != len(tokens):
        raise FrameError(f"unbalanced brackets in frame: {frame}")
    return nodes


def _sequence(tokens: list[str], at: int, ends: str, frame: str) -> tuple[Nodes, int]:
    nodes: list[Node] = []
    while at < len(tokens) and tokens[at] not in (")", "]", "|"):
        token = tokens[at]
        at += 1
        if token.startswith("{"):
            name, _, fixed = token[1:-1].partition("=")
            value, _, word = fixed.partition(":")
            nodes.append(
                Place(name.lstrip("@"), name.startswith("@"), (value, word) if fixed else None)
            )
        elif token == "(":
            options = []
            while True:
                inner, at = _sequence(tokens, at, "|)", frame)
                options.append(inner)
                if at >= len(tokens):
                    raise FrameError(f"unbalanced brackets in frame: {frame}")
                at += 1
                if tokens[at - 1] == ")":
                    break
            nodes.append(Choice(tuple(options)))
        elif token == "[":
            inner, at = _sequence(tokens, at, "]", frame)
            if at >= len(tokens) or tokens[at] != "]":
                raise FrameError(f"unbalanced brackets in frame: {frame}")
            at += 1
            nodes.append(Optional(inner))
        else:
            nodes.append(Literal(token))
    if at < len(tokens) and tokens[at] not in ends:
        raise FrameError(f"unexpected {tokens[at]} in frame: {frame}")
    return tuple(nodes), at


def places(nodes: Nodes, inside: bool = False) -> dict[str, bool]:
    """Every place in the frame; true where it may be left out."""
    found: dict[str, bool] = {}
    for node in nodes:
        if isinstance(node, Place):
            found[node.name] = inside
        elif isinstance(node, Optional):
            found.update(places(node.nodes, True))
        elif isinstance(node, Choice):
            for option in node.options:
                found.update(places(option, inside))
    return found


def expand(nodes: Nodes, said: set[str], rng: random.Random) -> list[Literal | Place]:
    """One way to say it, as texts and places in order."""
    out: list[Literal | Place] = []
    for node in nodes:
        if isinstance(node, Choice):
            out += expand(rng.choice(node.options), said, rng)
        elif isinstance(node, Optional):
            names = set(places(node.nodes))
            if names <= said if names else rng.random() < 0.5:
                out += expand(node.nodes, said, rng)
        else:
            out.append(node)
    return out
