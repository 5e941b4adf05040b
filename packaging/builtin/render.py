"""What the model reads and writes, as text: chat_template.jinja in Python, and the reader of calls.

Tools are signatures instead of JSON schemas (a third of the tokens), calls are written in the syntax
that engine/tools calls "python": name(key="text",other=3), with JSON values.
"""

from __future__ import annotations

import json
from typing import Any

TOOLS, SYSTEM, USER, ASSISTANT, TOOL = (
    "<|tools|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|tool|>",
)
CALL_START, CALL_END, NO_TOOL, END = (
    "<|tool_call_start|>",
    "<|tool_call_end|>",
    "<|no_tool|>",
    "<|im_end|>",
)
PAD = "<|endoftext|>"
# In the order of their ids. The markers of calls and of the end are those that the engine knows.
CONTROL_TOKENS = (PAD, END, CALL_START, CALL_END, NO_TOOL, TOOLS, SYSTEM, USER, ASSISTANT, TOOL)

_TYPES = {"string": "str", "number": "num", "integer": "int", "boolean": "bool", "object": "obj"}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _type(schema: dict[str, Any]) -> str:
    if schema.get("enum"):
        return "|".join(_json(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return (
            "[" + _TYPES.get(schema["items"].get("type"), "any") + "]"
            if schema.get("items")
            else "[any]"
        )
    return _TYPES.get(schema.get("type", ""), "any")


def signature(tool: dict[str, Any]) -> str:
    """One tool on one line: name(key:type,optional?:type) description."""
    function = tool.get("function") or tool
    parameters = function.get("parameters") or {}
    wanted = parameters.get("required") or []
    inside = ",".join(
        key + (":" if key in wanted else "?:") + _type(schema)
        for key, schema in (parameters.get("properties") or {}).items()
    )
    says = function.get("description")
    return f"{function['name']}({inside})" + (f" {says}" if says else "") + "\n"


def calls_text(calls: list[dict[str, Any]]) -> str:
    return ",".join(
        call["name"] + "(" + ",".join(f"{k}={_json(v)}" for k, v in call["arguments"].items()) + ")"
        for call in calls
    )


def prompt(tools: list[dict[str, Any]], messages: list[dict[str, Any]]) -> str:
    """Everything up to the answer; training and evaluation use single requests."""
    out = [TOOLS, *map(signature, tools)] if tools else []
    roles = {"system": SYSTEM, "user": USER, "tool": TOOL}
    for message in messages:
        if message["role"] == "assistant":
            calls = [call.get("function") or call for call in message.get("tool_calls") or []]
            out.append(
                ASSISTANT
                + (
                    CALL_START + calls_text(calls) + CALL_END
                    if calls
                    else message.get("content") or NO_TOOL
                )
                + END
            )
        else:
            out.append(roles.get(message["role"], USER) + message["content"])
    return "".join(out) + ASSISTANT


def tools_text(tools: list[dict[str, Any]]) -> str:
    return prompt(tools, []).removesuffix(ASSISTANT)


def turns(request: dict[str, Any]) -> list[tuple[str, str]]:
    """(prompt, answer) of each turn of a group's request (data/groups.py): what stands behind the tools."""
    before = request.get("before")
    out = []
    if before:
        out.append((USER + before["text"] + ASSISTANT, answer(before["calls"])))
    results = "".join(TOOL + result for result in before["results"]) if before else ""
    prompt = results + USER + request["text"] + ASSISTANT
    out.append((prompt, answer(request["calls"], request.get("lacks"))))
    return out


def answer(calls: list[dict[str, Any]], lacks: str | None = None) -> str:
    """`lacks`: an argument that the last call needs and nobody said; there the model declines."""
    if lacks is not None:
        begun = calls_text(calls).removesuffix(")")
        return CALL_START + begun + ("," if calls[-1]["arguments"] else "") + f"{lacks}={NO_TOOL}{END}"
    return (CALL_START + calls_text(calls) + CALL_END if calls else NO_TOOL) + END


def read_answer(text: str) -> list[dict[str, Any]] | None:
    """The calls in a model's answer, [] for none (also where one lacks an argument), and nothing when it is
    malformed."""
    body = text.split(END)[0].strip()
    if body.endswith(NO_TOOL) or not body:
        return []
    if not body.startswith(CALL_START):
        return None
    body = body[len(CALL_START) :].removesuffix(CALL_END)
    calls: list[dict[str, Any]] = []
    decoder, at = json.JSONDecoder(), 0
    while True:
        open_at = body.find("(", at)
        if open_at < 0:
            return None
        name, at = body[at:open_at].strip(), open_at + 1
        args: dict[str, Any] = {}
        while not body.startswith(")", at):
            equals = body.find("=", at)
            if equals < 0 or not name:
                return None
            try:
                value, end = decoder.raw_decode(body, equals + 1)
            except ValueError:
                return None
            args[body[at:equals].strip()] = value
            at = end + 1 if body.startswith(",", end) else end
            if at == end and not body.startswith(")", at):
                return None
        calls.append({"name": name, "arguments": args})
        at += 1
        if at >= len(body):
            return calls
        if body[at] != ",":
            return None
        at += 1
