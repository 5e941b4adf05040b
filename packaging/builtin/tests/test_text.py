"""Rendering, reading of answers, and the tokenizer."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

import render
import tokenizer
from data.cases import make_case

HERE = Path(__file__).parent.parent


class Rendering(unittest.TestCase):
    def test_a_tool_is_one_line(self) -> None:
        tool = {
            "name": "f",
            "description": "Does",
            "parameters": {
                "type": "object",
                "required": ["a"],
                "properties": {
                    "a": {"type": "string"},
                    "b": {"type": "string", "enum": ["x", "y"]},
                    "c": {"type": "array", "items": {"type": "number"}},
                },
            },
        }
        self.assertEqual(
            render.signature({"type": "function", "function": tool}),
            'f(a:str,b?:"x"|"y",c?:[num]) Does\n',
        )
        self.assertEqual(render.signature({"name": "g"}), "g()\n")

    def test_answers_are_read_as_they_were_written(self) -> None:
        calls = [
            {"name": "a.b", "arguments": {"x": 'say "hi", (now)', "y": [1, 2.5], "z": True}},
            {"name": "c", "arguments": {}},
        ]
        self.assertEqual(render.read_answer(render.answer(calls)), calls)
        self.assertEqual(render.read_answer(render.answer([])), [])

    def test_a_call_that_lacks_an_argument_is_no_call(self) -> None:
        begun = [{"name": "book", "arguments": {"day": "Monday"}}]
        answer = render.answer(begun, "guests")
        self.assertEqual(
            answer, '<|tool_call_start|>book(day="Monday",guests=<|no_tool|><|im_end|>'
        )
        self.assertEqual(render.read_answer(answer), [])
        bare = render.answer([{"name": "book", "arguments": {}}], "guests")
        self.assertEqual(bare, "<|tool_call_start|>book(guests=<|no_tool|><|im_end|>")
        self.assertEqual(render.read_answer(bare), [])

    def test_broken_answers_are_no_answers(self) -> None:
        for body in ("f(", "f(a", "f(a=", "f(a=1", 'f(a="x)', "f(a=1 b=2)", "f", "f() g()", "(=)"):
            self.assertIsNone(render.read_answer(render.CALL_START + body + render.CALL_END), body)
        self.assertIsNone(render.read_answer("hello"))

    def test_the_template_renders_what_the_code_renders(self) -> None:
        try:
            import jinja2  # only a check; nothing here needs it
        except ImportError:
            self.skipTest("python3-jinja2 is not installed")
        environment = jinja2.Environment()
        environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
        template = environment.from_string(
            (HERE / "chat_template.jinja").read_text(encoding="utf-8")
        )
        for index in range(200):
            case = make_case(3, "train", index)
            calls = [{"type": "function", "function": call} for call in case["expected"]["calls"]]
            prompt = render.prompt(case["tools"], case["messages"])
            self.assertEqual(
                template.render(
                    tools=case["tools"], messages=case["messages"], add_generation_prompt=True
                ),
                prompt,
            )
            whole = case["messages"] + [{"role": "assistant", "content": "", "tool_calls": calls}]
            self.assertEqual(
                template.render(tools=case["tools"], messages=whole),
                prompt + render.answer(case["expected"]["calls"]),
            )


class Tokens(unittest.TestCase):
    def setUp(self) -> None:
        texts = [
            render.prompt(c["tools"], c["messages"]) + render.answer(c["expected"]["calls"])
            for c in (make_case(3, "train", i) for i in range(150))
        ]
        self.texts = texts
        self.vocabulary, self.merges = tokenizer.train(texts, 700)
        with tempfile.TemporaryDirectory() as folder:
            tokenizer.save(Path(folder), self.vocabulary, self.merges)
            self.data = json.loads((Path(folder) / "tokenizer.json").read_text(encoding="utf-8"))
            self.tokenizer = tokenizer.Tokenizer(Path(folder))

    def test_texts_survive(self) -> None:
        for text in [*self.texts, "½ Ⅷ naïve 東京 🙂\n\t x  y", "", 'a="b",c=")"'.replace("\0", "")]:
            self.assertEqual(self.tokenizer.decode(self.tokenizer.encode(text)), text)

    def test_a_word_is_the_same_tokens_everywhere(self) -> None:
        inside, quoted = (
            self.tokenizer.encode(text) for text in ("in Marseille now", '(x="Marseille")')
        )
        word = self.tokenizer.encode("Marseille")
        for ids in (inside, quoted):
            self.assertTrue(any(ids[i : i + len(word)] == word for i in range(len(ids))))

    def test_control_tokens_come_first_and_digits_stand_alone(self) -> None:
        self.assertEqual(
            [self.vocabulary[t] for t in render.CONTROL_TOKENS],
            list(range(len(render.CONTROL_TOKENS))),
        )
        self.assertEqual(len(self.tokenizer.encode("1234")), 4)
        self.assertEqual(sorted(self.vocabulary.values()), list(range(len(self.vocabulary))))
        self.assertEqual(len(self.data["model"]["merges"]), len(self.merges))

    def test_merges_are_those_of_plain_counting(self) -> None:
        texts = ["low lower lowest low", "newer wider new"]
        _, merges = tokenizer.train(texts, len(render.CONTROL_TOKENS) + 256 + 6)
        words = [list(w) for text in texts for w in text.split()]
        for pair in merges:
            counts: dict[tuple[str, str], int] = {}
            for w in words:
                for p in zip(w, w[1:]):
                    counts[p] = counts.get(p, 0) + 1
            self.assertEqual(pair, min(counts, key=lambda p: (-counts[p], p)))
            for w in words:
                at = 0
                while at + 1 < len(w):
                    if (w[at], w[at + 1]) == pair:
                        w[at : at + 2] = [w[at] + w[at + 1]]
                    at += 1


if __name__ == "__main__":
    unittest.main()
