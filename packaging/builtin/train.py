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
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch.nn import functional as F

import curve
from batches import Batch, Groups, endless
from model import PRESETS, Decoder
from optimizer import optimizers


def loss_of(model: Decoder, batch: Batch) -> torch.Tensor:
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


def save(path: Path, state: dict[str, object]) -> None:
    aside = path.with_suffix(".new")
    torch.save(state, aside)
    os.replace(aside, path)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="+", help="packed training groups (pack.py)")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of checkpoint.pt, loss.csv, loss.svg"
    )
    parser.add_argument(
        "--init", type=Path, help="checkpoint of another run whose weights a new run begins with"
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
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, help="threads of PyTorch")
    parser.add_argument("--every", type=int, default=50, help="steps between rows of loss.csv")
    parser.add_argument("--save-every", type=int, default=200)
    parser.add_argument(
        "--minutes", type=float, help="the run ends after so many (counted over all its parts)"
    )
    parser.add_argument(
        "--stop-file", type=Path, help="stop, with a checkpoint, as soon as this file exists"
    )
    return parser.parse_args()


def main() -> None:
    options = parse()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    config = replace(PRESETS[options.preset], vocab_size=options.vocabulary)
    model = Decoder(config).to(device)
    trainers = optimizers(model, options.lr, options.weight_decay)
    shares = [group["lr"] / options.lr for trainer in trainers for group in trainer.param_groups]
    valid = Groups(options.valid) if options.valid else None
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint, step, before = options.out / "checkpoint.pt", 0, 0.0
    if options.init and not checkpoint.exists():
        model.load_state_dict(torch.load(options.init, map_location=device)["model"])
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
        curve.forget_after(options.out / "loss.csv", step)
    print(
        f"{sum(p.numel() for p in model.parameters()):,} parameters, {device}, from step {step}",
        flush=True,
    )
    begin = time.monotonic()

    def seconds() -> float:
        return before + time.monotonic() - begin

    def keep() -> None:
        state = {
            "model": model.state_dict(),
            "optimizers": [trainer.state_dict() for trainer in trainers],
            "step": step,
            "seconds": seconds(),
            "config": asdict(config),
        }
        save(checkpoint, state)
        curve.draw(options.out / "loss.csv", options.out / "loss.svg")

    spent, seen, total, count = time.monotonic(), 0, 0.0, 0
    feed = endless(options.data, options.tokens, options.seed, step)
    with open(options.out / "loss.csv", "a", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        if out.tell() == 0:
            writer.writerow(
                ("step", "train_loss", "valid_loss", "learning_rate", "tokens_per_second")
            )
        while True:
            done = step / options.steps
            if options.minutes:
                done = max(done, seconds() / (60 * options.minutes))
            if done >= 1 or (options.stop_file and options.stop_file.exists()):
                break
            now = rate(step, done, options)
            groups = [group for trainer in trainers for group in trainer.param_groups]
            for group, share in zip(groups, shares):
                group["lr"] = now * share
            source, numbers = next(feed)
            batch = source.load(numbers).to(device)
            loss = loss_of(model, batch)
            model.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for trainer in trainers:
                trainer.step()
            step, total, count = step + 1, total + float(loss.detach()), count + 1
            seen += len(batch.ids)
            if step % options.every == 0:
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
    print(f"ended at step {step} after {seconds() / 60:.1f} minutes", flush=True)


if __name__ == "__main__":
    main()
