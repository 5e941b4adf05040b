"""Groups: several requests behind one list of tools, for training.

A list of tools is most of a case's tokens. Training reads it once for all requests of a group; each
request sees the list and itself, so that every one of them is a case of its own, with near misses
among its neighbours. A few requests have an earlier turn of the same conversation before them.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from . import chat, coined
from .cases import (
    Request,
    ask,
    dressed_tools,
    expected_calls,
    near,
    offer,
    pick_family,
    pools,
    same_verb,
    say,
    say_doubled,
    say_frame,
    talk_request,
    doubled,
)
from .family import Family
from .held_out import Allowed, allowed
from .surface import Dress

_SHIPPED = 0.07  # share of groups that offer exactly the tools that ship; they are few and soon learnt
_POOLS = (6, 74, 20)  # weights of shipped tools, written tools, objects times actions
_KINDS = ("single", "multi", "not_offered", "missing", "talk")
_WEIGHTS = (47, 15, 19, 10, 9)
_ALONE = 0.1  # share of groups, in training, that are left one tool, and requests for those it stood beside
_WEIGHTS_ALONE = (42, 8, 33, 9, 8)
_COINED = 0.2  # share of groups, in training, whose tools are coined for them
_EVERYDAY = 0.32  # share of groups, in training, that begin with up to four of the most common tools
_NEAR_MISS = 0.5  # share of the requests that nothing serves which are near misses, where offered tools have some
_TYPOS = 0.3  # share of requests, in training, with one to three words misspelt
_VEILED = 0.08  # share of tools, in training, whose name says nothing: only the description tells what they do
_VEILS = ("tool", "fn", "action", "op", "task", "handler", "command", "skill", "x", "step", "service", "call")
_RESULTS = ("done", "ok", "42", "7.5 km", "Tuesday", "not found", "3 results", "heads", "1,250")


def make_group(seed: int, split: str, index: int) -> dict[str, Any]:
    """Group number `index`: tools, and requests with their calls, more behind a longer list."""
    rng = random.Random(f"cactus builtin group {seed} {split} {index}")
    rules = allowed(split)
    beside: list[Family] = []  # families near the offered ones, for requests that none of them serves
    roll = rng.random() - _SHIPPED
    if roll < 0:
        offered, exact = list(pools(False)[0]), True
    elif split == "train" and roll < _COINED:
        offered, beside = _coined(rules, rng)
        exact = False
    else:
        common = split == "train" and roll < _COINED + _EVERYDAY
        first = _everyday(rng) if common else [pick_family(rules, rng, _POOLS)]
        offered, exact = offer(first, set(), rules, rng, rng.random() < 0.3)
        exact = exact or offered == list(pools(False)[0])
    alone = split == "train" and not exact and len(offered) > 1 and rng.random() < _ALONE
    if alone:
        rng.shuffle(offered)
        offered, beside = offered[:1], beside + offered[1:]
    if not beside:
        beside = _near(offered, rules)
    dressed = dressed_tools(offered, exact, rng, split == "train")
    if split == "train" and not exact:
        _veil(dressed, rng)
    offered = [f for f in offered if f.name in dressed]
    requests: list[dict[str, Any]] = []
    while len(requests) < (6 if alone else len(offered) + 3):
        kind = rng.choices(_KINDS, _WEIGHTS_ALONE if alone else _WEIGHTS)[0]
        typos = rng.randint(1, 3) if split == "train" and rng.random() < _TYPOS else 0
        made = _request(kind, offered, beside, rules, rng, typos)
        if made is None:
            continue
        request, called = made
        calls = expected_calls(request, dressed) if called or kind == "missing" else []
        entry: dict[str, Any] = {"text": request.text, "calls": calls}
        if kind == "missing":
            entry["lacks"] = _lacking(dressed[request.calls[0][0].name], calls[0])
            if entry["lacks"] is None:
                continue
        if requests and rng.random() < 0.1:
            before = rng.choice(requests)
            if "before" not in before and "lacks" not in before:
                entry["before"] = {
                    **before,
                    "results": [rng.choice(_RESULTS) for _ in before["calls"]],
                }
        requests.append(entry)
    return {"tools": [d.schema for d in dressed.values()], "requests": requests}


def _lacking(tool: Dress, call: dict[str, Any]) -> str | None:
    """The first required argument that a call has not, by the order of the schema; those behind it are dropped."""
    parameters, given = tool.schema["function"]["parameters"], call["arguments"]
    for key in parameters["properties"]:
        if key in parameters["required"] and key not in given:
            before = list(parameters["properties"]).index(key)
            call["arguments"] = {k: given[k] for k in list(parameters["properties"])[:before] if k in given}
            return key
    return None


def _everyday(rng: random.Random) -> list[Family]:
    """One to four of the families that are not for training alone, all written (weather, reminders, files, messages)
    or all objects times actions. Drawn from all families alike, each would be met so seldom that its own ways to ask
    are not learnt."""
    chosen: list[Family] = []
    for family in rng.sample(pools(False)[1 if rng.random() < 0.5 else 2], rng.choice((1, 2, 3, 4))):
        if family.clash not in {f.clash for f in chosen}:
            chosen.append(family)
    return chosen


def _veil(dressed: dict[str, Dress], rng: random.Random) -> None:
    """Some of the tools get names such as fn_12."""
    for family, d in dressed.items():
        function = d.schema["function"]
        if not function["description"] or rng.random() >= _VEILED:
            continue
        name = rng.choice(_VEILS) + rng.choice(("", "_")) + str(rng.randint(1, 99))
        if name not in {other.name for other in dressed.values()}:
            function["name"] = name
            dressed[family] = replace(d, name=name)


def _coined(rules: Allowed, rng: random.Random) -> tuple[list[Family], list[Family]]:
    """One to eight coined tools, sometimes with written ones among them, and those left over."""
    made = coined.draw(rng)
    rng.shuffle(made)
    size = min(len(made), rng.choices(range(1, 9), (8, 12, 16, 16, 15, 13, 11, 9))[0])
    offered, beside = made[:size], made[size:]
    if rng.random() < 0.3:
        offered.append(pick_family(rules, rng, _POOLS))
        rng.shuffle(offered)
    return offered, beside


def _stranger(rules: Allowed, rng: random.Random) -> Family:
    """A family for a request that nothing offered serves: half of the time a shipped or an everyday one."""
    return rng.choice(pools(False)[rng.choice((0, 1))]) if rng.random() < 0.5 else pick_family(rules, rng, _POOLS)


def _near_miss(offered: list[Family], rng: random.Random, typos: int) -> Request | None:
    """A request that sounds like one of these tools and is for none of them."""

    def is_for_none(f: Family) -> bool:
        """The near misses of a thing's tools are for none of that thing's, those of the shipped tools for none of the
        shipped; what else is of the same domain might serve them, and of the shipped tools' any other."""
        others = [other for other in offered if other is not f]
        if f.local:
            return all(other.local for other in others)
        thing = f.group.startswith(("object ", "coined "))
        return not any(other.domain == f.domain and not (thing and other.group == f.group) for other in others)

    missed = [f for f in offered if f.near_misses and is_for_none(f)]
    return say_frame(rng.choice(rng.choice(missed).near_misses), rng, typos) if missed else None


