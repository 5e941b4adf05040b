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

from . import values, words
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

_FRAMES: dict[str, tuple[str, ...]] = {
    "calculator": (
        "what is {expression}",
        "what's {expression}",
        "(calculate|compute|work out|evaluate)[ {expression}]",
        "{expression}",
        "{expression} (=|is)",
        "how much is {expression}",
        "(can you |please |)(calculate|work out) {expression}( for me|)",
        "I need {expression}",
        "what does {expression} (equal|come to|make)",
        "(tell me|find) {expression}",
        "do the math: {expression}",
        "solve {expression}",
        "(quick|hey), what's {expression}",
        "result of {expression}",
    ),
    "convert_unit": (
        "convert {value} {from}[ (to|into) {to}]",
        "(what is|what's) {value} {from} in {to}",
        "how many {to} (is|are) {value} {from}",
        "{value} {from} (in|to) {to}",
        "how many {to} are (there |)in {value} {from}",
        "(change|turn) {value} {from}[ into {to}]",
        "(express|give me) {value} {from} in {to}",
        "how much is {value} {from} in {to}",
        "I have {value} {from}, (what is that|how much is it) in {to}",
        "{value} {from} as {to}",
        "{value} {from} equals how many {to}",
        "convert {value}{from} to {to}",
    ),
    "days_between": (
        "how many days (until|till|to) {to}",
        "days (until|till) {to}",
        "how (long|many days) (is it |)(until|till) {to}",
        "how many days (since|have passed since) {from}",
        "how many days (between|are between|are there between) {from} and {to}",
        "days (from {from} to|between {from} and) {to}",
        "how (long|far) is it from {from} to {to} in days",
        "count the days (until|to) {to}",
        "(what's|what is) the number of days (from {from} to|between {from} and) {to}",
        "how many days ago was {from}",
        "number of days left until {to}",
        "how many days from {from} (to|until) {to}",
    ),
    "date_add": (
        "what (date|day) is {amount} {unit} {direction} {date}",
        "{amount} {unit} {direction} {date}",
        "which date (is|comes) {amount} {unit} {direction} {date}",
        "(what's|tell me) the date {amount} {unit} {direction} {date}",
        "what will the date be {amount} {unit} {direction} {date}",
        "date {amount} {unit} {direction} {date}",
        "find the (day|date) {amount} {unit} {direction} {date}",
        "when is {amount} {unit} {direction} {date}",
        "what (date|day) was (it |){amount} {unit} {direction=before:ago}",
        "what (date|day) (is|will it be) ({direction=after:in} {amount} {unit}|{amount} {unit} {direction=after:from now})",
        "{amount} {unit} {direction=before:ago}",
        "what (was the date|date was) {amount} {unit} {direction=before:ago}",
        "the date {amount} {unit} {direction=after:from now}",
    ),
    "day_of_week": (
        "what day (of the week |)(is|was|will be) {date}",
        "which (weekday|day of the week) (is|was) {date}",
        "(what|which) weekday (is|was) {date}",
        "day of the week (for|of) {date}",
        "is {date} a (weekday|weekend)",
        "{date} is (which|what) day of the week",
        "(does|did) {date} fall on a (Monday|Sunday|Friday)",
        "weekday of {date}",
        "on what day (does|did) {date} fall",
    ),
    "current_time": (
        "what time is it[ in {place}]",
        "(what's|what is) the (time|current time)[ in {place}]",
        "(current|local) time[ in {place}]",
        "time[ in {place}] (now|right now)",
        "(tell me|give me) the (time|current time)[ in {place}]",
        "what's the (date|time and date)[ in {place}]",
        "what is today's date[ in {place}]",
        "(which|what) day is it today[ in {place}]",
        "how late is it[ in {place}]",
        "is it (morning|night|already tomorrow)[ in {place}]",
        "what time do they have[ in {place}]",
        "(date|time) please[, for {place}]",
    ),
    "convert_time": (
        "what is {time} {from} in {to}",
        "(convert|change) {time} in {from}[ to {to}]",
        "if it is {time} in {from}, what time is it in {to}",
        "{time} in {from}, what time is that in {to}",
        "when it's {time} in {from} what time is it in {to}",
        "{time} {from} (to|in) {to}",
        "what time is {time} {from} for someone in {to}",
        "my call is at {time} {from} time, when is that in {to}",
        "translate {time} {from} time to {to} time",
        "at {time} in {from}, what is the time in {to}",
    ),
    "count_text": (
        'how many {what} (are |)in "{text}"',
        'count the {what}[ (in|of) "{text}"]',
        'number of {what} in "{text}"',
        'how many {what} does "{text}" have',
        "count {what}: {text}",
        "how many {what} (are there |)in: {text}",
        "(give me|tell me) the number of {what} in '{text}'",
        '"{text}" - how many {what}',
        '{what} count of "{text}"',
        "count how many {what} this has: {text}",
    ),
    "change_text": (
        '(write|put|convert|change) "{text}" (in|to|into) {how}',
        '(turn|make) "{text}" into {how}',
        '"{text}" in {how}',
        "(convert|change) to {how}: {text}",
        "{how}: {text}",
        "I want '{text}' in {how}",
        'give me "{text}" in {how}',
        'what is "{text}" in {how}',
        "please write this in {how}: {text}",
        'put this in {how}: "{text}"',
    ),
    "random_number": (
        "(give me|pick|generate) a random number[ between {low} and][ {high}]",
        "random number[ from {low}][ to {high}]",
        "(pick|choose|think of) a number (between {low} and|from {low} to) {high}",
        "(a|one) random (number|integer)[ between {low} and][ {high}], please",
        "generate a number (between {low} and|from {low} to) {high}",
        "I need a random number[ up to {high}]",
        "(pick|give me) any number[ up to {high}]",
        "draw a number (between {low} and|from {low} to) {high}",
        "random integer[ below or at {high}]",
    ),
    "roll_dice": (
        "roll {count}d{sides}",
        "(roll|throw) (a die|dice)",
        "roll {count} dice",
        "(roll|throw) {count} {sides}-sided dice",
        "roll a d{sides}",
        "(throw|toss) {count} dice[ with {sides} sides]",
        "roll a {sides}-sided die",
        "(please |)(throw|roll) the dice",
        "give me a dice roll",
        "I need a {count}d{sides} roll",
        "dice roll: {count}d{sides}",
    ),
    "flip_coin": (
        "(flip|toss) a coin",
        "heads or tails",
        "(flip|toss) {count} coins",
        "flip a coin {count} times",
        "(do|give me) a coin (flip|toss)",
        "throw a coin[ {count} times]",
        "let a coin decide",
        "coin (flip|toss)",
        "(please |)flip a coin for me",
    ),
    "pick_one": (
        "(pick|choose) one[ of {options}]",
        "(pick|choose|decide) (between|from|among) {options}",
        "which one should I take: {options}",
        "(pick|select) one (randomly|at random): {options}",
        "I can't decide between {options}",
        "randomly (choose|pick) something[ from {options}]",
        "help me (choose|pick): {options}",
        "draw one of {options}",
        "choose for me: {options}",
    ),
    "make_password": (
        "(make|generate|create|give me) a password[ {symbols}][ of {length} characters]",
        "(I need|make me) a (new |random |secure |strong |)password[ with {length} characters][ {symbols}]",
        "(generate|create) a (random|secure|strong) {length}(-| )character password[ {symbols}]",
        "password[ of length {length}][ {symbols}]( please|)",
        "new password[ {length} characters long][ {symbols}]",
        "(suggest|invent) a (good |safe |)password[ {symbols}]",
        "give me a {length} character password",
        "a safe password please[, {length} characters][, {symbols}]",
    ),
}
# For training alone: the committed held-out set does not know them.
_TRAINING_FRAMES: dict[str, tuple[str, ...]] = {
    "calculator": (
        "whats {expression}",
        "{expression} equals what",
        "calc {expression}",
        "gimme {expression}",
        "can you (do|figure out) {expression} (quickly|in your head)",
        "I (want|need) to know (what |how much ){expression} (is|makes)",
        "(figure out|crunch)[ {expression}]",
        "math: {expression}",
        "what do I get (for|from) {expression}",
        "so {expression}, how much does that (make|come to)",
        "the exercise says {expression}, what's the answer",
        "how much would {expression} be",
        "(use|open) the calculator: {expression}",
        "does (anybody|anyone) know what {expression} is",
    ),
    "convert_unit": (
        "{value}{from} in {to}",
        "{value} {from} (->|=>|>|=) {to}",
        "whats {value} {from} in {to}",
        "how much would {value} {from} be in {to}",
        "in {to}, (what's|what is|how much is) {value} {from}",
        "how many {to} (do I|do you|would I) get from {value} {from}",
        "{to} in {value} {from}",
        "the label says {value} {from} but I (only know|think in) {to}",
        "(I need|I'd like) {value} {from} (converted|changed) (to|into) {to}",
        "{value} {from}, how many {to} is that",
        "number of {to} in {value} {from}",
        "what do {value} {from} come to in {to}",
        "(switch|recalculate) {value} {from}[ (to|into) {to}]",
        "it says {value} {from} here, what would that be in {to}",
    ),
    "days_between": (
        "days til {to}",
        "how many (more |)(days|sleeps) (til|before) {to}",
        "countdown (to|until) {to}",
        "how far (away|off) is {to}, in days",
        "how many days away is {to}",
        "how many days (do I have|have I got|are left|remain) (before|until|till) {to}",
        "{from} (to|until) {to}, how many days( is that|)",
        "{from} until {to} in days",
        "how long (has it been|is it) since {from}",
        "days (passed |gone by |)since {from}",
        "arrival {from}, departure {to}, how many days is that",
        "tell me how many days lie between {from} and {to}",
        "day count from {from} to {to}",
        "{from} was how many days ago",
    ),
    "date_add": (
        "{date} ({direction=after:plus}|{direction=after:+}|{direction=before:minus}) {amount} {unit}",
        "{direction=after:add} {amount} {unit} to {date}",
        "{direction=before:subtract} {amount} {unit} from {date}",
        "(what's|whats|what is) the date {direction=after:in} {amount} {unit}",
        "{direction=after:in} {amount} {unit}, what will the date be",
        "which (day|date) was it {amount} {unit} {direction=before:ago}",
        "go {amount} {unit} ({direction=before:back}|{direction=after:forward}) from {date}",
        "the deadline is {amount} {unit} {direction} {date}, (which|what) date is that",
        "I need the date {amount} {unit} {direction} {date}",
        "(exactly|counting) {amount} {unit} {direction} {date}",
        "the warranty lasts {amount} {unit} {direction=after:from} {date}, when does it end",
        "calendar date {amount} {unit} {direction=before:ago}",
    ),
    "day_of_week": (
        "what day does {date} (land|fall) on",
        "{date}, what day of the week (is|was) (that|it)",
        "whats the weekday on {date}",
        "is {date} a (Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)",
        "I was born on {date}, (what|which) weekday was that",
        "on which weekday (is|was|will be) {date}",
        "(tell|give) me the (weekday|day of the week) (of|for) {date}",
        "{date}: Monday, Tuesday or what",
        "day name (of|for) {date}",
        "the party is on {date}, which day of the week is that",
        "does {date} land on the weekend",
        "{date} weekday",
        "will {date} be a (working day|school day|Saturday)",
    ),
    "current_time": (
        "{place} time",
        "whats the time[ in {place}]",
        "got the time",
        "do you (know|have) the time[ in {place}]",
        "do you know what time it is[ in {place}]",
        "what's today",
        "today's date",
        "what hour is it[ in {place}]",
        "is it (late|early|past midnight|still light)[ in {place}] (now|already)",
        "time check[ for {place}]",
        "my friend lives in {place}, what time is it there",
        "what does the clock say[ in {place}]",
        "what year (is it|are we in)",
        "I lost my watch, what time is it[ in {place}]",
    ),
    "convert_time": (
        "whats {time} {from} in {to}",
        "{time} {from} time in {to}",
        "it's {time} in {from}, what's the time in {to}",
        "the game starts at {time} {from} time, when do I watch in {to}",
        "what time in {to} is {time} in {from}",
        "in {to}, when is it {time} in {from}",
        "(I'm|I live) in {to}, the meeting is at {time} in {from}, (what time|when) is that for me",
        "what's the {to} equivalent of {time} in {from}",
        "(shift|move) {time} from {from} time[ to {to}]",
        "if they (call|start) at {time} {from} time, what will the clocks in {to} show",
        "{to} time for {time} in {from}",
        "they say {time} in {from}, I need that for {to}",
    ),
    "count_text": (
        'how long is "{text}" in {what}',
        '{what} in "{text}"',
        'how many {what} did I (write|use) in "{text}"',
        'how many {what} (make up|are used in) "{text}"',
        'I need the {what} count (of|for) "{text}"',
        'count up the {what}[ (of|in) "{text}"]',
        "{what} count: {text}",
        'is "{text}" too long, how many {what} does it have',
        'take "{text}" and count (its|the) {what}',
        "how many {what} do you see here: {text}",
        'my headline is "{text}", how many {what} is that',
        'whats the number of {what} in "{text}"',
    ),
    "change_text": (
        "({how=uppercase:uppercase}|{how=lowercase:lowercase}|{how=reverse:reverse}) this: {text}",
        '({how=uppercase:uppercase}|{how=lowercase:lowercase}|{how=reverse:reverse}) "{text}"',
        '(write|spell|say) "{text}" {how=reverse:backwards}',
        "(write|put) this {how=reverse:backwards}: {text}",
        '(remove|strip) the {how=trim:extra spaces} (from|around) "{text}"',
        'make "{text}" ({how=uppercase:all capitals}|{how=lowercase:all lowercase}|{how=uppercase:all uppercase})',
        'how (does|would) "{text}" look in {how}',
        '"{text}" but in {how}',
        'can I (have|get) "{text}" in {how}',
        '(rewrite|retype)[ "{text}"] in {how}',
        "the following in {how}: {text}",
        'I typed "{text}", (it should be|I need it) in {how}',
        'make a {how=snake_case:snake_case} name (of|from) "{text}"',
    ),
    "random_number": (
        "random {low} to {high}",
        "number between {low} and {high}( please|)",
        "gimme a random number[ up to {high}]",
        "surprise me with a number[ up to {high}]",
        "spin me a number (between {low} and|from {low} to) {high}",
        "I need a number for the raffle, {low} to {high}",
        "lottery number[ from {low}][ up to {high}]",
        "(what|which) number would you draw between {low} and {high}",
        "let (fate|chance) pick a number (between {low} and|from {low} to) {high}",
        "can you come up with a random number[ between {low} and {high}]",
        "make up a number[ no (higher|bigger) than {high}]",
        "randomize a number[ with a maximum of {high}]",
        "(min|minimum) {low}, (max|maximum) {high}, random number",
    ),
    "roll_dice": (
        "{count}d{sides}",
        "d{sides} roll",
        "(throw|cast) a d{sides}",
        "dice( please| roll|)",
        "let's roll( some| the|) dice",
        "(shake|cast|chuck) {count} dice",
        "(shake|cast) {count} {sides}-sided dice",
        "{count} dice (please|, go)",
        "a {sides}-sided die, (please |)throw it",
        "what do I get on {count} dice",
        "I need a number from a d{sides}",
        "my turn, (roll|throw) the die",
        "use {count} dice[ with {sides} sides] and roll them",
    ),
    "flip_coin": (
        "quick coin (flip|toss)",
        "tails or heads",
        "heads or tails, (you decide|go)",
        "(flip|toss) me a coin",
        "spin a coin[ {count} times]",
        "{count} coin (flips|tosses)",
        "do {count} coin (flips|tosses)",
        "can you (flip|toss) a coin for us",
        "(heads I win, tails you win|heads I pay, tails you pay|heads we go, tails we stay)",
        "let's settle (it|this) with a coin( toss|)",
        "we need a coin toss( to start the game|)",
        "how do {count} (tossed|flipped) coins land",
        "call it: heads or tails",
    ),
    "pick_one": (
        "{options}, which one",
        "{options}, you (choose|decide|pick)",
        "which of {options} (should I take|is it going to be)",
        "random pick: {options}",
        "what's it going to be: {options}",
        "decide for (me|us)[: {options}]",
        "(let|have) (chance|luck|fate) decide[ between {options}]",
        "make a (choice|decision)[ between {options}]",
        "draw lots (between|among) {options}",
        "pick a winner (from|among|out of) {options}",
        "(we|I) can't (agree|make up my mind): {options}",
        "it's either of {options}, you say which",
        "one of these, any: {options}",
    ),
    "make_password": (
        "pw (with|of) {length} (chars|characters)",
        "password, {length} (chars|characters)[, {symbols}]",
        "pw( please|)[, {symbols}]",
        "I need something hard to guess as my password[, {length} characters][, {symbols}]",
        "random password[ with {length} characters]( please|)",
        "(come up with|think up) a password[ of {length} characters][ {symbols}]",
        "can I (have|get) a password[ that has {length} characters][ {symbols}]",
        "{length} char (password|pw)[ {symbols}]",
        "my password (expired|was stolen), make me a (new|fresh) one[ with {length} characters][ {symbols}]",
        "the site wants a password of {length} characters[ {symbols}]",
        "what's a (good|strong) password[ {symbols}]",
        "{symbols}, {length} characters, one password( please|)",
        "password generator[, {length} characters][, {symbols}]",
    ),
}
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
                    _FRAMES[name],
                    local=True,
                    training_frames=_TRAINING_FRAMES[name],
                )
            )
        )
    return out
