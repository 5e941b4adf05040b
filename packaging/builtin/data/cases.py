"""Cases: a request, the tools offered with it, and the calls it should lead to.

What a split may use is decided in held_out.py; here requests are drawn within it and tools are put
beside them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Callable

from . import chat, grammar, local, surface, values
from .family import Family, Param
from .held_out import Allowed, allowed, argument_bucket, family_is_held_out, spot
from .load import families
from .surface import Dress, Piece
from .values import Value

_TRIES = 60


@dataclass
class Ask:
    """One request for one call; `pieces` is its text with the values marked."""

    family: Family
    frame: str
    pieces: list[Piece]
    missing: str | None = None

    def values(self) -> dict[str, Value]:
        return {
            p.param: p.value for p in self.pieces if p.param is not None and p.value is not None
        }

    def bucket(self) -> str:
        found = self.values()
        return argument_bucket(
            self.family.name,
            {n: v.value for n, v in found.items()},
            {n: v.rule for n, v in found.items()},
        )


@lru_cache(maxsize=None)
def pools(unseen: bool, training: bool = False) -> tuple[tuple[Family, ...], ...]:
    """Families to ask for: shipped tools, written tools, tools made of objects and actions."""
    usable = [
        f
        for f in families()
        if family_is_held_out(f) == unseen and (training or not f.training)
    ]
    kinds: tuple[Callable[[Family], bool], ...] = (
        lambda f: f.local,
        lambda f: not f.local and not f.group.startswith("object "),
        lambda f: f.group.startswith("object "),
    )
    return tuple(tuple(f for f in usable if kind(f)) for kind in kinds)


@lru_cache(maxsize=None)
def _everyone(unseen: bool, training: bool) -> tuple[list[Family], dict[tuple[str, str], list[int]]]:
    """All families that a case may offer, and where those of a group or a domain stand among them."""
    every = [f for pool in pools(False, training) for f in pool]
    every += [f for pool in pools(True) for f in pool] if unseen else []
    places: dict[tuple[str, str], list[int]] = {}
    for at, f in enumerate(every):
        places.setdefault(("group", f.group), []).append(at)
        places.setdefault(("domain", f.domain), []).append(at)
    return every, places


def near(groups: set[str], domains: set[str], unseen: bool, training: bool) -> list[Family]:
    """The families of these groups or domains, in the order of all."""
    every, places = _everyone(unseen, training)
    keys = [("group", g) for g in groups] + [("domain", d) for d in domains]
    return [every[at] for at in sorted({at for key in keys for at in places.get(key, ())})]


@lru_cache(maxsize=None)
def _by_verb(training: bool) -> dict[str, list[Family]]:
    verbs: dict[str, list[Family]] = {}
    for pool in pools(False, training):
        for f in pool:
            verbs.setdefault(f.name.partition("_")[0], []).append(f)
    return verbs


def same_verb(family: Family, training: bool) -> list[Family]:
    """Families that are not held out and whose names begin as this one's: they do the same with something else."""
    return _by_verb(training).get(family.name.partition("_")[0], [])


def pick_family(
    rules: Allowed, rng: random.Random, weights: tuple[int, ...] = (24, 40, 36)
) -> Family:
    """`weights` are those of the pools."""
    groups = [pool for pool in pools(rules.unseen, rules.training) if pool]
    return rng.choice(rng.choices(groups, weights[-len(groups) :])[0])


def ask(family: Family, rules: Allowed, rng: random.Random, missing: bool = False) -> Ask | None:
    """A request that the rules allow, or nothing when none was found in reasonable time."""
    usable = rules.frames(family)
    if missing:
        usable = [
            f
            for f in usable
            if any(
                loose and family.param(n).required
                for n, loose in grammar.places(grammar.parse(f)).items()
            )
        ]
    for _ in range(_TRIES if usable else 0):
        frame = rng.choice(usable)
        found = grammar.places(grammar.parse(frame))
        said = {n for n in found if family.param(n).required or rng.random() < 0.5}
        lost = None
        if missing:
            lost = rng.choice(
                [n for n, loose in found.items() if loose and family.param(n).required]
            )
            said.discard(lost)
        made = Ask(family, frame, _pieces(family, frame, said, rng), lost)
        if missing:
            # The value may also be required by a group that fell away with it: then more is missing, which is fine.
            return made
        if family.required() <= set(made.values()) and made.bucket() in rules.buckets:
            return made
    return None


