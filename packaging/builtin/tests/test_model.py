"""The model, its batches and its export; skipped where PyTorch is not installed."""

from __future__ import annotations

import json
import os
import tempfile
import unittest
from pathlib import Path

try:
    import numpy as np
    import torch

    import export
    from batches import Cases, endless
    from model import PRESETS, Config, Decoder
except ImportError:
    torch = None  # type: ignore[assignment]

if torch is not None:
    SMALL = Config(
        vocab_size=64,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        intermediate_size=64,
    )


@unittest.skipIf(torch is None, "python3-torch is not installed")
class Model(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(1)
        self.model = Decoder(SMALL).eval()

    def test_the_cache_changes_nothing(self) -> None:
        prompts = torch.randint(2, 64, (3, 9))
        answers = self.model.greedy(prompts, end=-1, limit=6)
        for row, answer in enumerate(answers):
            ids = prompts[row].tolist()
            for token in answer:
                states, _ = self.model(torch.tensor([ids]))
                self.assertEqual(int(self.model.head(states[0, -1]).argmax()), token)
                ids.append(token)

    def test_no_position_sees_what_comes_after_it(self) -> None:
        ids = torch.randint(2, 64, (1, 12))
        before, _ = self.model(ids)
        ids[0, 8] = (ids[0, 8] + 1) % 64
        after, _ = self.model(ids)
        self.assertTrue(torch.equal(before[0, :8], after[0, :8]))
        self.assertFalse(torch.allclose(before[0, 8:], after[0, 8:]))

    def test_export_and_back(self) -> None:
        weights = {"model." + name: weight for name, weight in self.model.state_dict().items()}
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "config.json").write_text(json.dumps(SMALL.huggingface()), encoding="utf-8")
            for half in (False, True):
                export.write_safetensors(folder / "model.safetensors", weights, half)
                back = export.load(folder)
                for key, weight in self.model.state_dict().items():
                    wanted = weight.bfloat16().float() if half else weight
                    self.assertTrue(torch.equal(back.state_dict()[key], wanted), key)

    def test_presets_are_of_the_size_they_say(self) -> None:
        for name, most in (("small", 6e6), ("base", 10e6), ("large", 13e6)):
            count = sum(p.numel() for p in Decoder(PRESETS[name]).parameters())
            self.assertLess(count, most)


@unittest.skipIf(torch is None, "python3-torch is not installed")
class Reference(unittest.TestCase):
    """The golden Llama: what this model computes is what the engine's family Llama will."""

    def setUp(self) -> None:
        beside = Path(__file__).resolve().parents[3].parent / "shared" / "golden"
        self.folder = Path(os.environ.get("CACTUS_GOLDEN", beside)) / "smollm2_llama"
        if not self.folder.exists():
            self.skipTest(f"{self.folder} is not here")

    def test_logits_and_greedy_answers(self) -> None:
        settings = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        settings["rope_theta"] = settings["rope_parameters"]["rope_theta"]
        model = Decoder(Config(**{name: settings[name] for name in Config.__dataclass_fields__}))
        weights = export.read_safetensors(self.folder / "model.safetensors")
        model.load_state_dict({n.removeprefix("model."): w for n, w in weights.items()})
        golden = export.read_safetensors(self.folder / "golden.safetensors")
        ids = golden["input_ids"].long()
        with torch.no_grad():
            logits = model.head(model.eval()(ids)[0])
        self.assertLess(float((logits - golden["logits"]).abs().max()), 5e-3)
        wanted = golden["generated_ids"].long().flatten().tolist()
        self.assertEqual(model.greedy(ids, end=-1, limit=len(wanted))[0], wanted)


@unittest.skipIf(torch is None, "python3-torch is not installed")
class Batches(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        chance = np.random.default_rng(3)
        rows, start = [], 0
        with open(Path(self.folder.name) / "tokens.bin", "wb") as out:
            for total in chance.integers(12, 90, 500):
                np.full(total, 7, dtype=np.uint16).tofile(out)
                rows.append((start, total - 5, total))
                start += total
        np.array(rows, dtype=np.uint32).tofile(Path(self.folder.name) / "cases.bin")
        self.cases = Cases([Path(self.folder.name)])

    def tearDown(self) -> None:
        self.folder.cleanup()

    def test_every_case_once_an_epoch_within_the_budget_and_little_padding(self) -> None:
        batches = self.cases.batches(1024, 1, 0)
        self.assertEqual(sorted(np.concatenate(batches).tolist()), list(range(500)))
        padded = sum(int(self.cases.rows[b, 2].max()) * len(b) for b in batches)
        self.assertLess(padded, 1.05 * self.cases.rows[:, 2].sum())
        self.assertTrue(all(int(self.cases.rows[b, 2].max()) * len(b) <= 1024 for b in batches))

    def test_a_resumed_run_sees_the_batches_that_were_left(self) -> None:
        whole, late = endless(self.cases, 1024, 1, 0), endless(self.cases, 1024, 1, 45)
        for _ in range(45):
            next(whole)
        for _ in range(20):
            self.assertEqual(next(whole).tolist(), next(late).tolist())

    def test_parts_follow_one_another(self) -> None:
        twice = Cases([Path(self.folder.name)] * 2)
        self.assertEqual(len(twice.rows), 1000)
        self.assertEqual(len(twice.tokens), 2 * len(self.cases.tokens))
        self.assertEqual(int(twice.rows[500, 0]), len(self.cases.tokens))

    def test_only_answers_are_learnt(self) -> None:
        batch = self.cases.batches(1024, 1, 0)[0]
        _, mask = self.cases.load(batch)
        self.assertEqual(mask.sum(dim=1).tolist(), [5] * len(batch))


if __name__ == "__main__":
    unittest.main()
