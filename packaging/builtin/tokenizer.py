"""A byte-level BPE of our own: trained, saved as Hugging Face's tokenizer.json, and used in training.

Spaces are tokens of their own instead of parts of words, so that a word is the same tokens in the
request, where a space stands before it, and in the call, where a quotation mark does: copying is
what this model does all day. Digits stand alone, so that every number is spelled the same way.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from functools import lru_cache
from heapq import heapify, heappop, heappush
from pathlib import Path
from typing import Iterable

import render

# For the engine (PCRE2) and for Python: letters, one digit, pieces of call syntax, any other character.
PATTERN = r"""=["]|",|"\)|\?:|\p{L}+|\p{N}|[^\p{L}\p{N}]"""
_SPLIT = re.compile(r"""="|",|"\)|\?:|[^\W\d_]+|\d|.""", re.DOTALL)
_CONTROL = re.compile("(" + "|".join(map(re.escape, render.CONTROL_TOKENS)) + ")")


def _byte_letters() -> dict[int, str]:
    """The printable stand-ins of bytes in byte-level vocabularies: printable Latin-1 stands for
    itself, the other 68 bytes for U+0100 and up, in order."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in plain}
    for byte in range(256):
        if byte not in letters:
            letters[byte] = chr(256 + len(letters) - len(plain))
    return letters


LETTER = _byte_letters()


def pretokens(text: str) -> list[str]:
    out: list[str] = []
    for piece in _SPLIT.findall(text):
        # Python counts ½ and Ⅷ among letters of words; the engine's \p{L} does not.
        out += [piece] if len(piece) == 1 or piece.isascii() or piece.isalpha() else list(piece)
    return out


def _spelled(piece: str) -> str:
    return "".join(LETTER[byte] for byte in piece.encode())


def train(texts: Iterable[str], size: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Merges of the most frequent pair, again and again, until the vocabulary has `size` tokens.

    Counts are kept up to date per merge (only words that hold the pair are touched), and the best pair
    comes from a heap whose stale entries are put right when they surface. Ties go to the lesser pair.
    """
    words: Counter[str] = Counter()
    for text in texts:
        for part in _CONTROL.split(text)[::2]:
            words.update(pretokens(part))
    spellings = [
        (list(_spelled(word)), count)
        for word, count in sorted(words.items())
        if len(word.encode()) > 1
    ]
    counts: Counter[tuple[str, str]] = Counter()
    holders: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for index, (letters, count) in enumerate(spellings):
        for pair in zip(letters, letters[1:]):
            counts[pair] += count
            holders[pair].add(index)
    vocabulary = {token: i for i, token in enumerate(render.CONTROL_TOKENS)}
    for letter in sorted(LETTER.values()):
        vocabulary[letter] = len(vocabulary)
    heap = [(-count, pair) for pair, count in counts.items()]
    heapify(heap)
    merges: list[tuple[str, str]] = []
    while len(vocabulary) < size and heap:
        negative, pair = heappop(heap)
        count = counts[pair]
        if -negative != count:
            if count > 0:
                heappush(heap, (-count, pair))
            continue
        if count < 2:
            break
        merged = pair[0] + pair[1]
        merges.append(pair)
        vocabulary.setdefault(merged, len(vocabulary))
        touched: set[tuple[str, str]] = set()
        for index in holders.pop(pair):
            letters, weight = spellings[index]
            before = list(zip(letters, letters[1:]))
            fresh, at = [], 0
            while at < len(letters):
                both = (
                    letters[at] == pair[0] and at + 1 < len(letters) and letters[at + 1] == pair[1]
                )
                fresh.append(merged if both else letters[at])
                at += 2 if both else 1
            letters[:] = fresh
            for old in before:
                counts[old] -= weight
            for new in zip(fresh, fresh[1:]):
                counts[new] += weight
                holders[new].add(index)
                touched.add(new)
        del counts[pair]
        for new in touched:
            heappush(heap, (-counts[new], new))
    return vocabulary, merges


class Tokenizer:
    """Encodes with a saved tokenizer.json; meant for training, so whole texts with control tokens."""

    def __init__(self, folder: Path) -> None:
        data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        self.vocabulary: dict[str, int] = data["model"]["vocab"]
        self.rank = {tuple(pair): i for i, pair in enumerate(data["model"]["merges"])}
        self.texts = {i: token for token, i in self.vocabulary.items()}
        self.bytes = {letter: byte for byte, letter in LETTER.items()}
        self._word = lru_cache(maxsize=200_000)(self._merge)

    def _merge(self, piece: str) -> tuple[int, ...]:
        letters = list(_spelled(piece))
        while len(letters) > 1:
            ranks = [self.rank.get(pair, 1 << 30) for pair in zip(letters, letters[1:])]
            best = min(ranks)
            if best == 1 << 30:
                break
            at = ranks.index(best)
            letters[at : at + 2] = [letters[at] + letters[at + 1]]
        return tuple(self.vocabulary[letter] for letter in letters)

    def encode(self, text: str) -> list[int]:
        ids: list[int] = []
        for index, part in enumerate(_CONTROL.split(text)):
            if index % 2:
                ids.append(self.vocabulary[part])
            else:
                for piece in pretokens(part):
                    ids += self._word(piece)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        out = bytearray()
        for i in ids:
            token = self.texts[i]
            out += (
                token.encode()
                if token in render.CONTROL_TOKENS
                else bytes(self.bytes[letter] for letter in token)
            )
        return out.decode(errors="replace")


def save(folder: Path, vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> None:
    def added(token: str, index: int) -> dict[str, object]:
        return {
            "id": index,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }

    level = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": False,
    }
    split = {
        "type": "Split",
        "pattern": {"Regex": PATTERN},
        "behavior": "Isolated",
        "invert": False,
    }
    tokens = [added(token, i) for i, token in enumerate(render.CONTROL_TOKENS)]
    data = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": tokens,
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]},
        "post_processor": None,
        "decoder": level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": [list(m) for m in merges],
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(
        json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    settings = {
        "tokenizer_class": "GPT2Tokenizer",
        "add_prefix_space": False,
        "eos_token": render.END,
        "pad_token": render.PAD,
        "unk_token": render.PAD,
        "model_max_length": 2048,
        "clean_up_tokenization_spaces": False,
        "added_tokens_decoder": {
            str(i): {k: v for k, v in added(t, i).items() if k != "id"}
            for i, t in enumerate(render.CONTROL_TOKENS)
        },
    }
    (folder / "tokenizer_config.json").write_text(
        json.dumps(settings, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Trains a tokenizer on groups (JSON lines on standard input, data/groups.py)."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=4096)
    options = parser.parse_args()

    def texts() -> Iterable[str]:
        for line in sys.stdin:
            group = json.loads(line)
            yield render.tools_text(group["tools"])
            for request in group["requests"]:
                yield from map("".join, render.turns(request))

    save(options.folder, *train(texts(), options.size))


if __name__ == "__main__":
    main()