def _pieces(family: Family, frame: str, said: set[str], rng: random.Random) -> list[Piece]:
    drawn: dict[str, Value] = local.paired_units(rng) if family.name == "convert_unit" else {}
    pieces: list[Piece] = []
    for node in grammar.expand(grammar.parse(frame), said, rng):
        if isinstance(node, grammar.Literal):
            pieces.append(Piece(node.text))
            continue
        if node.fixed is not None:
            value = _fixed(family.param(node.name), *node.fixed)
        else:
            value = drawn.get(node.name) or family.param(node.name).draw(rng)
            for _ in range(5):
                if value.surface not in [v.surface for n, v in drawn.items() if n != node.name]:
                    break
                value = family.param(node.name).draw(rng)
        drawn[node.name] = value
        if node.lead and value.lead:
            pieces.append(Piece(value.lead))
        elif pieces and pieces[-1].param and not pieces[-1].text[-1:].isdigit():
            pieces.append(Piece(" "))
        pieces.append(Piece(value.surface, node.name, value))
    return _tidy(pieces)


def _fixed(param: Param, value: str, word: str) -> Value:
    """What `word` means by the frame; `value` as it is written there."""
    kind = param.schema["type"]
    if kind == "boolean":
        return Value(word, value == "true", "bool")
    if kind in ("integer", "number"):
        return Value(word, int(value) if kind == "integer" else float(value), "enum")
    return Value(word, value, "enum")


def _tidy(pieces: list[Piece]) -> list[Piece]:
    """Left-out words leave double and leading spaces and commas behind."""
    out: list[Piece] = []
    for piece in pieces:
        text = piece.text
        if piece.param is None:
            while "  " in text:
                text = text.replace("  ", " ")
            text = text.replace(" ,", ",")
            before = out[-1].text[-1:] if out else " "
            if before == " ":
                text = text.lstrip(" ")
            if text[:1] == "," and out and out[-1].text.endswith(" ") and out[-1].param is None:
                out[-1].text = out[-1].text.rstrip(" ")
        if text:
            out.append(Piece(text, piece.param, piece.value))
    if out and out[-1].param is None:
        out[-1].text = out[-1].text.rstrip(" ,:") or ""
        if not out[-1].text:
            out.pop()
    return out


def doubled(one: Ask, rules: Allowed, rng: random.Random) -> list[Ask] | None:
    """ "…in Paris and Rome": one request whose single value stands for two calls."""
    plain = ("city", "person", "company", "product", "word", "country", "plant", "topic")
    spots = [p for p in one.pieces if p.param and one.family.param(p.param).kind in plain]
    if not spots:
        return None
    chosen = rng.choice(spots)
    assert chosen.param is not None and chosen.value is not None
    for _ in range(_TRIES):
        other = one.family.param(chosen.param).draw(rng)
        if (
            other.surface in [p.text for p in one.pieces]
            or "," in other.surface + chosen.text
            or " and " in other.surface + chosen.text
        ):
            continue
        twin = Ask(
            one.family,
            one.frame,
            [
                Piece(other.surface, p.param, other)
                if p is chosen
                else Piece(p.text, p.param, p.value)
                for p in one.pieces
            ],
        )
        if twin.bucket() in rules.buckets:
            return [one, twin]
    return None


_JOINTS = (
    " and ",
    " and ",
    " and also ",
    ", then ",
    " and then ",
    ". Also ",
    ", and ",
    ". After that ",
    "; ",
    ". ",
    ", plus ",
)


@dataclass
class Request:
    text: str
    calls: list[tuple[Family, dict[str, Value]]]
    frames: list[str]


def say(asks: list[Ask], rng: random.Random, typos: int) -> Request:
    """Several requests in one sentence or two, in order."""
    pieces: list[tuple[int, Piece]] = []
    for index, one in enumerate(asks):
        if index:
            pieces.append((index, Piece(rng.choice(_JOINTS))))
        pieces += [(index, Piece(p.text, p.param, p.value)) for p in one.pieces]
    owner = {id(p): index for index, p in pieces}
    flat = [p for _, p in pieces]
    wrapped = surface.wrap(flat, rng)
    # wrap() copies; it keeps the order of the pieces with values, which is all that is needed here.
    owners = [owner[id(p)] for p in flat if p.param]
    if typos:
        surface.misspell(wrapped, typos, rng)
    found: list[dict[str, Value]] = [{} for _ in asks]
    for index, piece in zip(owners, [p for p in wrapped if p.param], strict=True):
        assert piece.param is not None and piece.value is not None
        found[index][piece.param] = piece.value
    return Request(
        "".join(p.text for p in wrapped),
        [(a.family, v) for a, v in zip(asks, found)],
        [a.frame for a in asks],
    )


