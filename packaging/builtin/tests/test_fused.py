"""The fused training step computes what the plain one does; skipped where it cannot be built."""

from __future__ import annotations

import copy
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

try:
    import numpy as np
    import torch
    from torch.nn import functional as F

    import fused
    import products
    from batches import Batch, Groups
    from model import Config, Decoder
    from workers import Team
except ImportError:
    torch = None  # type: ignore[assignment]

BUILT = torch is not None and fused.library() is not None


def small(**changes: int) -> "Config":
    sizes = dict(vocab_size=64, hidden_size=96, num_hidden_layers=3, intermediate_size=48)
    heads = dict(num_attention_heads=6, num_key_value_heads=2, head_dim=32)
    return Config(**{**sizes, **heads, **changes})


def some_groups(folder: Path) -> "Groups":
    """Packed groups of random tokens, long and short; some lists are offered twice."""
    chance = np.random.default_rng(5)
    tokens, answers, lists, requests = [], [], [], []
    for group in range(40):
        content = chance.integers(2, 64, int(chance.integers(1, 90))).tolist()
        if group % 4 == 3:
            start, length = lists[-1]
            content = tokens[start : start + length]
        lists.append((len(tokens), len(content)))
        tokens += content
        answers += [0] * len(content)
        for _ in range(int(chance.integers(1, 5))):
            length = int(chance.integers(8, 60))
            requests.append((group, len(tokens), length))
            tokens += chance.integers(2, 64, length).tolist()
            answers += [0] * (length - 5) + [1, 1, 0, 1, 1]
    kinds = {"tokens": np.uint16, "answers": np.uint8}
    content = {"tokens": tokens, "answers": answers, "lists": lists, "requests": requests}
    for name, values in content.items():
        np.array(values, dtype=kinds.get(name, np.uint32)).tofile(folder / f"{name}.bin")
    return Groups(folder)


def exact(model: "Decoder", batch: "Batch") -> tuple[float, dict[str, "torch.Tensor"]]:
    """Loss and gradients of the plain path in float64; in training mode it would use bfloat16."""
    model = copy.deepcopy(model).double().eval()
    with mock.patch.object(torch.Tensor, "float", torch.Tensor.double):
        loss = F.cross_entropy(model.head(model.grouped(batch)), batch.targets)
        loss.backward()
    return loss.item(), {n: p.grad for n, p in model.named_parameters()}


@unittest.skipUnless(BUILT, "python3-torch, g++ or AVX-512 is missing")
class Fused(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(1)
        self.folder = tempfile.TemporaryDirectory()
        self.groups = some_groups(Path(self.folder.name))

    def tearDown(self) -> None:
        self.folder.cleanup()

    def gradients(
        self, model: "Decoder", batch: "Batch"
    ) -> tuple[float, dict[str, "torch.Tensor"]]:
        model.zero_grad(set_to_none=True)
        loss = fused.loss(model, batch)
        loss.backward()
        return loss.item(), {name: p.grad for name, p in model.named_parameters()}

    def near(self, got: tuple, wanted: tuple, loss: float, gradients: float) -> None:
        """Relative differences of the loss and of every gradient, by its norm, are below these."""
        self.assertLess(abs(got[0] / wanted[0] - 1), loss)
        for name, gradient in wanted[1].items():
            error = float((got[1][name] - gradient).norm() / gradient.norm())
            self.assertLess(error, gradients, name)

    def same(self, model: "Decoder", batch: "Batch") -> None:
        """But for attention's factors of bfloat16, which leave 0.7% of a gradient in two layers (measured)."""
        with mock.patch.object(products, "library", lambda: None):
            self.near(self.gradients(model, batch), exact(model, batch), 1e-4, 0.012)

    def test_loss_and_gradients(self) -> None:
        for changes in (
            {},
            {"num_attention_heads": 5, "num_key_value_heads": 1, "head_dim": 64},
            {"num_attention_heads": 2, "num_key_value_heads": 2},
            {"num_hidden_layers": 1},
        ):
            model = Decoder(small(**{"num_hidden_layers": 2, **changes}))
            for weight in model.parameters():  # norms too: ones would hide a missing factor
                weight.data += 0.05 * torch.randn_like(weight)
            for numbers in self.groups.batches(1500, 1, 0)[:3]:
                with self.subTest(changes):
                    self.same(model, self.groups.load(numbers))

    @unittest.skipUnless(torch is not None and products.library(), "no products of bfloat16")
    def test_products_of_bfloat16(self) -> None:
        """What products of bfloat16 leave of the gradients is what rounding all factors of the products leaves of them."""

        def rounding(a: "torch.Tensor", b: "torch.Tensor") -> "torch.Tensor":
            return a.bfloat16().float() @ b.bfloat16().float()

        model = Decoder(small())
        batch = self.groups.load(self.groups.batches(1500, 1, 0)[0])
        got = self.gradients(model, batch)
        with mock.patch.object(products, "multiply", rounding):
            with mock.patch.object(fused, "multiply", rounding):
                self.near(got, self.gradients(model, batch), 1e-4, 0.02)

    def test_weights_of_four_bits(self) -> None:
        """Each group on the codebook, 7.28% away (docs/quantisation.md), and back again afterwards."""
        model = Decoder(small(vocab_size=4096))
        before = {name: p.detach().clone() for name, p in model.named_parameters()}
        with fused.Rounded(model, Team(0, model)):
            for name, p in model.named_parameters():
                if p.dim() != 2:
                    self.assertTrue(torch.equal(p, before[name]), name)
                    continue
                groups = p.detach().double().view(-1, 32)
                self.assertLessEqual(max(len(set(row.tolist())) for row in groups[:200]), 16)
            own = before["embed_tokens.weight"]
            error = float((model.embed_tokens.weight - own).norm() / own.norm())
            self.assertAlmostEqual(error, 0.0728, delta=0.0006)
            rounded = {name: p.detach().clone() for name, p in model.named_parameters()}
        for name, p in model.named_parameters():
            self.assertTrue(torch.equal(p, before[name]), name)
            p.data.copy_(rounded[name])
        with fused.Rounded(model, Team(0, model)):  # what is rounded already stays where it is, but for its scale's last bit
            for name, p in model.named_parameters():
                error = float((p - rounded[name]).norm() / rounded[name].norm())
                self.assertLess(error, 0.004, name)

    def test_a_real_batch(self) -> None:
        """CACTUS_TRAINING: a checkpoint and a packed folder, separated by a colon."""
        given = os.environ.get("CACTUS_TRAINING")
        if not given:
            self.skipTest("CACTUS_TRAINING is not set")
        checkpoint, folder = given.split(":")
        state = torch.load(checkpoint)
        model = Decoder(Config(**state["config"]))
        model.load_state_dict(state["model"])
        groups = Groups(Path(folder))
        for numbers in groups.batches(2700, 1, 0)[:3]:
            self.same(model, groups.load(numbers))


if __name__ == "__main__":
    unittest.main()
