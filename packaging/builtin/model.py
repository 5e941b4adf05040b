"""A Llama-like decoder in PyTorch 1.13 or later, with the parameter names of Hugging Face's layout.

RMS norm before each half, rotary positions (halves rotated), grouped queries, SwiGLU, the head tied
to the embedding. Nothing here is new; it is small on purpose, and the engine runs it as family Llama.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from batches import Batch
from induction import begin_copying


@dataclass(frozen=True)
class Config:
    """Sizes are multiples of 32, which is how many weights share a scale in the engine."""

    vocab_size: int = 4096
    hidden_size: int = 320
    num_hidden_layers: int = 8
    num_attention_heads: int = 5
    num_key_value_heads: int = 1
    head_dim: int = 64
    intermediate_size: int = 864
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10000.0
    max_position_embeddings: int = 4096

    def huggingface(self) -> dict[str, object]:
        """config.json. `rope_theta` stands in both places where versions of transformers look."""
        return {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "attention_bias": False,
            "mlp_bias": False,
            "hidden_act": "silu",
            "tie_word_embeddings": True,
            "eos_token_id": 1,
            "pad_token_id": 0,
            "torch_dtype": "bfloat16",
            **asdict(self),
            "rope_parameters": {"rope_theta": self.rope_theta, "rope_type": "default"},
        }


_MINI = Config(
    hidden_size=192,
    num_hidden_layers=6,
    num_attention_heads=6,
    num_key_value_heads=2,
    head_dim=32,
    intermediate_size=512,
    rope_theta=100000.0,
)

# Presets by name; parameters with 4,096 tokens: 3.1 M, 3.9 M, 6.8 M, 11.1 M, 1.3 M (to try things), 5.3 M, 8.8 M and 12.3 M.
PRESETS = {
    "mini": _MINI,
    "deep": replace(_MINI, num_hidden_layers=8),
    "wide": replace(_MINI, num_hidden_layers=8, hidden_size=256, intermediate_size=768),
    "broad": replace(
        _MINI, num_hidden_layers=8, hidden_size=320, intermediate_size=1024, num_attention_heads=9, num_key_value_heads=3
    ),
    "tiny": Config(
        hidden_size=128,
        num_hidden_layers=4,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=352,
    ),
    "small": Config(
        hidden_size=256,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=672,
    ),
    "base": Config(
        hidden_size=320,
        num_hidden_layers=7,
        num_attention_heads=5,
        num_key_value_heads=1,
        intermediate_size=864,
    ),
    "large": Config(
        hidden_size=384,
        num_hidden_layers=7,
        num_attention_heads=6,
        num_key_value_heads=2,
        intermediate_size=992,
    ),
}
Cache = list[
    tuple[Tensor, Tensor]
]  # for each layer keys and values, [batch, kv heads, positions, head_dim]


class Norm(nn.Module):
    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x [batch, heads, positions, head_dim]; cos and sin [positions, head_dim / 2]."""
    first, second = x.float().chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