def say_doubled(pair: list[Ask], rng: random.Random, typos: int) -> Request:
    first, second = pair
    merged: list[Piece] = []
    changed = ""
    for a, b in zip(first.pieces, second.pieces):
        merged.append(Piece(a.text, a.param, a.value))
        if a.param and a.text != b.text and not changed:
            changed = a.param
            merged += [
                Piece(rng.choice((" and ", " and ", " as well as "))),
                Piece(b.text, a.param + "\0", b.value),
            ]
    wrapped = surface.wrap(merged, rng)
    if typos:
        surface.misspell(wrapped, typos, rng)
    said = {p.param: p.value for p in wrapped if p.param and p.value}
    one = {n: v for n, v in said.items() if not n.endswith("\0")}
    return Request(
        "".join(p.text for p in wrapped),
        [(first.family, one), (first.family, {**one, changed: said[changed + "\0"]})],
        [first.frame],
    )


def offer(
    wanted: list[Family], forbidden: set[str], rules: Allowed, rng: random.Random, talk: bool
) -> tuple[list[Family], bool]:
    """The tools beside the wanted ones: near misses first. Second value: exactly the shipped set."""
    tags = {f.clash for f in wanted}
    if (
        all(f.local for f in wanted)
        and not forbidden
        and not (talk and not wanted)
        and rng.random() < 0.5
    ):
        return list(pools(False)[0]), True
    everyone, _ = _everyone(rules.unseen, rules.training)
    size = rng.choices(range(1, 9), (10, 14, 16, 16, 14, 12, 10, 8))[0]
    size = max(size, len(wanted))
    near_groups, near_domains = {f.group for f in wanted}, {f.domain for f in wanted}
    offered, names = list(dict.fromkeys(wanted)), {f.name for f in wanted}

    def fits(f: Family) -> bool:
        return (
            f.name not in names
            and f.clash not in tags
            and f.clash not in forbidden
            and not (talk and f.domain in chat.COULD_SERVE)
            # A search of the web serves nearly everything a little: never beside what shall be declined.
            and not (forbidden and f.clash == "knowledge")
        )

    # What stands near a forbidden family is the best distractor for a request that cannot be served.
    if forbidden:
        for f in everyone:
            if f.clash in forbidden:
                near_groups.add(f.group)
                near_domains.add(f.domain)
    close = near(near_groups, near_domains, rules.unseen, rules.training)
    while len(offered) < size:
        f = rng.choice(close) if close and rng.random() < 0.6 else rng.choice(everyone)
        if fits(f):
            offered.append(f)
            names.add(f.name)
            tags.add(f.clash)
        elif offered and rng.random() < 0.02:
            break
    rng.shuffle(offered)
    return offered, False


def _record(
    split: str,
    kind: str,
    request: Request,
    offered: list[Family],
    plain: bool,
    called: bool,
    rng: random.Random,
) -> dict[str, Any]:
    dressed = dressed_tools(offered, plain, rng)
    calls = expected_calls(request, dressed) if called else []
    notes = [
        {
            dressed[f.name].params[p]: {"param": p, "rule": v.rule, "said": v.surface}
            for p, v in found.items()
        }
        for f, found in (request.calls if called else [])
    ]
    return {
        "tools": [d.schema for d in dressed.values()],
        "messages": [{"role": "user", "content": request.text}],
        "expected": {"calls": calls},
        "family": "+".join(f.name for f, _ in request.calls) or "none",
        "split": split,
        "kind": kind,
        "frames": request.frames,
        "derived": notes,
    }


def dressed_tools(
    offered: list[Family], plain: bool, rng: random.Random, training: bool = False
) -> dict[str, Dress]:
    """Names and schemas under which the families are offered; two of one name are never offered together."""
    style = surface.choose_style(rng)
    dressed: dict[str, Dress] = {}
    taken: set[str] = set()
    for f in offered:
        made = surface.dress(f, style, rng, plain or f.local, training)
        for _ in range(8):
            if made.name not in taken:
                break
            made = surface.dress(f, style, rng, plain or f.local, training)
        if made.name in taken:
            made = surface.dress(f, style, rng, True)
        if made.name in taken:
            continue
        taken.add(made.name)
        dressed[f.name] = made
    return dressed


def expected_calls(request: Request, dressed: dict[str, Dress]) -> list[dict[str, Any]]:
    """The calls of a request in the offered tools' names, arguments in the order of their schemas."""
    calls = []
    for f, found in request.calls:
        d = dressed[f.name]
        calls.append(
            {
                "name": d.name,
                "arguments": {d.params[p]: found[p].value for p in d.order if p in found},
            }
        )
    return calls


