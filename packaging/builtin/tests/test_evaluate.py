"""What counts as exact, and how outputs are read. No PyTorch needed."""

from __future__ import annotations

import unittest

import evaluate
import render


class Verdicts(unittest.TestCase):
    def call(self, **arguments: object) -> list[dict[str, object]]:
        return [{"name": "f", "arguments": arguments}]

    def test_trees_are_compared_not_texts(self) -> None:
        self.assertEqual(evaluate.verdict(self.call(a=3, b="x"), self.call(b="x", a=3.0)), "exact")
        for got in (self.call(a=True), self.call(a="1"), self.call(a=[1]), self.call(a=None)):
            self.assertEqual(evaluate.verdict(self.call(a=1), got), "argument values")
        self.assertEqual(
            evaluate.verdict(self.call(a=[1, "b"]), self.call(a=["b", 1])), "argument values"
        )

    def test_what_is_wrong_is_named(self) -> None:
        want = self.call(a=1)
        cases = (
            (None, "malformed"),
            ([], "called nothing"),
            (want + want, "number of calls"),
            ([{"name": "g", "arguments": {"a": 1}}], "name"),
            (self.call(), "argument names"),
            (self.call(a=1, b=2), "argument names"),
        )
        for got, verdict in cases:
            self.assertEqual(evaluate.verdict(want, got), verdict)
        self.assertEqual(evaluate.verdict([], want), "called something")
        self.assertEqual(evaluate.verdict([], []), "exact")

    def test_outputs_of_several_makers_are_read(self) -> None:
        want = self.call(a=1)
        outputs = (
            {"tool_calls": want},
            {
                "tool_calls": [
                    {"type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
                ]
            },
            {"calls": want},
            {"text": render.answer(want)},
        )
        for output in outputs:
            self.assertEqual(evaluate.calls_of(output), want)
        self.assertEqual(evaluate.calls_of({"text": "I cannot do that."}), [])
        self.assertIsNone(evaluate.calls_of({"tool_calls": [{"name": "f", "arguments": "{"}]}))

    def test_the_table_counts_by_split(self) -> None:
        cases = [
            {"id": "1", "split": "s", "expected": {"calls": self.call(a=1)}},
            {"id": "2", "split": "s", "expected": {"calls": []}},
        ]
        text = evaluate.table(cases, {"1": self.call(a=1), "2": self.call(a=1)})
        self.assertIn("| s | 2 | 50.0% | called something 1 |", text)


if __name__ == "__main__":
    unittest.main()