class Attention(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        self.q_proj = nn.Linear(c.hidden_size, c.num_attention_heads * c.head_dim, bias=False)
        self.k_proj = nn.Linear(c.hidden_size, c.num_key_value_heads * c.head_dim, bias=False)
        self.v_proj = nn.Linear(c.hidden_size, c.num_key_value_heads * c.head_dim, bias=False)
        self.o_proj = nn.Linear(c.num_attention_heads * c.head_dim, c.hidden_size, bias=False)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        c, (batch, rows, _) = self.c, x.shape

        def heads(y: Tensor) -> Tensor:
            return y.view(batch, rows, -1, c.head_dim).transpose(1, 2)

        q = rotated(heads(self.q_proj(x)), cos, sin).to(x.dtype)
        k = rotated(heads(self.k_proj(x)), cos, sin).to(x.dtype)
        v = heads(self.v_proj(x)).to(x.dtype)
        if past is not None:
            k, v = torch.cat((past[0], k), dim=2), torch.cat((past[1], v), dim=2)
        groups = c.num_attention_heads // c.num_key_value_heads
        wide_k, wide_v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
        if x.is_cuda and past is None and hasattr(F, "scaled_dot_product_attention"):
            out = F.scaled_dot_product_attention(q, wide_k, wide_v, is_causal=True)
        else:
            scores = (q @ wide_k.transpose(2, 3)).float() / math.sqrt(c.head_dim)
            if rows > 1:  # one new row sees everything before it; several never come after a cache
                scores = scores + _later(rows, x.device)
            out = scores.softmax(dim=-1).to(x.dtype) @ wide_v
        return self.o_proj(out.transpose(1, 2).reshape(batch, rows, -1)), (k, v)


    def grouped(self, x: Tensor, cos: Tensor, sin: Tensor, batch: Batch, last: bool) -> Tensor:
        """x [tokens, hidden]. Lists see themselves; requests see their list and themselves. Of the last
        layer only the rows batch.sources are wanted."""
        c, n = self.c, x.shape[0]
        groups = c.num_attention_heads // c.num_key_value_heads
        q = rotated(self.q_proj(x).view(n, -1, c.head_dim), cos, sin) / math.sqrt(c.head_dim)
        k = rotated(self.k_proj(x).view(n, -1, c.head_dim), cos, sin)
        v = self.v_proj(x).view(n, -1, c.head_dim)
        # One row of zeros behind the last token stands for padding. Small products are batched, and
        # those PyTorch multiplies fast as bfloat16 alone.
        kind = torch.bfloat16 if self.training else v.dtype
        q, k, v = (F.pad(t.flatten(1).to(kind), (0, 0, 0, 1)) for t in (q, k, v))

        def gather(t: Tensor, places: Tensor) -> Tensor:
            """[tokens, heads * head_dim] to [rows, heads, positions, head_dim]."""
            return F.embedding(places, t).view(*places.shape, -1, c.head_dim).transpose(1, 2)

        def attend(places: Tensor, keys: Tensor, values: Tensor, hidden: Tensor) -> Tensor:
            rows, length = places.shape
            # Heads that share keys stand behind one another, as more rows of one product.
            asking = gather(q, places).reshape(rows, -1, groups * length, c.head_dim)
            scores = (asking @ keys.transpose(2, 3)).view(rows, -1, groups, length, keys.shape[2])
            weights = (scores + hidden[:, None, None]).softmax(dim=-1)
            out = weights.view(rows, -1, groups * length, keys.shape[2]) @ values
            out = out.view(rows, -1, length, c.head_dim).transpose(1, 2).flatten(2).flatten(0, 1)
            return out[(places < n).flatten()]

        list_k, list_v = gather(k, batch.lists), gather(v, batch.lists)
        size = batch.lists.shape[1]
        out = [attend(batch.lists, list_k, list_v, _later(size, x.device).to(kind)[None])] if not last else []
        for places, owner in batch.requests:
            unused = (batch.lists == n).float()[owner][:, None, :] * -1e9
            later = _later(places.shape[1], x.device)
            hidden = torch.cat(
                (
                    unused.expand(-1, len(later), -1),
                    later.expand(len(owner), -1, -1),
                ),
                dim=-1,
            ).to(kind)
            keys = torch.cat((list_k[owner], gather(k, places)), dim=2)
            values = torch.cat((list_v[owner], gather(v, places)), dim=2)
            out.append(attend(places, keys, values, hidden))
        attended = torch.cat(out)
        if last:
            attended = attended[batch.sources - batch.listed()]
        return self.o_proj(attended.to(x.dtype))


def _later(rows: int, device: torch.device) -> Tensor:
    """What a row must not see, as an addend to scores [rows, rows]."""
    return torch.full((rows, rows), -1e9, device=device).triu(1)


class MLP(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.up_proj = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.down_proj = nn.Linear(c.intermediate_size, c.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.input_layernorm = Norm(c.hidden_size, c.rms_norm_eps)
        self.self_attn = Attention(c)
        self.post_attention_layernorm = Norm(c.hidden_size, c.rms_norm_eps)
        self.mlp = MLP(c)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        attended, kept = self.self_attn(self.input_layernorm(x), cos, sin, past)
        x = x + attended
        return x + self.mlp(self.post_attention_layernorm(x)), kept

    def grouped(self, x: Tensor, cos: Tensor, sin: Tensor, batch: Batch, last: bool) -> Tensor:
        attended = self.self_attn.grouped(self.input_layernorm(x), cos, sin, batch, last)
        x = (x[batch.sources] if last else x) + attended
        return x + self.mlp(self.post_attention_layernorm(x))


def deepened(weights: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    """Weights of a decoder with fewer layers as those of one with `layers` that computes the same: some of its
    layers, evenly spread, are followed by a double that adds nothing yet."""
    own = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))
    extra = layers - own
    parts = [name.split(".", 2)[2] for name in weights if name.startswith("layers.0.")]
    order = sorted([*range(own), *((i + 1) * own // (extra + 1) for i in range(extra))])
    out = {name: weight for name, weight in weights.items() if not name.startswith("layers.")}
    for place, source in enumerate(order):
        double = source in order[:place]
        for part in parts:
            weight = weights[f"layers.{source}.{part}"]
            silent = double and part in ("self_attn.o_proj.weight", "mlp.down_proj.weight")
            out[f"layers.{place}.{part}"] = torch.zeros_like(weight) if silent else weight.clone()
    return out


def widened(weights: dict[str, Tensor], c: Config) -> dict[str, Tensor]:
    """Weights with at least as many channels, heads and units of the MLPs, as many as `c` says, which compute the same
    (but for the norms' eps): what is new is read with small random weights, and nothing is written to it or by it
    yet. As many heads share keys as before: new ones stand behind the others."""
    hidden, inner = c.hidden_size, c.intermediate_size
    asking, asked = c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim
    rows = {"gate_proj": inner, "up_proj": inner, "q_proj": asking, "k_proj": asked, "v_proj": asked}
    own = weights["embed_tokens.weight"].shape[1]
    if own == hidden and all(len(w) == rows.get(name.split(".")[-2], len(w)) for name, w in weights.items()):
        return weights

    def enlarged(weight: Tensor, height: int, width: int, spread: float) -> Tensor:
        out = torch.randn(height, width) * spread
        out[: weight.shape[0], : weight.shape[1]] = weight
        return out

    out: dict[str, Tensor] = {}
    for name, weight in weights.items():
        part = name.split(".")[-2]
        if weight.dim() == 1:  # the mean square is over more channels now
            out[name] = torch.ones(hidden)
            out[name][:own] = weight * math.sqrt(own / hidden)
        elif part == "down_proj":
            out[name] = enlarged(weight, hidden, inner, 0)
        elif part == "o_proj":
            out[name] = enlarged(weight, hidden, asking, 0)
        elif part == "embed_tokens":
            out[name] = enlarged(weight, len(weight), hidden, 0)
        else:
            out[name] = enlarged(weight, rows[part], hidden, 0.02)
    return out


class Decoder(nn.Module):
    """state_dict() has Hugging Face's names without their "model." in front."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        self.embed_tokens = nn.Embedding(c.vocab_size, c.hidden_size)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c.num_hidden_layers))
        self.norm = Norm(c.hidden_size, c.rms_norm_eps)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                # Halves that write into the residual stream start smaller, so that depth does not add up.
                residual = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(
                    weight, std=0.02 / (math.sqrt(2 * c.num_hidden_layers) if residual else 1)
                )
        begin_copying(self)

    def forward(
        self, ids: Tensor, past: Cache | None = None, keep: bool = False
    ) -> tuple[Tensor, Cache]:
        """ids [batch, positions] to states [batch, positions, hidden], normed, ready for the head."""
        start = past[0][0].shape[2] if past else 0
        cos, sin = self._turns(torch.arange(start, start + ids.shape[1], device=ids.device))
        x, cache = self.embed_tokens(ids), []
        for index, layer in enumerate(self.layers):
            x, kept = layer(x, cos, sin, past[index] if past else None)
            if keep:
                cache.append(kept)
        return self.norm(x), cache

    def grouped(self, batch: Batch) -> Tensor:
        """States [sources, hidden] of a batch of groups: what forward() gives for each list with each of
        its requests, without computing the list again."""
        cos, sin = (t[:, None, :] for t in self._turns(batch.positions))
        x = self.embed_tokens(batch.ids)
        for index, layer in enumerate(self.layers):
            x = layer.grouped(x, cos, sin, batch, index + 1 == len(self.layers))
        return self.norm(x)

    def _turns(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        half = self.c.head_dim // 2
        speeds = self.c.rope_theta ** (-torch.arange(half, device=positions.device).float() / half)
        angles = positions.float()[:, None] * speeds
        return angles.cos(), angles.sin()

    def head(self, states: Tensor) -> Tensor:
        return F.linear(states, self.embed_tokens.weight)

    @torch.no_grad()
    def greedy(self, prompts: Tensor, end: int, limit: int) -> list[list[int]]:
        """Continuations of prompts of one length [batch, positions], each cut before `end`."""
        states, past = self(prompts, keep=True)
        out: list[list[int]] = [[] for _ in range(len(prompts))]
        done = torch.zeros(len(prompts), dtype=torch.bool, device=prompts.device)
        for _ in range(limit):
            new = self.head(states[:, -1]).argmax(dim=-1)
            done |= new == end
            if bool(done.all()):
                break
            for row, (token, over) in enumerate(zip(new.tolist(), done.tolist())):
                if not over:
                    out[row].append(token)
            states, past = self(new[:, None], past, keep=True)
        return out
