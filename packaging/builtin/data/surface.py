"""How the same tool looks in different people's files, and how the same request looks when typed.

Names of tools and parameters change from case to case, so that a model reads the schemas in front of
it instead of remembering those it was trained on. Values are never touched, only what is around them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .family import SPECS, Family
from .values import Value

VERBS: dict[str, tuple[str, ...]] = {
    "get": ("get", "fetch", "retrieve", "show", "read", "lookup"),
    "find": ("find", "search", "list", "query", "lookup"),
    "search": ("search", "find", "query", "lookup"),
    "create": ("create", "add", "make", "new", "register"),
    "add": ("add", "insert", "append"),
    "make": ("make", "create", "generate"),
    "set": ("set", "configure"),
    "update": ("update", "change", "set", "edit", "modify"),
    "delete": ("delete", "remove", "erase"),
    "remove": ("remove", "delete"),
    "cancel": ("cancel", "revoke", "drop"),
    "send": ("send", "deliver"),
    "share": ("share", "send", "forward"),
    "count": ("count", "count_all", "number_of"),
    "export": ("export", "download", "dump"),
    "check": ("check", "get", "verify", "inspect"),
    "book": ("book", "reserve", "order"),
    "start": ("start", "run", "begin", "launch"),
    "log": ("log", "record", "track", "save"),
    "convert": ("convert", "change"),
    "open": ("open", "create", "file"),
    "close": ("close", "end", "finish"),
}
NOUNS: dict[str, tuple[str, ...]] = {
    "city": ("city", "town", "location", "place"),
    "place": ("place", "location", "city", "where"),
    "recipient": ("recipient", "to", "contact", "receiver", "person"),
    "amount": ("amount", "sum", "value"),
    "date": ("date", "day", "when", "on_date"),
    "time": ("time", "at_time", "hour", "clock_time"),
    "day": ("day", "date", "when"),
    "text": ("text", "message", "content", "input"),
    "topic": ("topic", "subject", "about", "theme"),
    "title": ("title", "name", "label", "heading"),
    "path": ("path", "file", "filename", "file_path"),
    "query": ("query", "q", "search_term", "keywords"),
    "product": ("product", "item", "article"),
    "customer": ("customer", "client", "buyer"),
    "duration": ("duration", "length", "how_long"),
    "people": ("people", "persons", "guests", "party_size"),
    "destination": ("destination", "dest", "target"),
    "origin": ("origin", "start", "departure"),
    "quantity": ("quantity", "count", "number", "qty"),
    "company": ("company", "business", "firm"),
    "room": ("room", "area", "zone"),
    "url": ("url", "link", "address"),
    "format": ("format", "file_type", "output_format"),
    "owner": ("owner", "user", "belongs_to"),
    "due_date": ("due_date", "deadline", "due"),
    "percent": ("percent", "percentage", "rate"),
    "word": ("word", "term"),
}
_OTHER_NAME = 0.6  # share of the tools that have other names, in training, which go by one of them
_NEIGHBOURS = {
    "a": "s",
    "b": "v",
    "c": "x",
    "d": "f",
    "e": "r",
    "f": "g",
    "g": "h",
    "h": "j",
    "i": "o",
    "j": "k",
    "k": "l",
    "l": "k",
    "m": "n",
    "n": "m",
    "o": "p",
    "p": "o",
    "q": "w",
    "r": "t",
    "s": "d",
    "t": "y",
    "u": "i",
    "v": "b",
    "w": "e",
    "x": "c",
    "y": "u",
    "z": "x",
}


@dataclass
class Piece:
    """A stretch of the request; `param` names the parameter whose value it is."""

    text: str
    param: str | None = None
    value: Value | None = None


@dataclass(frozen=True)
class Dress:
    """One tool as one file writes it."""

    schema: dict[str, Any]
    name: str
    params: dict[str, str]  # from the family's names to the file's
    order: tuple[str, ...]


def _styled(name: str, style: str) -> str:
    parts = name.split("_")
    if style == "camel":
        return parts[0] + "".join(p.capitalize() for p in parts[1:])
    if style == "dotted" and len(parts) > 1:
        return "_".join(parts[1:]) + "." + parts[0]
    if style == "kebab":
        return "-".join(parts)
    return name


@lru_cache(maxsize=1)
def parameter_names() -> dict[str, tuple[str, ...]]:
    """What else a parameter may be called, itself among it, for training alone."""
    out: dict[str, tuple[str, ...]] = {}
    for line in (SPECS / "training/parameters.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, others = line.partition(":")
            out[name] = tuple(dict.fromkeys((name, *NOUNS.get(name, ()), *(o.strip() for o in others.split(",")))))
    return out


def choose_style(rng: random.Random) -> str:
    return rng.choices(("snake", "camel", "dotted", "kebab"), (70, 18, 7, 5))[0]


def dress(family: Family, style: str, rng: random.Random, plain: bool, training: bool = False) -> Dress:
    """`plain`: exactly as the family says, which is how the shipped tools always look; `training`: under its other
    names too, and with those of its parameters."""
    schema = family.schema()
    function = schema["function"]
    names = {p.name: p.name for p in family.params}
    if plain:
        return Dress(schema, family.name, names, tuple(names))
    name, says = family.name, family.says
    if training and family.other_names and rng.random() < _OTHER_NAME:
        name, says = rng.choice(family.other_names)
    head, _, tail = name.partition("_")
    name = rng.choice(VERBS.get(head, (head,))) if rng.random() < 0.6 else head
    name = _styled(name + ("_" + tail if tail else ""), style)
    for param in names:
        if rng.random() < 0.4:
            fresh = rng.choice((training and parameter_names().get(param)) or NOUNS.get(param, (param,)))
            if fresh not in names.values():
                names[param] = fresh
    if style == "camel":
        names = {old: _styled(new, "camel") for old, new in names.items()}
    order = list(names)
    if rng.random() < 0.2:
        rng.shuffle(order)
    properties = function["parameters"]["properties"]
    function["name"] = name
    function["description"] = says
    roll = rng.random()
    if roll < 0.1:
        function["description"] = ""
    elif roll < 0.25:
        function["description"] = says + "."
    elif roll < 0.35:
        function["description"] = says[0].lower() + says[1:]
    elif roll < 0.45:
        function["description"] = "Use this to: " + says[0].lower() + says[1:] + "."
    function["parameters"] = {
        "type": "object",
        "properties": {names[p]: properties[p] for p in order},
        "required": [names[p] for p in order if family.param(p).required],
    }
    return Dress(schema, name, names, tuple(order))


_OPENERS = (
    "please ",
    "hey, ",
    "hi, ",
    "ok, ",
    "hello! ",
    "um, ",
    "so, ",
    "alright, ",
    "listen, ",
    "quick one: ",
    "hey there, ",
    "sorry, ",
    "one thing: ",
    "good morning, ",
    "if you can, ",
    "now ",
    "well, ",
    "would you mind: ",
    "yo, ",
    "dear assistant, ",
    "I have a request: ",
    "question: ",
    "next, ",
)
_CLOSERS = (
    " please",
    ", please",
    " thanks",
    ", thanks",
    " thank you",
    ", ok?",
    " asap",
    " if possible",
    ", cheers",
    " for me",
    " - thanks",
    ", will you",
    ", that's all",
)
_QUESTION = (
    "what",
    "how",
    "is",
    "are",
    "do",
    "does",
    "did",
    "can",
    "could",
    "when",
    "where",
    "which",
    "will",
    "who",
    "am",
    "any",
    "has",
    "may",
)


def wrap(pieces: list[Piece], rng: random.Random) -> list[Piece]:
    """Small talk around a request, a capital at its start and a sign at its end, or none of it."""
    pieces = [Piece(p.text, p.param, p.value) for p in pieces]
    question = (
        pieces[0].param is None and pieces[0].text.split(" ")[0].lower().rstrip("'s") in _QUESTION
    )
    # After a copied value a closing word could be taken for a part of it; punctuation could not.
    open_end = (
        pieces[-1].param is not None
        and pieces[-1].value is not None
        and pieces[-1].value.rule == "copy"
    )
    if rng.random() < 0.22:
        pieces.insert(0, Piece(rng.choice(_OPENERS)))
    if rng.random() < 0.15:
        pieces.append(Piece(rng.choice([c for c in _CLOSERS if c[0] == "," or not open_end])))
    if rng.random() < 0.5:
        pieces.append(Piece("?" if question else rng.choice((".", ".", "!"))))
    if pieces[0].param is None and rng.random() < 0.55:
        pieces[0].text = pieces[0].text[:1].upper() + pieces[0].text[1:]
    if rng.random() < 0.15:
        lower(pieces)
    return pieces


def lower(pieces: list[Piece]) -> None:
    """Some people type no capitals; what is copied then has none either."""
    for piece in pieces:
        piece.text = piece.text.lower()
        if piece.value is None:
            continue
        value = piece.value
        if value.rule == "copy":
            piece.value = Value(piece.text, piece.text, "copy", value.lead)
        elif value.rule == "list":
            piece.value = Value(
                piece.text, [item.lower() for item in value.value], "list", value.lead
            )


def misspell(pieces: list[Piece], count: int, rng: random.Random) -> None:
    """`count` slips of the finger in words of four letters and more, never inside a value."""
    for _ in range(count):
        spots = [
            (piece, start)
            for piece in pieces
            if piece.param is None
            for start in _word_starts(piece.text)
        ]
        if not spots:
            return
        piece, start = rng.choice(spots)
        end = start
        while end < len(piece.text) and piece.text[end].isalpha():
            end += 1
        at = rng.randrange(start + 1, end - 1)
        text, kind = piece.text, rng.randrange(4)
        if kind == 0:
            piece.text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        elif kind == 1:
            piece.text = text[:at] + text[at + 1 :]
        elif kind == 2:
            piece.text = text[:at] + text[at] + text[at:]
        else:
            piece.text = text[:at] + _NEIGHBOURS.get(text[at], text[at]) + text[at + 1 :]


def _word_starts(text: str) -> list[int]:
    starts, at = [], 0
    while at < len(text):
        end = at
        while end < len(text) and text[end].isalpha():
            end += 1
        if end - at >= 4:
            starts.append(at)
        at = max(end, at + 1)
    return starts
