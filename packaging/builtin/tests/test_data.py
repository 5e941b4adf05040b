"""What the generator promises: same cases everywhere, nothing held out leaks, arguments follow from requests."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import unittest
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterable, Iterator
from unittest import mock

from data import cases, chat, coined, grammar, groups
from data.held_out import SPLITS, allowed, family_is_held_out, held_out_frames
from data.family import Family, check, make_param
from data.groups import make_group
from data.load import families
from data.surface import NOUNS, dress, parameter_names

HERE = Path(__file__).parent.parent
_WORDS = {
    w: n
    for n, w in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
} | {
    w: 10 * (n + 2)
    for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
_COUNT = 600
_EXPANSIONS = 3000  # of one frame; where it has more, so many are drawn


@lru_cache(maxsize=None)
def sample(split: str, count: int = _COUNT) -> list[dict[str, Any]]:
    return [cases.make_case(7, split, index) for index in range(count)]


def all_cases() -> Iterator[dict[str, Any]]:
    for split in SPLITS:
        yield from sample(split)


def read_number(said: str) -> float | None:
    """A number out of "1,250 kg", "$45.50", "twenty-five minutes", "three and a half": written apart
    from the generator, so that both can be wrong only in the same way by accident."""
    digits = re.match(
        r"[$€£]?(\d[\d,]*(?:\.\d+)?)", said
    )  # at the start: a unit may hold digits too
    if digits:
        return float(digits.group(1).replace(",", ""))
    total, part, seen = 0.0, 0.0, False
    for word in re.split(r"[\s-]+", said.lower()):
        if word in _WORDS:
            part, seen = part + _WORDS[word], True
        elif word == "hundred":
            part *= 100
        elif word == "thousand":
            total, part = total + part * 1000, 0
        elif word == "half" and seen:
            part += 0.5
    return total + part if seen else None


def said_node(node: grammar.Literal | grammar.Place) -> str:
    if isinstance(node, grammar.Literal):
        return node.text
    return node.fixed[1] if node.fixed else "{" + "@" * node.lead + node.name + "}"


def nodes_written_out(nodes: grammar.Nodes) -> Iterator[str]:
    """Every sentence pattern of a frame: choices and optional groups written out, values as places."""
    if not nodes:
        yield ""
        return
    node, rest = nodes[0], nodes[1:]
    if isinstance(node, (grammar.Literal, grammar.Place)):
        heads: Iterable[str] = (said_node(node),)
    elif isinstance(node, grammar.Choice):
        heads = [head for option in node.options for head in nodes_written_out(option)]
    else:
        heads = ["", *nodes_written_out(node.nodes)]
    tails = list(nodes_written_out(rest))
    for head in heads:
        for tail in tails:
            yield head + tail


def count_patterns(nodes: grammar.Nodes) -> int:
    total = 1
    for node in nodes:
        if isinstance(node, grammar.Choice):
            total *= sum(count_patterns(option) for option in node.options)
        elif isinstance(node, grammar.Optional):
            total *= 1 + count_patterns(node.nodes)
    return total


@lru_cache(maxsize=None)
def patterns(frame: str) -> frozenset[str]:
    """What a frame expands to, in lower case, without what wrapping and tidying may add or take."""
    nodes = grammar.parse(frame)
    if count_patterns(nodes) <= _EXPANSIONS:
        found = set(nodes_written_out(nodes))
    else:
        rng, names, found = random.Random(frame), sorted(grammar.places(nodes)), set()
        for _ in range(_EXPANSIONS):
            said = {name for name in names if rng.random() < 0.5}
            found.add("".join(map(said_node, grammar.expand(nodes, said, rng))))
    return frozenset(plain_pattern(text) for text in found)


def plain_pattern(text: str) -> str:
    # "{@date}" is said "on Monday" or "tomorrow": with the preposition or without it is one pattern.
    text = re.sub(r"\b(?:on|at|for) (?=\{@?\w+\})", "", text.lower()).replace("{@", "{")
    return re.sub(r"\s+", " ", text.replace(" ,", ",")).strip(" ,:;.!?")


def fits(schema: dict[str, Any], value: Any) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema["type"]
    if kind == "array":
        return (
            isinstance(value, list)
            and bool(value)
            and all(fits(schema["items"], item) for item in value)
        )
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, str) and value == value.strip() and value != ""


class Determinism(unittest.TestCase):
    def test_same_cases_in_another_process_with_another_hash_seed(self) -> None:
        for hash_seed in ("1", "77"):
            out = subprocess.run(
                [sys.executable, "-m", "data", "--split", "train", "--seed", "7", "--count", "60"],
                cwd=HERE,
                check=True,
                capture_output=True,
                text=True,
                env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONIOENCODING": "utf-8"},
            ).stdout
            self.assertEqual([json.loads(line) for line in out.splitlines()], sample("train")[:60])

    def test_another_seed_gives_other_cases(self) -> None:
        self.assertNotEqual(
            [cases.make_case(8, "train", i)["messages"] for i in range(20)],
            [c["messages"] for c in sample("train")[:20]],
        )


class HeldOut(unittest.TestCase):
    def arguments(self, split: str) -> set[str]:
        found = set()
        for case in sample(split):
            for family, call, notes in zip(
                case["family"].split("+"), case["expected"]["calls"], case["derived"]
            ):
                if any(note["rule"] not in ("enum", "bool") for note in notes.values()):
                    args = {note["param"]: call["arguments"][name] for name, note in notes.items()}
                    found.add(family + json.dumps(args, sort_keys=True, ensure_ascii=False).lower())
        return found

    def frames(self, split: str) -> set[tuple[str, str]]:
        return {
            (case["family"], frame)
            for case in sample(split)
            if "+" not in case["family"]
            for frame in case["frames"]
        }

    def test_about_a_tenth_of_the_families_is_unseen_and_never_in_training(self) -> None:
        held = {f.name for f in families() if family_is_held_out(f)}
        known = [f for f in families() if not f.training]  # the others are never held out
        self.assertGreater(len(held), 0.07 * len(known))
        self.assertLess(len(held), 0.16 * len(known))
        self.assertGreaterEqual(len({f.domain for f in families() if f.name in held}), 6)
        said = {f.says.lower().rstrip(".") for f in families() if f.name in held}
        for split in ("train", "valid", "test_seen", "test_typos", "test_multi"):
            for case in sample(split):
                self.assertFalse(held & set(case["family"].split("+")))
                for tool in case["tools"]:
                    self.assertNotIn(
                        tool["function"]["description"]
                        .lower()
                        .removeprefix("use this to: ")
                        .rstrip("."),
                        said - {""},
                    )
        for case in sample("test_unseen"):
            self.assertTrue(set(case["family"].split("+")) <= held)

    def test_phrasings_of_tests_are_not_in_training(self) -> None:
        train = self.frames("train") | self.frames("valid")
        for split in ("test_seen", "test_typos", "test_unserviceable", "test_multi"):
            self.assertFalse(train & self.frames(split), split)

    def test_no_frame_for_training_alone_says_what_a_held_out_frame_says(self) -> None:
        groups = [
            (f.name, f.frames, f.training_frames) for f in families() if not f.training
        ] + [("talk", chat.TALK, chat.TRAINING_TALK)]
        equal = [
            (name, frame, held, sorted(both)[0])
            for name, frames, more in groups
            for held in (sorted(held_out_frames(frames)) if more else ())
            for frame in more
            if (both := patterns(held) & patterns(frame))
        ]
        self.assertEqual(equal, [])

    def test_no_near_miss_says_what_a_held_out_frame_says(self) -> None:
        own = [f for f in families() if not f.training]
        frames = [h for f in own for h in (f.frames if family_is_held_out(f) else held_out_frames(f.frames))]
        held = frozenset().union(*(patterns(h) for h in [*frames, *held_out_frames(chat.TALK)]))
        missed = [frame for f in families() for frame in f.near_misses]
        self.assertGreater(len(missed), 5000)
        self.assertEqual([frame for frame in missed if patterns(frame) & held], [])

    def test_no_other_name_is_one_of_a_held_out_tool(self) -> None:
        held = [f for f in families() if family_is_held_out(f)]
        names, says = {f.name for f in held}, {f.says for f in held}
        nouns = {f.group.removeprefix("object ") for f in held}
        for f in families():
            if f not in held:
                for name, description in f.other_names:
                    self.assertNotIn(name, names)
                    self.assertNotIn(description, says)
                    self.assertNotIn(name.replace("_", " "), nouns)

    def test_argument_lists_of_tests_are_not_in_training(self) -> None:
        train = self.arguments("train")
        for split in ("valid", "test_seen", "test_typos", "test_multi"):
            self.assertFalse(train & self.arguments(split), split)

    def test_requests_of_tests_are_not_in_training(self) -> None:
        train = {c["messages"][0]["content"] for c in sample("train")}
        for split in SPLITS[2:]:
            self.assertFalse(train & {c["messages"][0]["content"] for c in sample(split)}, split)


class Answers(unittest.TestCase):
    def test_every_call_fits_its_schema(self) -> None:
        for case in all_cases():
            tools = {t["function"]["name"]: t["function"]["parameters"] for t in case["tools"]}
            self.assertEqual(len(tools), len(case["tools"]), "names of tools must differ")
            for call in case["expected"]["calls"]:
                schema = tools[call["name"]]
                self.assertTrue(set(schema["required"]) <= set(call["arguments"]), case)
                for name, value in call["arguments"].items():
                    self.assertTrue(
                        fits(schema["properties"][name], value), (name, value, case["id"])
                    )
                order = [n for n in schema["properties"] if n in call["arguments"]]
                self.assertEqual(order, list(call["arguments"]))

    def test_every_argument_follows_from_the_request(self) -> None:
        for case in all_cases():
            text = case["messages"][0]["content"]
            for call, notes in zip(case["expected"]["calls"], case["derived"], strict=True):
                self.assertEqual(set(call["arguments"]), set(notes))
                for name, note in notes.items():
                    value, said = call["arguments"][name], note["said"]
                    self.assertIn(said.lower(), text.lower(), case["id"])
                    if note["rule"] == "copy":
                        self.assertIn(value, text)
                    elif note["rule"] == "number":
                        self.assertEqual(read_number(said), value, case["id"])
                    elif note["rule"] == "numbers":
                        self.assertEqual(
                            [float(n) for n in re.findall(r"\d+(?:\.\d+)?", said)], value
                        )
                    elif note["rule"] == "list":
                        self.assertTrue(all(item in text for item in value), case["id"])
                    else:
                        self.assertIn(note["rule"], ("enum", "bool"))

    def test_nothing_offered_serves_an_unserviceable_request(self) -> None:
        tags = {f.name: f.clash for f in families()}
        says = {f.says: f.clash for f in families()}
        for case in sample("test_unserviceable"):
            self.assertEqual(case["expected"]["calls"], [])
            if case["kind"] == "not_offered":
                offered = {says.get(t["function"]["description"]) for t in case["tools"]}
                self.assertNotIn(tags[case["family"]], offered, case["id"])

    def test_kinds_and_sizes_are_as_promised(self) -> None:
        kinds = Counter(case["kind"] for case in sample("train"))
        none = sum(kinds[k] for k in ("not_offered", "missing", "talk")) / _COUNT
        self.assertTrue(0.14 < none < 0.27, none)
        self.assertTrue(0.08 < kinds["multi"] / _COUNT < 0.2)
        for case in all_cases():
            self.assertTrue(1 <= len(case["tools"]) <= 14)
            self.assertGreaterEqual(
                len(case["expected"]["calls"]), 2 if case["kind"] == "multi" else 0
            )


class Families(unittest.TestCase):
    def test_there_are_hundreds_with_several_ways_to_ask(self) -> None:
        self.assertGreaterEqual(len(families()), 300)
        self.assertGreaterEqual(len({f.domain for f in families()}), 20)
        for f in families():
            self.assertGreaterEqual(len(set(f.frames)), 4, f.name)
            self.assertEqual(len(set(f.frames)), len(f.frames), f.name)

    def test_a_frame_of_training_can_say_every_parameter_of_the_shipped_tools(self) -> None:
        for f in (f for f in families() if f.local):
            held = held_out_frames(f.frames)
            said = {
                n
                for frame in f.frames
                if frame not in held
                for n in grammar.places(grammar.parse(frame))
            }
            self.assertEqual(said, {p.name for p in f.params}, f.name)

    def test_further_ways_to_ask_fill_in_what_a_thing_is_called(self) -> None:
        things = [f for f in families() if f.group.startswith("object ")]
        for f in (f for f in things if not f.training):
            check(f)  # that each says what is required, and nothing that the tool has not
            self.assertGreater(len(f.training_frames), 150, f.name)
            self.assertGreater(len(f.near_misses), 80, f.name)
            self.assertNotRegex("".join(f.training_frames + f.near_misses), "[<>]")
        some = [len(f.training_frames) for f in things if f.training]
        self.assertGreater(min(some), 25)
        self.assertLess(max(some), 60)

    def test_a_frame_that_does_not_say_what_is_required_is_refused(self) -> None:
        bad = Family("x", "X", "d", "g", "c", (make_param("a", "city", True),), ("no place",))
        with self.assertRaises(grammar.FrameError):
            check(bad)
        for frame in ("(a|b", "[x", "a)b", "{x"):
            with self.assertRaises(grammar.FrameError):
                grammar.parse(frame)


class Coined(unittest.TestCase):
    """Tools made up for one group of training."""

    @staticmethod
    def drawn(seed: int) -> list[Family]:
        return coined.draw(random.Random(f"coined {seed}"))

    def test_the_same_from_the_same_seed(self) -> None:
        for seed in range(20):
            self.assertEqual(self.drawn(seed), self.drawn(seed))
        self.assertNotEqual([f.name for f in self.drawn(1)], [f.name for f in self.drawn(2)])

    def test_none_is_about_what_a_held_out_family_is_about(self) -> None:
        held = [f for f in families() if family_is_held_out(f)]
        names = {f.name for f in held}
        things = {f.group.removeprefix("object ") for f in held if f.group.startswith("object ")}
        single = {
            word.rstrip("s")
            for f in held
            if not f.group.startswith("object ")
            for word in f.name.split("_")[1:]
            if len(word) > 2
        }
        for seed in range(300):
            for f in self.drawn(seed):
                noun = f.group.removeprefix("coined ")
                self.assertTrue(f.training)
                self.assertNotIn(f.name, names)
                self.assertNotIn(noun, things)
                self.assertNotIn(noun.rstrip("s"), single)

    def test_no_request_fits_two_tools_of_one_draw(self) -> None:
        """Two tools that a bare noun would ask for are never drawn together."""
        rng = random.Random("expansions")
        for seed in range(60):
            said: dict[str, str] = {}
            for f in self.drawn(seed):
                for frame in f.frames:
                    for _ in range(10):
                        nodes = grammar.expand(grammar.parse(frame), set(), rng)
                        pattern = plain_pattern("".join(map(said_node, nodes)))
                        pattern = re.sub(r"\{\w+\}", "{}", pattern)
                        self.assertEqual(said.setdefault(pattern, f.name), f.name, pattern)


class Groups(unittest.TestCase):
    """Requests behind one list of tools, as training reads them."""

    def test_calls_of_groups_fit_their_schemas_and_their_requests(self) -> None:
        coined_groups = everyday_groups = 0
        known = {f.says.lower() for f in families()}
        everyday = {f.says.lower() for pool in cases.pools(False)[1:] for f in pool}
        for index in range(60):
            group = make_group(11, "train", index)
            tools = {t["function"]["name"]: t["function"]["parameters"] for t in group["tools"]}
            self.assertEqual(len(tools), len(group["tools"]))
            says = {
                t["function"]["description"].lower().removeprefix("use this to: ").rstrip(".")
                for t in group["tools"]
            }
            coined_groups += not says & known
            everyday_groups += bool(says & everyday)
            for request in group["requests"]:
                for call in request["calls"]:
                    schema = tools[call["name"]]
                    lacking = [k for k in schema["required"] if k not in call["arguments"]]
                    self.assertEqual(lacking[:1], [request["lacks"]] if "lacks" in request else [])
                    for name, value in call["arguments"].items():
                        self.assertTrue(fits(schema["properties"][name], value), (name, value))
                        if "enum" not in schema["properties"][name] and isinstance(value, str):
                            self.assertIn(value, request["text"])
        self.assertGreater(coined_groups, 4)
        self.assertGreater(everyday_groups, 10)

    def test_a_request_that_lacks_something_has_what_stands_before_it(self) -> None:
        lacking = 0
        for index in range(60):
            group = make_group(12, "train", index)
            tools = {t["function"]["name"]: t["function"]["parameters"] for t in group["tools"]}
            for request in group["requests"]:
                if "lacks" not in request:
                    continue
                (call,) = request["calls"]
                keys = list(tools[call["name"]]["properties"])
                self.assertIn(request["lacks"], tools[call["name"]]["required"])
                before = keys[: keys.index(request["lacks"])]
                self.assertTrue(set(call["arguments"]) <= set(before), call)
                lacking += 1
        self.assertGreater(lacking, 20)

    def test_some_names_of_tools_say_nothing_in_training(self) -> None:
        veiled = tools = 0
        for index in range(100):
            for tool in make_group(13, "train", index)["tools"]:
                tools += 1
                if re.fullmatch(r"[a-z]+_?\d+", tool["function"]["name"]):
                    veiled += 1
                    self.assertTrue(tool["function"]["description"])
            for tool in make_group(13, "valid", index)["tools"]:
                self.assertIsNone(re.fullmatch(r"fn_?\d+", tool["function"]["name"]))
        self.assertTrue(0.02 < veiled / tools < 0.12, veiled / tools)

    def test_tools_and_parameters_go_by_other_names_in_training_alone(self) -> None:
        others = {says for f in families() for _, says in f.other_names}
        self.assertFalse(others & {f.says for f in families()})
        renamed: Counter[str] = Counter()
        for split in ("train", "valid"):
            for index in range(60):
                for tool in make_group(14, split, index)["tools"]:
                    says = tool["function"]["description"].removeprefix("Use this to: ").rstrip(".")
                    renamed[split] += says in others
        self.assertGreater(renamed["train"], 20)
        self.assertEqual(renamed["valid"], 0)
        name = next(n for n in parameter_names() if n not in NOUNS)
        family = next(f for f in families() if name in {p.name for p in f.params} and not f.local)
        for training in (True, False):
            called = {dress(family, "snake", random.Random(n), False, training).params[name] for n in range(80)}
            self.assertEqual(called == {name}, not training)

    def test_the_tools_of_one_thing_share_their_near_misses_and_others_of_a_domain_do_not(self) -> None:
        invoice = [f for f in families() if f.group == "object invoice"]
        self.assertIn(invoice[0].domain, {f.domain for f in families() if f.group != "object invoice"})
        other = next(f for f in families() if f.domain == invoice[0].domain and f.group != "object invoice")
        rng = random.Random(1)
        missed = groups._near_miss(invoice, rng, 0)
        assert missed is not None
        self.assertIn(missed.frames[0], {frame for f in invoice for frame in f.near_misses})
        self.assertIsNone(groups._near_miss([*invoice, replace(other, near_misses=())], rng, 0))
        shipped = [f for f in families() if f.local]
        self.assertIsNotNone(groups._near_miss(shipped, rng, 0))
        self.assertIsNone(groups._near_miss([*shipped, replace(other, near_misses=())], rng, 0))

    def test_a_group_left_one_tool_has_requests_for_those_it_stood_beside(self) -> None:
        served = idle = alone = 0
        shipped = {f.name for f in cases.pools(False)[0]}
        with mock.patch.object(groups, "_ALONE", 1):
            for index in range(60):
                group = make_group(16, "train", index)
                if len(group["tools"]) > 1:  # what ships is offered whole
                    self.assertEqual({t["function"]["name"] for t in group["tools"]}, shipped)
                    continue
                alone += 1
                self.assertGreaterEqual(len(group["requests"]), 4)
                for request in group["requests"]:
                    served += bool(request["calls"])
                    idle += not request["calls"]
                    for call in request["calls"]:
                        self.assertEqual(call["name"], group["tools"][0]["function"]["name"])
        self.assertGreater(alone, 40)
        self.assertGreater(min(served, idle) / (served + idle), 0.3)

    def test_a_stranger_is_half_of_the_time_a_shipped_or_an_everyday_one(self) -> None:
        rng = random.Random(3)
        common = {f.name for pool in cases.pools(False)[:2] for f in pool}
        found = [groups._stranger(allowed("train"), rng).name in common for _ in range(400)]
        self.assertTrue(0.45 < sum(found) / len(found) < 0.85, sum(found))

    def test_near_misses_call_nothing(self) -> None:
        plain = [frame.lower() for f in families() for frame in f.near_misses if not set(frame) & set("({[")]
        plain = [frame for frame in plain if len(frame.split()) > 4]
        found = 0
        for index in range(100):
            for request in make_group(15, "train", index)["requests"]:
                text = request["text"].lower()
                if any(frame in text for frame in plain):
                    found += 1
                    self.assertEqual(request["calls"], [], text)
                    self.assertNotIn("lacks", request)
        self.assertGreater(found, 8)


if __name__ == "__main__":
    unittest.main()
