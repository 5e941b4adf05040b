#!/usr/bin/env python3
"""seeds.py FOLDER: a seed corpus for each fuzz target, FOLDER/<target>/, from the tests' fixtures."""
import json
import pathlib
import struct
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = TESTS / "fixtures"
BUNDLE = TESTS.parent / "packaging/builtin/bundle"
SMALL = 64 * 1024  # larger seeds make every run slow


def write(folder, target, seeds):
    place = pathlib.Path(folder) / target
    place.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (place / f"seed{number}").write_bytes(seed if isinstance(seed, bytes) else seed.encode())


def lines(*objects):
    return "\n".join(json.dumps(o) for o in objects)


def streams():
    """Two bytes choose the provider and how it is cut; then events, as lines of JSON or as a stream."""
    usage = {"prompt_tokens": 12, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 4}}
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{\"a\": 1}"}}
    chat = [{"choices": [{"index": 0, "delta": {"reasoning_content": "h", "content": "a", "tool_calls": [call]},
                          "finish_reason": "tool_calls"}]}, {"choices": [], "usage": usage}]
    anthropic = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "h"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "S"}},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{\"a\": 1}"}},
        {"type": "content_block_delta", "index": 2, "delta": {"type": "text_delta", "text": "a"}},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"}]
    responses = [
        {"type": "response.output_text.delta", "output_index": 0, "delta": "a"},
        {"type": "response.output_item.done", "output_index": 1,
         "item": {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}},
        {"type": "response.output_item.done", "output_index": 2,
         "item": {"type": "reasoning", "summary": [], "encrypted_content": "E"}},
        {"type": "response.completed", "response": {"status": "completed", "usage": {"input_tokens": 12, "output_tokens": 7}}}]
    gemini = [{"candidates": [{"content": {"parts": [
        {"text": "h", "thought": True}, {"text": "a"},
        {"functionCall": {"id": "i", "name": "f", "args": {"a": 1}}, "thoughtSignature": "S"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 12, "candidatesTokenCount": 7, "thoughtsTokenCount": 1}}]
    for which, events in enumerate((anthropic, responses, gemini, chat)):
        yield bytes([which, 1]) + lines(*events).encode()
        stream = "".join(f"event: {e.get('type', '')}\ndata: {json.dumps(e)}\n\n" for e in events)
        yield bytes([which, 0]) + (stream + "data: [DONE]\n\n").encode()
        error = {"type": "error", "error": {"type": "overloaded_error", "message": "busy", "code": 429,
                 "status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "1s"}]}}
        yield bytes([which, 129]) + json.dumps(error).encode()


def headers():
    """Eight bytes say how much data follows the header."""
    for path in sorted(FIXTURES.glob("*/model*.safetensors")):
        data = path.read_bytes()
        size = struct.unpack("<Q", data[:8])[0]
        yield struct.pack("<Q", len(data) - 8 - size) + data[8:8 + size]
    yield bytes(8) + (FIXTURES / "gemma4_mm/model.safetensors.index.json").read_bytes()


def hub():
    commit, etag = "a" * 40, "b" * 64
    yield json.dumps([{"type": "file", "path": "a/b.json", "size": 3, "oid": commit,
                       "lfs": {"oid": etag, "size": 3}}])
    yield json.dumps({"branches": [{"name": "main", "targetCommit": commit}],
                      "tags": [{"name": "v1.2", "targetCommit": commit}]})
    yield json.dumps({"id": "org/m", "sha": commit, "gated": "auto", "private": False, "tags": ["x"],
                      "siblings": [{"rfilename": "a"}]})
    yield json.dumps({"size": 100, "etag": "a" * 64, "segments": [[0, 50, 10], [50, 100, 0]]})
    yield '<https://hub.example/api/models?cursor=x>; rel="next"'
    yield "https://hub.example:8443/a/../b?c=d#e"


def probe(calibration):
    """The file of docs/probe.md for one hidden unit, all parameters zero, without a right hash (the target
    puts it there)."""
    card = json.dumps({"model": {"repository": "o/m", "commit": "c", "family": "f", "hidden": 1, "layers": 2,
                                 "fingerprint": "a" * 32}, "layer": 1, "calibration": calibration,
                       "threshold": 0.7, "training": None, "measured": None}).encode()
    head = struct.pack("<8I", 1, 1, 32, 128, 64, 1, len(card), 0)
    return b"CACTPRB\0" + b"0" * 32 + head + card + bytes(-len(card) % 64) + bytes(4 * 12643)


def main(folder):
    texts = [p for p in sorted(FIXTURES.glob("*/*.json")) if p.stat().st_size < SMALL]
    write(folder, "fuzz_stream", streams())
    write(folder, "fuzz_sse", [b"\x03event: a\ndata: b\ndata: c\n\n: x\r\ndata:d\rid: 1\r\r"])
    write(folder, "fuzz_image", [p.read_bytes() for p in sorted(FIXTURES.glob("*/*.png"))])
    write(folder, "fuzz_safetensors", headers())
    write(folder, "fuzz_manifest", [(BUNDLE / "cactus.json").read_bytes()] +
          [p.read_bytes() for p in texts if p.name == "config.json"])
    write(folder, "fuzz_tokenizer_load", [p.read_bytes() for p in texts if p.name == "tokenizer.json"])
    write(folder, "fuzz_tokenizer_text", [bytes([n, 0]) + " it's 12,5 <bos> caf\u00e9\n\n\U0001f600".encode() for n in range(5)])
    write(folder, "fuzz_template", [p.read_bytes() for p in sorted(FIXTURES.glob("*/*.jinja"))] +
          [(BUNDLE / "chat_template.jinja").read_bytes()])
    golden = json.loads((FIXTURES / "gemma4_response_parsing/golden.json").read_text())
    said = [v for v in json.dumps(golden).split('"') if "<" in v]
    write(folder, "fuzz_reply", [bytes([n % 4, n % 5, n]) + s.encode() for n, s in enumerate(said)])
    write(folder, "fuzz_hub_json", hub())
    write(folder, "fuzz_install_record", ["google/gemma-4-E2B-it:int8@v1.2", json.dumps(
        {"v": 1, "name": "org/m", "variant": "int4", "repository": "org/m", "revision": "v1.2", "tag": "v1.2",
         "commit": "a" * 40, "format": "1.15", "licence": "apache-2.0", "bundle": "/b", "bytes": 9, "installed": 9})])
    tools = ["(1+2)*3/4^2 % 5", "next Tuesday in 3 weeks", "half past 5 pm", "10.5 km/h", "New York", "TZif2" + "\0" * 40]
    write(folder, "fuzz_local_tools", [bytes([n]) + t.encode() for n, t in enumerate(tools)])
    write(folder, "fuzz_probe", [probe({"kind": "platt", "slope": 1, "offset": 0}),
                                 probe({"kind": "isotonic", "x": [0, 1], "y": [0, 1]})] +
          [json.dumps({"prompt": "1+1?", "answer": a, "grader": g}) for g, a in
           (("exact", "2"), ("number", 2), ("regex", "^2$"), ("wer", "two"),
            ("json-call", [{"name": "f", "arguments": {"a": 1}}]))])


if __name__ == "__main__":
    main(sys.argv[1])
