"""Exact match of calls, by split: names and all arguments, as trees, in the order of the request.

Either of outputs that somebody made (JSON lines; `cactus run --jsonl` writes such), or of an exported
model that PyTorch runs here:

    python3 evaluate.py CASES.jsonl… --outputs OUT.jsonl
    python3 evaluate.py CASES.jsonl… --model FOLDER [--write OUT.jsonl]
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Iterator

import render

Calls = list[dict[str, Any]]


def same(a: Any, b: Any) -> bool:
    """Equal as JSON: 3 is 3.0, true is not 1, the order of keys says nothing, that of lists does."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return a == b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def calls_of(output: dict[str, Any]) -> Calls | None:
    """The calls of one output line: `tool_calls` (flat, or under "function", arguments as an object or
    as text), else `calls`, else what `text` says in the model's own syntax. None: malformed (or said
    to be so)."""
    if output.get("malformed"):
        return None
    found = output.get("tool_calls", output.get("calls"))
    if not found:
        text = output.get("text") or ""
        return render.read_answer(text) if render.CALL_START in text else []
    out = []
    for call in found:
        call = call.get("function", call)
        arguments = call.get("arguments", {})
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments)
            except ValueError:
                return None
        out.append({"name": call.get("name"), "arguments": arguments})
    return out


def verdict(expected: Calls, got: Calls | None) -> str:
    """ "exact", or the first thing that is wrong."""
    if got is None:
        return "malformed"
    if len(got) != len(expected):
        return (
            "called nothing"
            if not got
            else "called something"
            if not expected
            else "number of calls"
        )
    for want, have in zip(expected, got):
        if want["name"] != have["name"]:
            return "name"
        if want["arguments"].keys() != have["arguments"].keys():
            return "argument names"
        if not same(want["arguments"], have["arguments"]):
            return "argument values"
    return "exact"


def table(cases: list[dict[str, Any]], outputs: dict[str, Calls | None]) -> str:
    """Markdown, one row a split."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        found[case["split"]][verdict(case["expected"]["calls"], outputs.get(case["id"], []))] += 1
    rows = ["| split | cases | exact | what went wrong |", "|---|---|---|---|"]
    for split, counts in found.items():
        total = sum(counts.values())
        wrong = ", ".join(f"{what} {n}" for what, n in counts.most_common() if what != "exact")
        rows.append(f"| {split} | {total} | {100 * counts['exact'] / total:.1f}% | {wrong} |")
    return "\n".join(rows)


def run_model(
    folder: Path, cases: list[dict[str, Any]], longest: int, batch: int
) -> Iterator[tuple[str, str]]:
    """(id, text) of greedy answers; prompts of one length go together, so that none is padded."""
    import torch  # here, so that outputs of the engine are judged without it

    import export
    from tokenizer import Tokenizer

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer, model = Tokenizer(folder), export.load(folder).to(device)
    end = tokenizer.vocabulary[render.END]
    by_length: defaultdict[int, list[tuple[str, list[int]]]] = defaultdict(list)
    for case in cases:
        ids = tokenizer.encode(render.prompt(case["tools"], case["messages"]))
        by_length[len(ids)].append((case["id"], ids))
    for group in by_length.values():
        for at in range(0, len(group), batch):
            part = group[at : at + batch]
            answers = model.greedy(
                torch.tensor([ids for _, ids in part], device=device), end, longest
            )
            for (name, _), answer in zip(part, answers):
                yield name, tokenizer.decode(answer)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", type=Path, nargs="+")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--outputs", type=Path, help="with the cases' ids, or line by line in their order"
    )
    source.add_argument("--model", type=Path, help="folder that export.py wrote")
    parser.add_argument("--write", type=Path, help="with --model: the outputs, to look at")
    parser.add_argument("--limit", type=int, help="only the first so many cases of each file")
    parser.add_argument("--longest", type=int, default=256, help="tokens of an answer")
    parser.add_argument("--batch", type=int, default=64)
    options = parser.parse_args()
    cases = [
        json.loads(line)
        for path in options.cases
        for line in path.read_text(encoding="utf-8").splitlines()[: options.limit]
    ]
    if options.outputs:
        lines = [
            json.loads(line) for line in options.outputs.read_text(encoding="utf-8").splitlines()
        ]
        outputs = {
            str(line.get("id", case["id"])): calls_of(line)
            for case, line in zip(cases, lines, strict=True)
        }
    else:
        texts = dict(run_model(options.model, cases, options.longest, options.batch))
        if options.write:
            options.write.write_text(
                "".join(
                    json.dumps({"id": c["id"], "text": texts[c["id"]]}, ensure_ascii=False) + "\n"
                    for c in cases
                ),
                encoding="utf-8",
            )
        outputs = {name: render.read_answer(text) for name, text in texts.items()}
    print(table(cases, outputs))


if __name__ == "__main__":
    main()
