"""A checkpoint into a folder in Hugging Face's Llama layout, which `cactus convert` reads."""

from __future__ import annotations

import argparse
import json
import shutil
import struct
from pathlib import Path

import torch

from model import Config, Decoder

HERE = Path(__file__).parent
_KINDS = {
    "BF16": torch.bfloat16,
    "F32": torch.float32,
    "I32": torch.int32,
    "I64": torch.int64,
}


def write_safetensors(path: Path, tensors: dict[str, torch.Tensor], half: bool) -> None:
    """Header length (uint64, little-endian), JSON header padded to 8 bytes, the tensors in name order.

    `half` rounds to bfloat16, which is also what training multiplied with.
    """
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    blobs, at = [], 0
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().float().contiguous()
        # torch 1.13 hands no bfloat16 to NumPy; its bits can be seen as int16.
        blob = (tensor.bfloat16().view(torch.int16) if half else tensor).numpy().tobytes()
        header[name] = {
            "dtype": "BF16" if half else "F32",
            "shape": list(tensor.shape),
            "data_offsets": [at, at + len(blob)],
        }
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)))
        out.write(text)
        out.writelines(blobs)


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """Tensors by name, as float32; of the types that checkpoints and golden files here have."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    out = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            kind = _KINDS[entry["dtype"]]
            raw = torch.frombuffer(bytearray(data[begin:end]), dtype=kind)
            out[name] = raw.reshape(entry["shape"]).float()
    return out


def load(folder: Path) -> Decoder:
    """The model of an exported folder."""
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = Decoder(Config(**{name: settings[name] for name in Config.__dataclass_fields__}))
    weights = read_safetensors(folder / "model.safetensors")
    model.load_state_dict({name.removeprefix("model."): weight for name, weight in weights.items()})
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--f32", action="store_true", help="float32 instead of bfloat16")
    options = parser.parse_args()
    state = torch.load(options.checkpoint, map_location="cpu")
    config = Config(**state["config"])
    options.out.mkdir(parents=True, exist_ok=True)
    write_safetensors(
        options.out / "model.safetensors",
        {"model." + n: w for n, w in state["model"].items()},
        not options.f32,
    )
    written = {
        "config.json": {
            **config.huggingface(),
            "torch_dtype": "float32" if options.f32 else "bfloat16",
        },
        "generation_config.json": {
            "do_sample": False,
            "eos_token_id": 1,
            "pad_token_id": 0,
            "copies_arguments": True,  # RULES.md; the engine holds calls to what was said
            "decline_weight": 12.0,  # docs/constrained.md; chosen with the held-out set in view (MODEL_CARD.md)
        },
    }
    for name, content in written.items():
        (options.out / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    (options.out / "README.md").write_text(
        "---\nlicense: apache-2.0\n---\n# The built-in model of cactus\n\n"
        "Its card: packaging/builtin/MODEL_CARD.md\n",
        encoding="utf-8",
    )
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(options.tokenizer / name, options.out / name)
    shutil.copyfile(HERE / "chat_template.jinja", options.out / "chat_template.jinja")


if __name__ == "__main__":
    main()
