"""The model, its batches and its export; skipped where PyTorch is not installed."""

from __future__ import annotations

import json
import os
import tempfile
import unittest
from dataclasses import asdict, replace
from pathlib import Path
from unittest import mock

try:
    import numpy as np
    import torch

    import export
    import mean
    from batches import Groups, endless
    from optimizer import orthogonalized
    from model import PRESETS, Config, Decoder, deepened, widened
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

    def test_a_mean_of_weights(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            one, other = Path(folder) / "one.pt", Path(folder) / "other.pt"
            weights = self.model.state_dict()
            torch.save({"model": weights, "config": asdict(SMALL)}, one)
            torch.save({"model": {n: 5 * w for n, w in weights.items()}, "config": asdict(SMALL)}, other)
            with mock.patch("sys.argv", ["mean.py", f"{folder}/out.pt", f"{one}:3", f"{other}:1"]):
                mean.main()
            found = torch.load(Path(folder) / "out.pt")
            self.assertEqual(found["config"], asdict(SMALL))
            for name, weight in weights.items():
                self.assertTrue(torch.allclose(found["model"][name], 2 * weight), name)

    def test_a_deepened_model_computes_the_same(self) -> None:
        ids = torch.randint(2, 64, (1, 12))
        wanted, _ = self.model(ids)
        for layers in (2, 3, 5):
            deeper = Decoder(replace(SMALL, num_hidden_layers=layers)).eval()
            deeper.load_state_dict(deepened(self.model.state_dict(), layers))
            got, _ = deeper(ids)
            self.assertLess(float((got - wanted).abs().max()), 1e-5, layers)

    def test_a_widened_model_computes_the_same(self) -> None:
        ids = torch.randint(2, 64, (1, 12))
        small = replace(SMALL, rms_norm_eps=1e-12)
        model = Decoder(small).eval()
        wanted = model.head(model(ids)[0])
        shared = small.num_attention_heads // small.num_key_value_heads
        for hidden, inner, keys in ((32, 64, 0), (64, 64, 0), (32, 96, 0), (48, 128, 0), (32, 64, 1), (48, 96, 2)):
            keys += small.num_key_value_heads
            size = replace(small, hidden_size=hidden, intermediate_size=inner)
            size = replace(size, num_key_value_heads=keys, num_attention_heads=keys * shared)
            wider = Decoder(size).eval()
            wider.load_state_dict(widened(model.state_dict(), size))
            got = wider.head(wider(ids)[0])
            self.assertLess(float((got - wanted).abs().max()), 1e-5, (hidden, inner, keys))

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
        self.path = Path(self.folder.name)
        chance = np.random.default_rng(3)
        tokens, answers, lists, requests = [], [], [], []
        for group in range(300):
            lists.append((len(tokens), int(chance.integers(10, 90))))
            tokens += chance.integers(2, 64, lists[-1][1]).tolist()
            answers += [0] * lists[-1][1]
            for _ in range(int(chance.integers(1, 5))):
                length = int(chance.integers(8, 40))
                requests.append((group, len(tokens), length))
                tokens += chance.integers(2, 64, length).tolist()
                answers += [0] * (length - 5) + [1] * 5
        kinds = {"tokens": np.uint16, "answers": np.uint8, "lists": np.uint32}
        content = {"tokens": tokens, "answers": answers, "lists": lists, "requests": requests}
        for name, values in content.items():
            np.array(values, dtype=kinds.get(name, np.uint32)).tofile(self.path / f"{name}.bin")
        self.groups = Groups(self.path)

    def tearDown(self) -> None:
        self.folder.cleanup()

    def test_every_group_once_an_epoch_and_within_the_budget(self) -> None:
        batches = self.groups.batches(1024, 1, 0)
        self.assertEqual(sorted(np.concatenate(batches).tolist()), list(range(300)))
        for batch in batches:
            self.assertLessEqual(len(self.groups.load(batch).ids), 1024)

    def test_a_request_behind_a_shared_list_is_a_case_of_its_own(self) -> None:
        torch.manual_seed(2)
        model = Decoder(SMALL).eval()
        chosen = self.groups.batches(1024, 1, 0)[0]
        batch = self.groups.load(chosen)
        asked = [
            (int(self.groups.requests[row, 2]), int(self.groups.requests[row, 1]), int(group))
            for group in chosen
            for row in range(self.groups.first[group], self.groups.first[group + 1])
        ]
        alone = []
        with torch.no_grad():
            together = model.grouped(batch)
            for count, first, group in sorted(asked, key=lambda a: (a[0], a[1])):
                start, length = map(int, self.groups.lists[group])
                where = [*range(start, start + length), *range(first, first + count)]
                ids = torch.from_numpy(self.groups.tokens[where].astype(np.int64))
                alone.append(model(ids[None])[0][0, -6:-1])
        self.assertLess(float((together - torch.cat(alone)).abs().max()), 1e-4)

    def test_only_answers_are_learnt(self) -> None:
        batch = self.groups.load(self.groups.batches(1024, 1, 0)[0])
        self.assertEqual(len(batch.targets), 5 * sum(len(o) for _, o in batch.requests))
        self.assertTrue(torch.equal(batch.ids[batch.sources + 1], batch.targets))

    def test_a_resumed_run_sees_the_batches_that_were_left(self) -> None:
        parts = [self.path, self.path]
        each = len(self.groups.batches(1024, 1, 0))
        skip = each + 5  # inside the second part
        whole, late = endless(parts, 1024, 1, 0), endless(parts, 1024, 1, skip)
        for _ in range(skip):
            next(whole)
        for _ in range(20):
            self.assertEqual(next(whole)[1].tolist(), next(late)[1].tolist())

    def test_updates_have_singular_values_near_one(self) -> None:
        values = torch.linalg.svdvals(orthogonalized(torch.randn(48, 20)))
        self.assertTrue(bool(((values > 0.5) & (values < 1.5)).all()))


if __name__ == "__main__":
    unittest.main()
