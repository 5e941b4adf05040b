"""Groups: several requests behind one list of tools, for training.

A list of tools is most of a case's tokens. Training reads it once for all requests of a group; each
request sees the list and itself, so that every one of them is a case of its own, with near misses
among its neighbours. A few requests have an earlier turn of the same conversation before them.
"""

from __future__ import annotations

import random
from typing import Any

from . import chat
from .cases import (
    Request,
    ask,
    dressed_tools,
    expected_calls,
    offer,
    pick_family,
    pools,
    say,
    say_doubled,
    talk_request,
    doubled,
)
from .family import Family
from .held_out import Allowed, allowed

_SHIPPED = 0.07  # share of groups that offer exactly the tools that ship; they are few and soon learnt
_POOLS = (6, 54, 40)  # weights of shipped tools, written tools, objects times actions
_KINDS = ("single", "multi", "not_offered", "missing", "talk")
_WEIGHTS = (56, 15, 14, 9, 6)
_RESULTS = ("done", "ok", "42", "7.5 km", "Tuesday", "not found", "3 results", "heads", "1,250")


def make_group(seed: int, split: str, index: int) -> dict[str, Any]:
    """Group number `index`: tools, and requests with their calls, more behind a longer list."""
    rng = random.Random(f"cactus builtin group {seed} {split} {index}")
    rules = allowed(split)
    if rng.random() < _SHIPPED:
        offered, exact = list(pools(False)[0]), True
    else:
        offered, exact = offer([pick_family(rules, rng, _POOLS)], set(), rules, rng, rng.random() < 0.3)
        exact = exact or offered == list(pools(False)[0])
    dressed = dressed_tools(offered, exact, rng)
    offered = [f for f in offered if f.name in dressed]
    requests: list[dict[str, Any]] = []
    while len(requests) < len(offered) + 3:
        kind = rng.choices(_KINDS, _WEIGHTS)[0]
        typos = rng.randint(1, 3) if split == "train" and rng.random() < 0.12 else 0
        made = _request(kind, offered, rules, rng, typos)
        if made is None:
            continue
        request, called = made
        calls = expected_calls(request, dressed) if called else []
        entry: dict[str, Any] = {"text": request.text, "calls": calls}
        if requests and rng.random() < 0.1:
            before = rng.choice(requests)
            if "before" not in before:
                entry["before"] = {
                    **before,
                    "results": [rng.choice(_RESULTS) for _ in before["calls"]],
                }
        requests.append(entry)
    return {"tools": [d.schema for d in dressed.values()], "requests": requests}


def _request(
    kind: str, offered: list[Family], rules: Allowed, rng: random.Random, typos: int
) -> tuple[Request, bool] | None:
    """The request and whether it leads to calls; nothing when this list of tools cannot serve the kind."""
    tags = {f.clash for f in offered}
    if kind == "talk":
        shipped = all(f.local for f in offered)
        if not shipped and any(f.domain in chat.COULD_SERVE for f in offered):
            return None
        return talk_request(rules, rng, typos), False
    if kind == "not_offered":
        family = pick_family(rules, rng, _POOLS)
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
