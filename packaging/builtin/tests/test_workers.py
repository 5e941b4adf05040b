"""Two workers train as one process would with the batches of both; stopped runs go on as they were."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import torch

    import train
    from batches import endless
    from model import PRESETS, Decoder
    from optimizer import optimizers
    from tests.test_fused import some_groups
except ImportError:
    torch = None  # type: ignore[assignment]

HERE = Path(__file__).parent.parent


@unittest.skipIf(
    torch is None or not torch.distributed.is_available(), "python3-torch is not installed"
)
class Workers(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.packed = self.folder / "packed"
        self.packed.mkdir()
        some_groups(self.packed)

    def trained(self, out: str, workers: int, steps: int) -> dict[str, object]:
        """The checkpoint after a run to step `steps`; at a rate that does not fall."""
        command = [sys.executable, "train.py", str(self.packed), "--out", str(self.folder / out)]
        sizes = ["--preset", "tiny", "--vocabulary", "64", "--tokens", "400", "--threads", "1"]
        rates = ["--lr", "0.01", "--warmup", "1", "--cooldown", "1e-9", "--every", "1"]
        length = ["--workers", str(workers), "--steps", str(steps)]
        subprocess.run(
            [*command, *sizes, *rates, *length], check=True, cwd=HERE, stdout=subprocess.DEVNULL
        )
        return torch.load(self.folder / out / "checkpoint.pt")

    def assert_like(self, one: dict[str, object], other: dict[str, object], most: float) -> None:
        self.assertEqual(one["step"], other["step"])
        for name, weight in one["model"].items():
            error = float((weight - other["model"][name]).norm() / weight.norm())
            self.assertLessEqual(error, most, name)

    def test_a_step_has_the_mean_gradient_of_both_batches(self) -> None:
        torch.manual_seed(1)
        model = Decoder(train.replace(PRESETS["tiny"], vocab_size=64))
        trainers = optimizers(model, 0.01, 0.01)
        feed = endless([self.packed], 400, 1, 0, 2)
        for _ in range(2):
            model.zero_grad(set_to_none=True)
            for source, numbers in (next(feed), next(feed)):
                (train.loss_of(model, source.load(numbers)) / 2).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for trainer in trainers:
                trainer.step()
        got = self.trained("both", 2, 2)
        # In products of bfloat16, sums in another order are rounded to other bfloat16, and Muon makes that larger. Of one
        # batch alone the weights would be 0.06 and more away.
        self.assert_like({"step": 2, "model": model.state_dict()}, got, 0.02)
        for trainer, kept in zip(trainers, got["optimizers"]):
            trainer.load_state_dict(kept)  # all states are there, whoever owned them
            sizes = [len(trainer.state[p]) for g in trainer.param_groups for p in g["params"]]
            self.assertNotIn(0, sizes)

    def test_a_stopped_run_goes_on_as_it_was(self) -> None:
        whole = self.trained("whole", 2, 6)
        self.trained("parts", 2, 3)
        self.assert_like(self.trained("parts", 2, 6), whole, 0.0)
        self.assertEqual(whole["batches"], 12)
        rows = (self.folder / "parts" / "loss.csv").read_text().splitlines()
        self.assertEqual([row.split(",")[0] for row in rows[1:]], list("123456"))

    def test_runs_pass_between_one_worker_and_two(self) -> None:
        for first, then in ((1, 2), (2, 1)):
            name = f"{first}-{then}"
            begun = self.trained(name, first, 2)
            self.assertEqual(self.trained(name, then, 4)["batches"], 2 * first + 2 * then)
            self.assertEqual(begun["batches"], 2 * first)


if __name__ == "__main__":
    unittest.main()
