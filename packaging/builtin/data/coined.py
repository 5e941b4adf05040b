"""Coined tools: families drawn afresh for each group of training, so that no name can be learnt by heart.

Written families teach what people mean; coined ones teach to read. A thing ("harbor permit", "the
daloshen") meets verbs and parameters by chance, with others that share the thing or the verb beside it.
Names that a held-out family has are never coined.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import lru_cache

from . import coined_words as lists
from . import words
from .family import Family, Param, check, make_param
from .held_out import family_is_held_out
from .load import families
from .objects import Thing, actions

_OBJECT_KEYS = ("code", "code", "code", "name", "title", "phrase", "person")
_ENDED = (
    "delete/remove",
    "cancel/call off",
    "close/end",
    "discard/scrap",
    "withdraw/take back",
    "retire/drop",
    "archive/file away",
)
_MADE = (
    "create/add/make",
    "register/enter/add",
    "open/start/create",
    "order/request",
    "log/record/note",
    "plan/set up/schedule",
    "write/draft/prepare",
    "book/reserve",
)
_LABELS = ("mode", "level", "grade", "type", "kind", "class", "side", "tier", "phase", "setting")
_KINDS = (
    "int(2,900)",
    "num(0.5,90)",
    "name",
    "phrase",
    "code",
    "person",
    "int(2,60;cm)",
    "money(2,800)",
)
_KEYS = (("id", "code"), ("number", "code"), ("reference", "code"), ("name", "name"))


@lru_cache(maxsize=1)
def _reserved() -> frozenset[str]:
    """Things that a family of the committed set is about, held out or not."""
    out: set[str] = set()
    for f in families():
        if f.group.startswith("object "):
            out.add(f.group.removeprefix("object "))
        elif family_is_held_out(f):
            out.update(f.name.split("_")[1:])
            out.update(word.rstrip("s") for word in f.name.split("_"))
    return frozenset(out)


def thing(rng: random.Random) -> str:
    """A noun of one to three words that no held-out family is about."""
    while True:
        noun = words.invented(rng).lower() if rng.random() < 0.15 else rng.choice(lists.NOUN)
        roll = rng.random()
        if roll < 0.45:
            noun = f"{rng.choice(lists.MODIFIER)} {noun}"
        elif roll < 0.5:
            noun = f"{words.invented(rng).lower()} {noun}"
        if noun not in _reserved():
            return noun


def plural_of(noun: str) -> str:
    if noun.endswith(("s", "x", "ch", "sh", "z")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def _choice_of_modes(rng: random.Random) -> str:
    options = rng.sample(lists.MODE, rng.randint(2, 5))
    if rng.random() < 0.15:
        options = [words.invented(rng).lower() for _ in options]
    return "enum(" + ", ".join(options) + ")"


def detail(rng: random.Random, required: bool) -> tuple[Param, str]:
    """A parameter and its clause, from the list or named after anything ("a harbor depth of 3 m")."""
    roll = rng.random()
    if roll < 0.68:
        name, kind, said = rng.choice(lists.DETAIL)
        clause = f"({said.replace('/', '|')})" if "/" in said else said
        return make_param(name, kind, required), clause
    noun = rng.choice(lists.NOUN) if rng.random() < 0.7 else rng.choice(_LABELS)
    kind = _choice_of_modes(rng) if roll < 0.82 else rng.choice(_KINDS)
    clause = rng.choice(
        (
            f"with (the |){noun} {{}}",
            f"(of|with) {noun} {{}}",
            f"with {{}} as (the |){noun}",
            f", {noun} {{}}",
            f"whose {noun} is {{}}",
            f"({noun} {{}}|with {noun} {{}})",
        )
    )
    return make_param(noun.replace(" ", "_"), kind, required), clause


def details(rng: random.Random, count: int, needed: int) -> list[tuple[Param, str]]:
    out: dict[str, tuple[Param, str]] = {}
    while len(out) < count:
        param, clause = detail(rng, len(out) < needed)
        out.setdefault(param.name, (param, clause))
    return list(out.values())


def _clauses(found: list[tuple[Param, str]]) -> str:
    out = ""
    for param, clause in found:
        name = param.name
        said = clause.replace("{@}", "{@" + name + "}").replace("{}", "{" + name + "}")
        out += ("[" if clause.startswith(",") else "[ ") + said + "]"
    return out


def _family(
    name: str,
    says: str,
    noun: str,
    found: list[tuple[Param, str]],
    frames: list[str],
    rng: random.Random,
) -> Family:
    if found and rng.random() < 0.25:
        names = " and ".join(p.name.replace("_", " ") for p, _ in found)
        tails = (" by {}", ", given {}", " for a certain {}", ". Needs {}", " based on {}")
        says += rng.choice(tails).format(names)
    params = tuple(p for p, _ in found)
    return _of_training(name, says, noun, params, frames)


def _of_training(
    name: str, says: str, noun: str, params: tuple[Param, ...], frames: list[str]
) -> Family:
    group = "coined " + noun
    return check(
        Family(name, says, "coined", group, name, params, tuple(frames), training=True)
    )


def lookup(rng: random.Random, noun: str) -> Family:
    """A tool that tells something: asked for by its noun more often than by its verb."""
    verb = rng.choice(lists.LOOKUP)
    many = rng.random() < 0.3
    what = plural_of(noun) if many else noun
    found = details(rng, rng.choice((1, 1, 2, 2, 3)), rng.choice((0, 1, 1, 2)))
    c, v = _clauses(found), {"lookup": "look up", "compute": "work out"}.get(verb, verb)
    the = "(the |)" if many else "(the |a |)"
    frames = [
        f"{what}{c}",
        f"{what}{c}, please",
        f"(what's|what is) the {what}{c}" if not many else f"(what|which) {what} are there{c}",
        f"(show|get|give|find|tell) me {the}{what}{c}",
        f"I need {the}{what}{c}",
        f"(can you|could you) {v} {the}{what}{c}",
        f"{v} {the}{what}{c}",
        f"(do you have|are there) (any |){what}{c}"
        if many
        else f"(do you have|is there) {the}{what}{c}",
        f"(let me see|I want to see|I'd like to know) the {what}{c}",
        f"(looking for|I'm after) {the}{what}{c}",
        f"any {what}{c}",
        f"(how about|what about) (the |some |){what}{c}",
        f"{what}{c}? I forgot",
        f"I wonder about the {what}{c}",
    ]
    says = rng.choice(
        ("{V} the {n}", "{V} {n}", "Tells the {n}", "{V} {n} by details", "Look up the {n}", "The {n}")
    ).format(V=v.capitalize(), n=what)
    return _family(f"{verb}_{what.replace(' ', '_')}", says, noun, found, frames, rng)


def maker(rng: random.Random, noun: str) -> Family:
    verb = rng.choice(lists.MAKE)
    v = "make" if verb == "new" else verb
    found = details(rng, rng.choice((1, 2, 2, 3)), rng.choice((0, 1, 1, 2)))
    c, a = _clauses(found), "an" if noun[0] in "aeiou" else "a"
    frames = [
        f"{v} ({a} |me {a} |){noun}{c}",
        f"I('d like| want| need) {a} {noun}{c}",
        f"(can you|could you|would you) {v} ({a}|me {a}) {noun}{c}",
        f"{a} {noun}{c}, please",
        f"(new|another) {noun}{c}",
        f"{noun}{c}",
        f"(let's have|let's do|time for) {a} {noun}{c}",
        f"(can|could) I (have|get) {a} {noun}{c}",
        f"(give|get|do) me {a} {noun}{c}",
        f"I want to {v} {a} {noun}{c}",
        f"we need {a} {noun}{c}",
        f"{a} {noun}{c} would be (great|nice)",
        f"help me {v} {a} {noun}{c}",
    ]
    says = rng.choice(
        ("{V} {a} {n}", "{V} {a} {n} from details", "{V} a new {n}", "Makes {a} {n}")
    ).format(V=v.capitalize(), a=a, n=noun)
    name = f"{verb}_{noun.replace(' ', '_')}"
    if rng.random() < 0.12:
        ending = rng.choice(("me", "maker", "generator", "builder", "request"))
        name = f"{noun.replace(' ', '_')}_{ending}"
    return _family(name, says, noun, found, frames, rng)


def deed(rng: random.Random, noun: str) -> Family:
    """Something done to one thing that a name or a number tells apart."""
    verb, done, *others = rng.choice(lists.DEEDS)
    head = noun.split()[-1]
    of_noun = (
        (head, "name"),
        (noun.replace(" ", "_") + "_id", "code"),
        (head + "_name", "phrase"),
    )
    key = make_param(*rng.choice(_KEYS + of_noun), True)
    found = details(rng, rng.choice((0, 0, 1, 1, 2)), rng.choice((0, 0, 1)))
    found = [(p, c) for p, c in found if p.name != key.name]
    k, c = "{" + key.name + "}", _clauses(found)
    the = f"(the |my |our |){noun}"
    frames = [
        f"{verb} {the} {k}{c}",
        f"(please |){verb} {noun}[ {k}]{c}",
        f"{noun} {k} (has|needs) to be {done}{c}",
        f"I want {the} {k} {done}{c}",
        f"(can|could) you {verb} {the} {k}{c}",
        f"{noun} {k}: {verb} it{c}",
        f"get {the} {k} {done}{c}",
        f"{verb} {k}, (the|that) {noun}{c}",
        f"(could|can) {the} {k} be {done}{c}",
        f"it's time to {verb} {the} {k}{c}",
    ] + [o.replace("{n}", f"{the} {k}") + c for o in others]
    says = rng.choice(("{V} {a} {n}", "{V} the {n} of that number", "{V} a given {n}")).format(
        V=verb.capitalize(), a="an" if noun[0] in "aeiou" else "a", n=noun
    )
    name = f"{verb}_{noun.replace(' ', '_')}"
    return _family(name, says, noun, [(key, "")] + found, frames, rng)


_MEASURES = ("int(2,900)", "int(2,90)", "num(0.5,90)", "num(0.1,9)", "int(100,5000)", "money(5,9000)")


def formula(rng: random.Random, noun: str) -> Family:
    """Something worked out of two to four named numbers."""
    verb = rng.choice(("calculate", "compute", "estimate", "get", "find", "determine", "work_out"))
    among = [n for n in lists.NOUN if " " not in n] + list(lists.QUANTITY) * 3
    names = list(dict.fromkeys(rng.sample(among, rng.choice((2, 2, 3, 4)))))
    unit = rng.choice(lists.UNITS)
    params = [make_param(name.replace(" ", "_"), rng.choice(_MEASURES), True) for name in names]
    places = ["{" + p.name + "}" for p in params]
    a = ["an" if name[0] in "aeiou" else "a" for name in names]

    def joined(parts: list[str]) -> str:
        return f"[ {parts[0]}]" + "".join(f"[(,| and) {part}]" for part in parts[1:])

    of = joined([f"{art} {name} of {v}" for art, name, v in zip(a, names, places)])
    is_ = joined([f"{name} (is |= |){v}" for name, v in zip(names, places)])
    with_ = joined([f"{name} {v}" for name, v in zip(names, places)])
    v = verb.replace("_", " ")
    frames = [
        f"{v} the {noun} with{of}",
        f"{v} the {noun} (for|from|given|of){of}",
        f"(what's|what is|what would be) the {noun} (for|with|given){of}",
        f"(what's|what is) the {noun} if( the|){is_}",
        f"(given|with){of}, {v} the {noun}",
        f"I have{of}, what's the {noun}",
        f"{noun} (for|with){with_}",
        f"{noun}:{with_}",
        f"I need to know the {noun} (for|given){of}",
        f"(can|could) you {v} the {noun} (for|with){with_}",
        f"how (large|much|high) is the {noun} (for|with|given){of}",
    ]
    if rng.random() < 0.4:
        params.append(make_param("unit", f"enum({', '.join(unit)})", False))
        frames = [f + "[ in {unit}]" for f in frames]
    says = rng.choice(
        (
            "{V} the {n}",
            "{V} the {n} from {p}",
            "{V} the {n} for the given {p}",
            "The {n} that follows from {p}",
        )
    ).format(V=v.capitalize(), n=noun, p=" and ".join(names))
    return _of_training(f"{verb}_{noun.replace(' ', '_')}", says, noun, tuple(params), frames)


def of_object(rng: random.Random, noun: str) -> list[Family]:
    """What objects.py makes of a thing: create, find, end, status, share, export, count, updates."""
    key = rng.choice(_OBJECT_KEYS)
    slug = noun.replace(" ", "_")
    if key == "code":
        name = slug + rng.choice(("_id", "_number", "_code"))
    else:
        name = rng.choice(("name", noun.split()[-1], slug))
    taken = (name, "recipient", "format", "since")
    drawn = details(rng, rng.choice((2, 3, 3)), rng.choice((1, 1, 2)))
    found = [(p, c) for p, c in drawn if p.name not in taken]
    if not found:
        return []
    made, ended = rng.choice(_MADE).split("/"), rng.choice(_ENDED).split("/")
    it = Thing(noun, plural_of(noun), "coined", (name, key), made, ended, found)
    return [replace(f, group="coined " + noun) for f in actions(it, of_training=True)]


def draw(rng: random.Random) -> list[Family]:
    """Some twenty families that belong together: a few things, each with several verbs."""
    out: dict[str, Family] = {}
    things = [thing(rng) for _ in range(rng.choice((2, 3, 4)))]
    if rng.random() < 0.5:  # near twins: "harbor permit" beside "school permit"
        things.append(f"{rng.choice(lists.MODIFIER)} {things[0].split()[-1]}")
    for noun in things:
        if noun in _reserved():
            continue
        made: list[Family] = []
        if rng.random() < 0.45:
            made = of_object(rng, noun)
            rng.shuffle(made)
            made = made[: rng.randint(3, 6)]
        else:
            # One of the two alone: "a harbor permit" would ask for either.
            made = [rng.choice((lookup, lookup, maker, maker, formula))(rng, noun)]
            made += [deed(rng, noun) for _ in range(rng.randint(1, 3))]
        for f in made:
            out.setdefault(f.name, f)
    return list(out.values())
