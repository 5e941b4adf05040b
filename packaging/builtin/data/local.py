"""The families of the tools that ship with cactus; their schemas are packaging/builtin/tools.json.

Designed so that a small model fills them by copying pieces of the request: arithmetic and dates go
in as said, and the tool, which is code, reads them.
"""

from __future__ import annotations

import json
import random
from functools import lru_cache
from pathlib import Path
from typing import Any

from . import local_frames, values, words
from .family import _KITS, Family, Param, check
from .numbers import number_in_words
from .values import Value, copied

TOOLS = Path(__file__).parent.parent / "tools.json"

_UNITS = (
    "km|kilometers|kilometres|miles|mi|meters|m|feet|ft|inches|in|cm|centimeters|mm|yards|nautical miles|light years",
    "kg|kilograms|kilos|pounds|lbs|lb|ounces|oz|grams|g|tonnes|stone|mg",
    "celsius|fahrenheit|kelvin|degrees celsius|degrees fahrenheit|C|F|°C|°F",
    "liters|litres|l|gallons|cups|pints|quarts|ml|milliliters|fluid ounces|tablespoons|teaspoons|tbsp|tsp|cubic meters",
    "km/h|mph|m/s|knots|kph|meters per second|miles per hour",
    "bytes|KB|MB|GB|TB|megabytes|gigabytes|kilobytes|MiB|GiB|bits|terabytes",
    "seconds|minutes|hours|days|weeks|months|years|milliseconds",
    "joules|calories|kcal|kilojoules|kWh|watt hours|BTU",
    "square meters|square feet|acres|hectares|square kilometers|square miles|m2",
    "pascals|bar|psi|atmospheres|mmHg|hPa",
    "watts|kilowatts|horsepower|hp|kW",
    "degrees|radians",
    "liters per 100 km|mpg|km per liter",
)
_UNIT_GROUPS = tuple(tuple(group.split("|")) for group in _UNITS)
_ZONES = (
    "UTC",
    "GMT",
    "EST",
    "PST",
    "CET",
    "JST",
    "Eastern time",
    "Pacific time",
    "IST",
    "New York time",
    "London time",
)
_SENTENCES = words.MESSAGE + words.TASK + words.TITLE
_STARTS = (
    "The old {} sleeps near the {}",
    "a {} and a {} walked in",
    "Nobody saw the {} behind the {}",
    "every {} needs a {}",
    "my {} is next to your {}",
    "{} {}",
    "We sold the {} and kept the {}",
)


