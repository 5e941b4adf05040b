"""What the weights are compared on stays out of training, and what a weight costs is counted right."""

from __future__ import annotations

import json
import random
import tempfile
import unittest
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from unittest import mock

import development
import weigh
from data import load, objects

_HERE = Path(development.__file__).parent / "development"


class Development(unittest.TestCase):
    def test_nothing_of_it_is_in_training(self) -> None:
        known = {family.name: family for family in load.families()}
        blocks = load._blocks((_HERE / "families.tools").read_text(encoding="utf-8"))
        self.assertEqual({block[0].split("|")[0].strip() for block in blocks} & known.keys(), set())
        everyday, _, actions = (_HERE / "ways.txt").read_text(encoding="utf-8").partition("\n==@ ")
        for head, *lines in load._blocks("\n== " + actions.replace("\n==@ ", "\n== ")):
            taken = set(load._frames(lines)) & set(objects._of_actions()[head.strip()][0])
            self.assertEqual(taken, set(), head)
        for head, *lines in load._blocks(everyday):
            family = known[head.strip()]
            taken = set(load._frames(lines)) & set(family.frames + family.training_frames)
            self.assertEqual(taken, set(), head)

    def test_a_seed_gives_the_same_cases(self) -> None:
        parts = [(split, draw, 3) for split, draw, _ in development.own()]
        first, again = (list(development.make(parts, random.Random(7))) for _ in range(2))
        self.assertEqual(first, again)
        for case in first:
            self.assertEqual(bool(case["expected"]["calls"]), "nothing" not in case["split"])


class Weigh(unittest.TestCase):
    def test_rows(self) -> None:
        """Calls of odds 1, 2, 4 and 8: right, wrong, right, right; beside them what nothing serves, of odds 3 and none."""
        right = {"name": "f", "arguments": {}}
        cases, outputs = [], []
        for odds, name in ((1, "f"), (2, "g"), (4, "f"), (8, "f")):
            cases.append({"split": "calls", "expected": {"calls": [right]}})
            outputs.append({"tool_calls": [{**right, "name": name}], "margin": weigh.math.log(odds) - weigh._EAGER})
        cases += [{"split": "nothing", "expected": {"calls": []}}] * 2
        outputs += [{"tool_calls": [right], "margin": weigh.math.log(3) - weigh._EAGER}, {"tool_calls": []}]
        with tempfile.TemporaryDirectory() as folder:
            files = [str(Path(folder) / name) for name in ("cases", "outputs")]
            for file, lines in zip(files, (cases, outputs)):
                Path(file).write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
            out = StringIO()
            with mock.patch("sys.argv", ["weigh.py", *files, "0.5", "3.5", "9"]), redirect_stdout(out):
                weigh.main()
        rows = [line.split("\t") for line in out.getvalue().splitlines()[1:]]
        self.assertEqual([row[1:3] for row in rows], [["75.0", "50.0"], ["50.0", "100.0"], ["0.0", "100.0"]])


if __name__ == "__main__":
    unittest.main()
