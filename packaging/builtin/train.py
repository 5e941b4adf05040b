"""Trains the built-in model. The commands, from corpus to figures, are in MODEL_CARD.md.

Loss on the answers alone; Muon (optimizer.py); the rate is constant after a short warm-up and falls to
nothing in the last part of the run; CUDA with bfloat16 when there is one. Checkpoints are replaced
in one step, and a stopped run goes on where it was, batch for batch.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch.nn import functional as F

import curve
import export
import fused
from batches import Batch, Groups, endless
from model import PRESETS, Config, Decoder, deepened, widened
from optimizer import optimizers
from workers import Team, run


def loss_of(model: Decoder, batch: Batch) -> torch.Tensor:
    if fused.ready(model, batch.ids.device):
        return fused.loss(model, batch)
    # On processors bfloat16 gains nothing: PyTorch 1.13 multiplies it more slowly than OpenBLAS does float32.
    place = batch.ids.device.type
    with torch.autocast(place, dtype=torch.bfloat16, enabled=place == "cuda"):
        logits = model.head(model.grouped(batch))
    return F.cross_entropy(logits.float(), batch.targets)


@torch.no_grad()
def validate(model: Decoder, groups: Groups, tokens: int, device: torch.device) -> float:
    chosen = groups.batches(tokens, 0, 0)[:8]
    return sum(float(loss_of(model, groups.load(b).to(device))) for b in chosen) / len(chosen)


def rate(step: int, done: float, options: argparse.Namespace) -> float:
    """`done` is the part of the run that is over, 0 to 1, by steps or by the clock."""
    rising = min(1.0, (step + 1) / options.warmup)
    falling = min(1.0, (1.0 - min(1.0, done)) / options.cooldown)
    return options.lr * rising * falling


def clip(parameters: list[torch.nn.Parameter], norm: float) -> None:
    """Gradients made shorter if all of them together, `norm` long, are longer than 1."""
    if norm > 1:
        torch._foreach_mul_([p.grad for p in parameters], 1 / (norm + 1e-6))


def save(path: Path, state: dict[str, object]) -> None:
    aside = path.with_suffix(".new")
    torch.save(state, aside)
    os.replace(aside, path)


def weights_of(path: Path, config: Config, device: torch.device) -> dict[str, torch.Tensor]:
    if path.is_dir():
        weights = export.load(path).state_dict()
    else:
        weights = torch.load(path, map_location=device)["model"]
    return widened(deepened(weights, config.num_hidden_layers), config)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="+", help="packed training groups (pack.py)")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of checkpoint.pt, loss.csv, loss.svg"
    )
    parser.add_argument(
        "--init", type=Path, help="checkpoint or exported folder a new run begins with; it may be of a smaller model"
    )
    parser.add_argument("--valid", type=Path, help="packed validation groups")
    parser.add_argument("--preset", choices=sorted(PRESETS), default="small")
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--tokens", type=int, default=8192, help="tokens in a batch")
    parser.add_argument("--lr", type=float, default=0.02, help="of matrices")
    parser.add_argument("--warmup", type=int, default=50)
    parser.add_argument("--cooldown", type=float, default=0.5, help="part in which the rate falls")
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument(
        "--int4-every", type=int, default=0, help="every so many steps see weights of 4 bits (0: never)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, help="threads of PyTorch")
    parser.add_argument(
        "--workers", type=int, default=1, help="processes; a step has a batch of each of them"
    )
    parser.add_argument("--every", type=int, default=50, help="steps between rows of loss.csv")
    parser.add_argument("--save-every", type=int, default=200)
    parser.add_argument(
        "--minutes", type=float, help="the run ends after so many (counted over all its parts)"
    )
    parser.add_argument(
        "--stop-file", type=Path, help="stop, with a checkpoint, as soon as this file exists"
    )
    return parser.parse_args()


def config_of(options: argparse.Namespace) -> Config:
    return replace(PRESETS[options.preset], vocab_size=options.vocabulary)


def train(options: argparse.Namespace, rank: int, memory: torch.Tensor | None) -> None:
    """What each worker does; worker 0 alone decides, prints and writes."""
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    config = config_of(options)
    model = Decoder(config).to(device)
    trainers = optimizers(model, options.lr, options.weight_decay)
    shares = [group["lr"] / options.lr for trainer in trainers for group in trainer.param_groups]
    team = Team(rank, model, memory)
    rounded = fused.Rounded(model, team) if options.int4_every else None
    if rounded and not fused.ready(model, device):
        raise SystemExit("--int4-every needs what fused.py compiles")
    valid = Groups(options.valid) if options.valid and rank == 0 else None
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint, step, read, before = options.out / "checkpoint.pt", 0, 0, 0.0
    if options.init and not checkpoint.exists():
        model.load_state_dict(weights_of(options.init, config, device))
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        if state["config"] != asdict(config):
            raise SystemExit(
                f"{checkpoint} is of another model ({state['config']}); choose another folder"
            )
        model.load_state_dict(state["model"])
        for trainer, kept in zip(trainers, state["optimizers"]):
            trainer.load_state_dict(kept)
        step, before = state["step"], state["seconds"]
        read = state.get("batches", step)
        if rank == 0:
            curve.forget_after(options.out / "loss.csv", step)
    team.wait()
    if rank == 0:
        size = sum(p.numel() for p in model.parameters())
        print(f"{size:,} parameters, {device}, from step {step}", flush=True)
    begin = time.monotonic()

    def seconds() -> float:
        return before + time.monotonic() - begin

    def keep() -> None:
        team.share_states(trainers)
        if rank > 0:
            return
        state = {
            "model": {name: weight.clone() for name, weight in model.state_dict().items()},
            "optimizers": [trainer.state_dict() for trainer in trainers],
            "step": step,
            "batches": read,
            "seconds": seconds(),
            "config": asdict(config),
        }
        save(checkpoint, state)
        curve.draw(options.out / "loss.csv", options.out / "loss.svg")

    spent, seen, total, count = time.monotonic(), 0, 0.0, 0
    feed = endless(options.data, options.tokens, options.seed, read, options.workers)
    log = options.out / "loss.csv" if rank == 0 else os.devnull
    with open(log, "a", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        if out.tell() == 0:
            writer.writerow(
                ("step", "train_loss", "valid_loss", "learning_rate", "tokens_per_second")
            )
        while True:
            done = step / options.steps
            if options.minutes:
                done = max(done, seconds() / (60 * options.minutes))
            over = done >= 1 or bool(options.stop_file and options.stop_file.exists())
            over, now = team.agreed(over, rate(step, done, options))
            if over:
                break
            groups = [group for trainer in trainers for group in trainer.param_groups]
            for group, share in zip(groups, shares):
                group["lr"] = now * share
            source, numbers = [next(feed) for _ in range(options.workers)][rank]
            batch = source.load(numbers).to(device)
            model.zero_grad(set_to_none=True)
            coarse = rounded and step % options.int4_every == 0
            with rounded if coarse else nullcontext():
                loss = loss_of(model, batch)
                loss.backward()
            team.mean_gradients()
            squares, losses, tokens = team.total(team.squares(), loss.item(), len(batch.ids))
            clip(team.owned[rank], squares**0.5)
            for trainer in trainers:
                trainer.step()
            team.wait()
            step, read = step + 1, read + options.workers
            total, count, seen = total + losses / options.workers, count + 1, seen + tokens
            if step % options.every == 0 and rank == 0:
                speed = seen / (time.monotonic() - spent)
                checked = ""
                if valid and step % (options.every * 10) == 0:
                    checked = f"{validate(model, valid, options.tokens, device):.5f}"
                row = (step, f"{total / count:.5f}", checked, f"{now:.3g}", round(speed))
                writer.writerow(row)
                out.flush()
                print("step %s loss %s valid %s rate %s, %s tokens/s" % row, flush=True)
                spent, seen, total, count = time.monotonic(), 0, 0.0, 0
            if step % options.save_every == 0:
                keep()
    keep()
    if rank == 0:
        print(f"ended at step {step} after {seconds() / 60:.1f} minutes", flush=True)


def main() -> None:
    options = parse()
    size = sum(p.numel() for p in Decoder(config_of(options)).parameters())
    run(options.workers, size, train, options)


if __name__ == "__main__":
    main()