def _number(rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.55:
        return str(rng.randint(2, 999))
    if roll < 0.8:
        return f"{rng.uniform(0.1, 500):.{rng.choice((1, 2, 2))}f}"
    return f"{rng.randint(1000, 99999):,}" if roll < 0.9 else number_in_words(rng.randint(2, 60))


def _expression(rng: random.Random) -> Value:
    a, b, c = (_number(rng) for _ in range(3))
    small, sign, gap = rng.randint(2, 12), rng.choice("+-*/x×÷^"), rng.choice(("", " "))
    forms = (
        f"{rng.randint(1, 95)}% of {a}",
        f"{rng.choice((7.5, 12.5, 3.25, 0.5))}% of {a}",
        f"{a}{gap}{sign}{gap}{b}",
        f"{a}{gap}{sign}{gap}{b}",
        f"{a} {rng.choice(('plus', 'minus', 'times', 'divided by', 'multiplied by'))} {b}",
        f"{a} {rng.choice(('plus', 'minus', 'times', 'divided by'))} {b} {rng.choice(('plus', 'minus', 'times'))} {c}",
        f"({a} {rng.choice('+-')} {b}) {rng.choice('*/')} {small}",
        f"{small} + {a} * {b}",
        f"{a} {rng.choice('+-')} {b} {rng.choice('+-')} {c}",
        f"the square root of {a}",
        f"square root of {a}",
        f"sqrt({a})",
        f"{small} squared",
        f"{small} cubed",
        f"{small}^{rng.randint(2, 9)}",
        f"{small} to the power of {rng.randint(2, 9)}",
        f"{rng.choice(('sin', 'cos', 'tan', 'log', 'ln', 'sqrt', 'abs', 'exp'))}({a})",
        f"{rng.randint(5, 60)} percent of {a}",
        f"{a} modulo {small}",
        f"{a} mod {small}",
        f"{small}!",
        f"{small} factorial",
        f"{rng.randint(5, 70)}% off {a}",
        f"{a} plus {rng.randint(5, 25)}%",
        f"half of {a}",
        f"a third of {a}",
        f"a quarter of {a}",
        f"{a}{gap}*{gap}{b}{gap}{rng.choice('+-')}{gap}{c}",
        f"2 * pi * {small}",
        f"the cube root of {a}",
        f"{a} / ({b} - {small})",
    )
    return copied(rng.choice(forms))


def _units(rng: random.Random) -> tuple[Value, Value]:
    group = rng.choice(_UNIT_GROUPS[:4] + _UNIT_GROUPS)
    first, second = rng.sample(group, 2)
    return copied(first), copied(second)


def _text(rng: random.Random) -> Value:
    roll = rng.random()
    if roll < 0.4:
        text = rng.choice(_STARTS).format(
            rng.choice(words.THING), rng.choice(words.ANIMAL + words.PLANT)
        )
    elif roll < 0.7:
        text = rng.choice(_SENTENCES)
    elif roll < 0.85:
        text = rng.choice(words.WORD)
    else:
        text = f"{rng.choice(words.MESSAGE)}, {rng.choice(words.MESSAGE)}"
    return copied(text)


def _zone(rng: random.Random) -> Value:
    return copied(rng.choice(_ZONES)) if rng.random() < 0.25 else values.city(rng)


def _start(rng: random.Random) -> Value:
    return (
        copied(rng.choice(("today", "now", "tomorrow")))
        if rng.random() < 0.2
        else copied(values.fixed_date(rng).surface)
    )


_KITS.update(
    {
        "expression": _expression,
        "text": _text,
        "zone": _zone,
        "start_date": _start,
        "unit": lambda rng: _units(rng)[0],
        "option": lambda rng: values.listing(_OPTIONS[rng.randrange(4)], rng),
    }
)
_OPTIONS = (values.KITS["food"], values.KITS["city"], values.KITS["person"], values.KITS["sport"])


def paired_units(rng: random.Random) -> dict[str, Value]:
    """Both units of one conversion, of one kind: nobody converts miles to kilograms."""
    first, second = _units(rng)
    return {"from": first, "to": second}


# Kits of the shipped tools' parameters; where nothing is said here the schema's own enum is used.
_KINDS: dict[str, dict[str, str]] = {
    "calculator": {"expression": "expression"},
    "convert_unit": {"value": "num(0.5,2000)", "from": "unit", "to": "unit"},
    "days_between": {"from": "start_date", "to": "fixed_date"},
    "date_add": {
        "amount": "int(1,120)",
        "unit": "enum(days=days/day, weeks=weeks, months=months, years=years)",
        "direction": "enum(after=after/from, before=before)",
        "date": "start_date",
    },
    "day_of_week": {"date": "fixed_date"},
    "current_time": {"place": "zone"},
    "convert_time": {"time": "time", "from": "zone", "to": "zone"},
    "count_text": {
        "what": "enum(words=words, characters=characters/letters, sentences=sentences, lines=lines)",
        "text": "text",
    },
    "change_text": {
        "how": "enum(uppercase=upper case/uppercase/capital letters/all caps/capitals, lowercase=lower case/lowercase/small letters, "
        "title_case=title case, reverse=reverse order/reversed order, snake_case=snake case, trim=trimmed form)",
        "text": "text",
    },
    "random_number": {"low": "int(0,50)", "high": "int(51,5000)"},
    "roll_dice": {"count": "int(1,20)", "sides": "enum_sides"},
    "flip_coin": {"count": "int(2,20)"},
    "pick_one": {"options": "option"},
    "make_password": {
        "length": "int(6,64)",
        "symbols": "bool(with symbols/with special characters/including symbols|without symbols/without special characters/no symbols)",
    },
}
_KITS["enum_sides"] = (
    lambda rng: values.whole(rng, 4, 20)
    if rng.random() < 0.3
    else (lambda n: Value(str(n), n, "number"))(rng.choice((4, 6, 8, 10, 12, 20, 100)))
)

# Tools that could do each other's work: they may stand together (they ship together), but a request for
# one is not unserviceable while the other is offered.
_CLASH = {
    "calculator": "arithmetic",
    "convert_unit": "arithmetic",
    "days_between": "calendar",
    "date_add": "calendar",
    "day_of_week": "calendar",
    "current_time": "clock",
    "convert_time": "clock",
    "random_number": "chance",
    "roll_dice": "chance",
    "flip_coin": "chance",
    "pick_one": "chance",
}


@lru_cache(maxsize=1)
def shipped_tools() -> list[dict[str, Any]]:
    """tools.json, which is the one place where the schemas stand."""
    return json.loads(TOOLS.read_text(encoding="utf-8"))


def local_families() -> list[Family]:
    out = []
    for tool in shipped_tools():
        function = tool["function"]
        name, kinds = function["name"], _KINDS[function["name"]]
        parameters = function["parameters"]
        params = []
        for key, schema in parameters["properties"].items():
            bare = {k: v for k, v in schema.items() if k != "description"}
            params.append(
                Param(
                    key,
                    kinds[key],
                    key in parameters.get("required", ()),
                    schema.get("description", ""),
                    bare,
                )
            )
        out.append(
            check(
                Family(
                    name,
                    function["description"],
                    "local",
                    name,
                    _CLASH.get(name, name),
                    tuple(params),
                    local_frames.FRAMES[name],
                    local=True,
                    training_frames=local_frames.TRAINING_FRAMES[name],
                )
            )
        )
    return out
