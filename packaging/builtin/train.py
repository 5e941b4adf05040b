"""Trains the built-in model. The commands, from corpus to figures, are in MODEL_CARD.md.

Loss on the answers alone (unless --prompt-loss says otherwise); AdamW; warm-up, then a cosine;
bfloat16 autocast; CUDA when there is one.
Checkpoints are replaced in one step, and a stopped run goes on where it was, batch for batch.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import curve
from batches import Cases, endless
from model import PRESETS, Decoder


def loss_of(
    model: Decoder, cases: Cases, batch: np.ndarray, device: torch.device, prompts: float = 0.0
) -> torch.Tensor:
    """Mean over the answers' tokens; `prompts` is the weight of the mean over all other tokens.

    Predicting requests is no aim, but it can teach a young model to look back and copy sooner.
    """
    ids, mask = (t.to(device) for t in cases.load(batch))
    targets, wanted = ids[:, 1:], mask[:, :-1]
    with torch.autocast(device.type, dtype=torch.bfloat16):
        states, _ = model(ids[:, :-1])
        # The head only where an answer is: a tenth of the positions.
        loss = F.cross_entropy(model.head(states[wanted]).float(), targets[wanted])
        if prompts > 0:
            rest = (targets != 0) & ~wanted  # 0 is padding
            loss = loss + prompts * F.cross_entropy(model.head(states[rest]).float(), targets[rest])
    return loss


@torch.no_grad()
def validate(
    model: Decoder, cases: Cases, tokens: int, device: torch.device, batches: int
) -> float:
    model.eval()
    chosen = cases.batches(tokens, 0, 0)[:batches]
    total = sum(float(loss_of(model, cases, batch, device)) for batch in chosen)
    model.train()
    return total / max(1, len(chosen))


def rate(step: int, options: argparse.Namespace) -> float:
    """Linear up, then half a cosine down to a tenth."""
    if step < options.warmup:
        return options.lr * (step + 1) / options.warmup
    share = min(1.0, (step - options.warmup) / max(1, options.steps - options.warmup))
    return options.lr * (0.1 + 0.45 * (1 + math.cos(math.pi * share)))


def save(path: Path, state: dict[str, object]) -> None:
    aside = path.with_suffix(".new")
    torch.save(state, aside)
    os.replace(aside, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="+", help="packed training cases (pack.py)")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of checkpoint.pt, loss.csv, loss.svg"
    )
    parser.add_argument("--valid", type=Path, help="packed validation cases")
    parser.add_argument("--preset", choices=sorted(PRESETS), default="base")
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--steps", type=int, default=40000)
    parser.add_argument("--tokens", type=int, default=16384, help="tokens in a batch")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--warmup", type=int, default=500)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument(
        "--prompt-loss", type=float, default=0.0, help="weight of the prompts' loss"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, help="only the first so many: a set to learn by heart")
    parser.add_argument("--threads", type=int, help="threads of PyTorch")
    parser.add_argument("--every", type=int, default=50, help="steps between rows of loss.csv")
    parser.add_argument("--save-every", type=int, default=500)
    parser.add_argument("--minutes", type=float, help="stop, with a checkpoint, after so many")
    parser.add_argument(
        "--stop-file", type=Path, help="stop, with a checkpoint, as soon as this file exists"
    )
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    config = replace(PRESETS[options.preset], vocab_size=options.vocabulary)
    model = Decoder(config).to(device)
    decayed = [p for p in model.parameters() if p.dim() == 2]
    plain = [p for p in model.parameters() if p.dim() != 2]
    optimizer = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": options.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ],
        lr=options.lr,
        betas=(0.9, 0.98),
    )
    cases = Cases(options.data, options.cases)
    valid = Cases([options.valid]) if options.valid else None
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint, step = options.out / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        if state["config"] != asdict(config):
            raise SystemExit(
                f"{checkpoint} is of another model ({state['config']}); choose another folder"
            )
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
        curve.forget_after(options.out / "loss.csv", step)
    print(
        f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(cases.rows):,} cases, {device}, from step {step}",
        flush=True,
    )

    def keep() -> None:
        save(
            checkpoint,
            {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step,
                "config": asdict(config),
            },
        )
        curve.draw(options.out / "loss.csv", options.out / "loss.svg")

    begin, spent, seen, total, count = time.monotonic(), time.monotonic(), 0, 0.0, 0
    feed = endless(cases, options.tokens, options.seed, step)
    with open(options.out / "loss.csv", "a", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        if out.tell() == 0:
            writer.writerow(
                ("step", "train_loss", "valid_loss", "learning_rate", "tokens_per_second")
            )
        while step < options.steps:
            over = options.minutes is not None and time.monotonic() - begin > options.minutes * 60
            if over or (options.stop_file and options.stop_file.exists()):
                print(f"stopped at step {step}; the same command goes on from here", flush=True)
                break
            for group in optimizer.param_groups:
                group["lr"] = rate(step, options)
            batch = next(feed)
            loss = loss_of(model, cases, batch, device, options.prompt_loss)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step, total, count = step + 1, total + float(loss.detach()), count + 1
            seen += int(cases.rows[batch, 2].sum())
            if step % options.every == 0 or step == options.steps:
                speed = seen / (time.monotonic() - spent)
                checked = (
                    validate(model, valid, options.tokens, device, 8)
                    if valid and step % (options.every * 10) == 0
                    else None
                )
                writer.writerow(
                    (
                        step,
                        f"{total / count:.5f}",
                        "" if checked is None else f"{checked:.5f}",
                        f"{rate(step - 1, options):.3g}",
                        round(speed),
                    )
                )
                out.flush()
                print(
                    f"step {step} loss {total / count:.4f}"
                    + (f" valid {checked:.4f}" if checked is not None else "")
                    + f" {speed:,.0f} tokens/s",
                    flush=True,
                )
                spent, seen, total, count = time.monotonic(), 0, 0.0, 0
            if step % options.save_every == 0:
                keep()
    keep()


if __name__ == "__main__":
    main()