def _near(offered: list[Family], rules: Allowed) -> list[Family]:
    return near({f.group for f in offered}, {f.domain for f in offered}, False, rules.training)


def _request(
    kind: str,
    offered: list[Family],
    beside: list[Family],
    rules: Allowed,
    rng: random.Random,
    typos: int,
) -> tuple[Request, bool] | None:
    """The request and whether it leads to whole calls; nothing when this list of tools cannot serve the kind."""
    tags = {f.clash for f in offered}
    if kind == "talk":
        shipped = all(f.local for f in offered)
        if not shipped and any(f.domain in chat.COULD_SERVE for f in offered):
            return None
        return talk_request(rules, rng, typos), False
    if kind == "not_offered":
        if rules.training and "knowledge" not in tags and rng.random() < _NEAR_MISS:
            missed = _near_miss(offered, rng, typos)
            if missed:
                return missed, False
        roll, verb = rng.random(), same_verb(rng.choice(offered), rules.training)
        if beside and roll < 0.45:
            family = rng.choice(beside)
        elif verb and roll < 0.65:
            family = rng.choice(verb)
        else:
            family = _stranger(rules, rng)
        if family.clash in tags or "knowledge" in tags:
            return None
        one = ask(family, rules, rng)
        return one and (say([one], rng, typos), False)
    family = rng.choice(offered)
    if kind == "missing":
        one = ask(family, rules, rng, missing=True)
        return one and (say([one], rng, typos), False)
    first = ask(family, rules, rng)
    if first is None:
        return None
    if kind == "single":
        return say([first], rng, typos), True
    pair = doubled(first, rules, rng) if rng.random() < 0.35 else None
    if pair:
        return say_doubled(pair, rng, typos), True
    asks = [first]
    for _ in range(rng.choice((1, 1, 1, 2))):
        another = ask(rng.choice(offered), rules, rng)
        if another is None:
            return None
        asks.append(another)
    return say(asks, rng, typos), True