def _kind(split: str, rng: random.Random) -> str:
    if split in ("train", "valid"):
        return rng.choices(
            ("single", "multi", "not_offered", "missing", "talk"), (64, 15, 9, 6, 6)
        )[0]
    if split == "test_unserviceable":
        return rng.choices(("not_offered", "missing", "talk"), (45, 28, 27))[0]
    return "multi" if split == "test_multi" else "single"


def make_case(seed: int, split: str, index: int) -> dict[str, Any]:
    """Case number `index` of a split; the same for the same seed on every machine."""
    rng = random.Random(f"cactus builtin {seed} {split} {index}")
    # Drawn once: a kind for which a family has no frames must not turn into another kind.
    rules, kind = allowed(split), _kind(split, rng)
    while True:
        case = _try_case(split, rules, kind, rng)
        if case is not None and (split == "test_unseen" or _text_allowed(split, case)):
            return {"id": f"{split}-{index}", **case}


def _text_allowed(split: str, case: dict[str, Any]) -> bool:
    """Where no argument list keeps requests of tests and of training apart, their words do: two frames
    may still meet in one sentence ("toss a coin")."""
    if any(
        note["rule"] not in ("enum", "bool") for notes in case["derived"] for note in notes.values()
    ):
        return True
    text = "".join(c for c in case["messages"][0]["content"].lower() if c.isalnum())
    return (spot("text " + text) % 8 == 0) == split.startswith("test")


def _try_case(split: str, rules: Allowed, kind: str, rng: random.Random) -> dict[str, Any] | None:
    typos = (
        rng.randint(1, 3)
        if split == "test_typos" or (split == "train" and rng.random() < 0.12)
        else 0
    )
    if kind == "talk":
        request = talk_request(rules, rng, typos)
        plain = rng.random() < 0.35  # the shipped tools beside talk: what a first run sees
        offered, exact = (
            (list(pools(False)[0]), True) if plain else offer([], set(), rules, rng, True)
        )
        return _record(split, kind, request, offered, exact, False, rng)
    family = pick_family(rules, rng)
    if kind == "missing":
        one = ask(family, rules, rng, missing=True)
        if one is None:
            return None
        offered, exact = offer([family], set(), rules, rng, False)
        return _record(split, kind, say([one], rng, typos), offered, exact, False, rng)
    first = ask(family, rules, rng)
    if first is None:
        return None
    if kind == "multi":
        pair = doubled(first, rules, rng) if rng.random() < 0.35 else None
        if pair:
            offered, exact = offer([family], set(), rules, rng, False)
            return _record(split, kind, say_doubled(pair, rng, typos), offered, exact, True, rng)
        asks = [first]
        for _ in range(rng.choice((1, 1, 1, 2))):
            close = [
                f
                for pool in pools(rules.unseen, rules.training)
                for f in pool
                if f.group == family.group or f.domain == family.domain
            ]
            next_family = (
                family
                if rng.random() < 0.3
                else rng.choice(close)
                if rng.random() < 0.4
                else pick_family(rules, rng)
            )
            if any(
                next_family is not a.family
                and next_family.clash == a.family.clash
                and not next_family.local
                for a in asks
            ):
                return None
            another = ask(next_family, rules, rng)
            if another is None:
                return None
            asks.append(another)
        offered, exact = offer(
            list(dict.fromkeys(a.family for a in asks)), set(), rules, rng, False
        )
        return _record(split, kind, say(asks, rng, typos), offered, exact, True, rng)
    if kind == "not_offered":
        offered, exact = offer([], {family.clash}, rules, rng, False)
        if not family.local and rng.random() < 0.25:
            offered, exact = list(pools(False)[0]), True
            if family.clash in {f.clash for f in offered}:
                return None
        return _record(split, kind, say([first], rng, typos), offered, exact, False, rng)
    offered, exact = offer([family], set(), rules, rng, False)
    return _record(split, kind, say([first], rng, typos), offered, exact, True, rng)


def talk_request(rules: Allowed, rng: random.Random, typos: int) -> Request:
    return say_frame(rng.choice(rules.frames_of_talk()), rng, typos)


def say_frame(frame: str, rng: random.Random, typos: int) -> Request:
    """A request for no tool: all values of the frame are said, and none is an argument."""
    parsed = grammar.parse(frame)
    pieces = _tidy(
        [
            Piece(n.text) if isinstance(n, grammar.Literal) else Piece(_talk_value(n.name, rng))
            for n in grammar.expand(parsed, set(grammar.places(parsed)), rng)
        ]
    )
    wrapped = surface.wrap(pieces, rng)
    if typos:
        surface.misspell(wrapped, typos, rng)
    return Request("".join(p.text for p in wrapped), [], [frame])


def _talk_value(name: str, rng: random.Random) -> str:
    return values.KITS["product" if name == "thing" else name](rng).surface
