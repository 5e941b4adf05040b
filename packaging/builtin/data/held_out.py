"""What is held out, decided before anything is drawn: groups of families, frames, argument lists.

Each is decided by a hash of the thing itself, so that a training case can never contain a held-out
one, whatever the seed and however many cases are made.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import chat
from .family import Family

SPLITS = (
    "train",
    "valid",
    "test_seen",
    "test_unseen",
    "test_unserviceable",
    "test_typos",
    "test_multi",
)


def spot(text: str) -> int:
    return int.from_bytes(hashlib.sha1(text.encode()).digest()[:8], "big")


@lru_cache(maxsize=5_000)
def family_is_held_out(family: Family) -> bool:
    return not (family.local or family.training) and spot("group " + family.group) % 100 < 11


@lru_cache(maxsize=5_000)
def held_out_frames(frames: tuple[str, ...]) -> frozenset[str]:
    """A tenth of a family's frames, at least one; for talk a tenth of all."""
    count = max(1, round(len(frames) / 10))
    return frozenset(sorted(frames, key=lambda f: spot("frame " + f))[:count])


def argument_bucket(family: str, args: dict[str, Any], rules: dict[str, str]) -> str:
    """ "test", "valid" or "train". Lists of nothing but choices (or of nothing) are "any": there are
    too few of them to hold one out, and they say nothing that a frame does not."""
    if all(rules[name] in ("enum", "bool") for name in args):
        return "any"
    key = json.dumps({k: args[k] for k in sorted(args)}, ensure_ascii=False, sort_keys=True).lower()
    place = spot(f"arguments {family} {key}") % 100
    return "test" if place < 10 else "valid" if place < 15 else "train"


@dataclass(frozen=True)
class Allowed:
    """What a split may use."""

    unseen: bool  # families that were held out, or those that were not
    held_frames: bool | None  # None: all frames
    buckets: frozenset[str]
    training: bool = False  # families and frames that are for training alone

    def frames(self, family: Family) -> list[str]:
        return self._among(family.frames, family.training_frames)

    def frames_of_talk(self) -> list[str]:
        return self._among(chat.TALK, chat.TRAINING_TALK)

    def _among(self, frames: tuple[str, ...], more: tuple[str, ...]) -> list[str]:
        held = held_out_frames(frames)
        usable = [f for f in frames if self.held_frames is None or (f in held) == self.held_frames]
        return usable + list(more if self.training else ())


_ALLOWED = {
    "train": Allowed(False, False, frozenset(("train", "any")), training=True),
    "valid": Allowed(False, False, frozenset(("valid", "any")), training=True),
    "test_unseen": Allowed(True, None, frozenset(("train", "valid", "test", "any"))),
}
_SEEN_TEST = Allowed(False, True, frozenset(("test", "any")))


def allowed(split: str) -> Allowed:
    return _ALLOWED.get(split, _SEEN_TEST)
