"""What a user may put in a place of a request, and the argument that follows from it.

The rules (RULES.md says them in full): text is copied as the user wrote it; numbers in digits or
words become JSON numbers; words for a choice become the schema's own word; nothing else changes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Callable

from . import coined_words as lists
from . import words
from .numbers import number_in_words


@dataclass(frozen=True)
class Value:
    """One value: `surface` is what the request says; `lead` a preposition before it that is no
    part of the value ("on" before a weekday, nothing before "tomorrow")."""

    surface: str
    value: Any
    rule: str  # copy, number, enum, bool, list, numbers
    lead: str = ""


Kit = Callable[[random.Random], Value]


def copied(text: str, lead: str = "") -> Value:
    return Value(text, text, "copy", lead)


def whole(rng: random.Random, low: int, high: int, units: tuple[str, ...] = ()) -> Value:
    number = rng.randint(low, high) if rng.random() < 0.7 else rng.choice(_round(low, high))
    roll = rng.random()
    if roll < 0.2 and number < 10_000:
        text = number_in_words(number)
    elif number >= 1000 and roll < 0.5:
        text = f"{number:,}"
    else:
        text = str(number)
    if units:
        text = _with_unit(text, rng.choice(units))
    return Value(text, number, "number")


def _with_unit(text: str, unit: str) -> str:
    """20%, 20 kg; but nobody writes twenty%."""
    if unit[:1] not in "%°":
        return f"{text} {unit}"
    return (
        text + unit if text[-1:].isdigit() else text + (" percent" if unit == "%" else " degrees")
    )


def _round(low: int, high: int) -> list[int]:
    """Numbers people like to say."""
    steps = [
        n
        for n in (
            1,
            2,
            3,
            5,
            10,
            12,
            15,
            20,
            25,
            30,
            45,
            50,
            60,
            90,
            100,
            120,
            150,
            200,
            250,
            500,
            750,
            1000,
            1500,
            2000,
            5000,
            10000,
            50000,
            250000,
        )
        if low <= n <= high
    ]
    return steps or [low, high]


def decimal(rng: random.Random, low: float, high: float, units: tuple[str, ...] = ()) -> Value:
    if rng.random() < 0.45:
        return whole(rng, max(1, int(low)), max(2, int(high)), units)
    digits = rng.choice((1, 1, 2, 2, 3))
    number = round(rng.uniform(low, high), digits)
    if rng.random() < 0.1:
        base = rng.randint(1, 12)
        text, number = f"{number_in_words(base)} and a half", base + 0.5
    else:
        text = f"{number:,.{digits}f}" if rng.random() < 0.2 else f"{number:.{digits}f}"
    if units:
        text = _with_unit(text, rng.choice(units))
    return Value(text, int(number) if number == int(number) else number, "number")


def money(rng: random.Random, low: int, high: int) -> Value:
    if rng.random() < 0.5:
        number: float = rng.randint(low, high)
        text = f"{number:,}" if rng.random() < 0.5 else str(number)
    else:
        number = round(rng.uniform(low, high), 2)
        text = f"{number:,.2f}" if rng.random() < 0.5 else f"{number:.2f}"
    sign = rng.choice(
        ("${}", "{} dollars", "€{}", "{} euros", "{} bucks", "£{}", "{}", "{} EUR", "{} USD")
    )
    return Value(sign.format(text), int(number) if number == int(number) else number, "number")


def person(rng: random.Random) -> Value:
    roll = rng.random()
    first = words.invented(rng) if roll < 0.15 else rng.choice(words.FIRST)
    if 0.5 < roll and " " not in first:
        last = words.invented(rng) if roll > 0.93 else rng.choice(words.LAST)
        return copied(f"{first} {last}")
    return copied(first)


def city(rng: random.Random) -> Value:
    return copied(words.invented(rng) if rng.random() < 0.15 else rng.choice(words.CITY))


def place(rng: random.Random) -> Value:
    roll = rng.random()
    if roll < 0.6:
        return city(rng)
    if roll < 0.8:
        return copied(f"{rng.randint(1, 240)} {rng.choice(words.STREET)}")
    return copied(f"{rng.choice(words.CITY)}, {rng.choice(words.COUNTRY)}")


def company(rng: random.Random) -> Value:
    head = words.invented(rng) if rng.random() < 0.25 else rng.choice(words.COMPANY_HEAD)
    return copied(head if rng.random() < 0.4 else f"{head} {rng.choice(words.COMPANY_TAIL)}")


def product(rng: random.Random) -> Value:
    thing = rng.choice(words.THING)
    return copied(f"{rng.choice(words.ADJECTIVE)} {thing}" if rng.random() < 0.6 else thing)


def _ordinal(day: int) -> str:
    ending = "th" if 10 < day % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def date(rng: random.Random) -> Value:
    """Kept as written: what "next Friday" is depends on today, and the tool knows today."""
    day, month, year = rng.randint(1, 28), rng.choice(words.MONTH), rng.randint(1998, 2034)
    number = words.MONTH.index(month) + 1
    roll = rng.random()
    if roll < 0.22:
        return copied(
            rng.choice(
                (
                    "tomorrow",
                    "today",
                    "yesterday",
                    "tonight",
                    "next week",
                    "this weekend",
                    "next month",
                    "the day after tomorrow",
                    "tomorrow morning",
                    "this afternoon",
                )
            )
        )
    if roll < 0.36:
        return copied(rng.choice(("next ", "this ", "last ")) + rng.choice(words.WEEKDAY))
    if roll < 0.46:
        return copied(rng.choice(words.WEEKDAY), "on ")
    if roll < 0.52:
        return copied(f"in {whole(rng, 2, 30).surface} {rng.choice(('days', 'weeks', 'months'))}")
    forms = (
        f"{day} {month}",
        f"{month} {day}",
        f"{month} {_ordinal(day)}",
        f"the {_ordinal(day)} of {month}",
        f"{year}-{number:02}-{day:02}",
        f"{day}.{number}.{year}",
        f"{day}/{number}/{year}",
        f"{month} {day}, {year}",
        f"{day} {month} {year}",
        f"{month[:3]} {day}",
        f"{day} {month[:3]} {year}",
        f"{_ordinal(day)} {month}",
    )
    return copied(rng.choice(forms), "on ")


def fixed_date(rng: random.Random) -> Value:
    """A day with a name or a number: a birthday, a deadline, the other end of a span."""
    if rng.random() < 0.2:
        return copied(
            rng.choice(
                (
                    "Christmas",
                    "New Year's Eve",
                    "New Year",
                    "Halloween",
                    "Valentine's Day",
                    "Christmas Eve",
                    "new year's day",
                )
            )
        )
    while True:
        value = date(rng)
        if any(c.isdigit() for c in value.surface) and not value.surface.startswith("in "):
            return value


def time(rng: random.Random) -> Value:
    hour, minute = rng.randint(1, 12), rng.choice(
        (0, 0, 5, 10, 15, 20, 30, 30, 40, 45, 50, rng.randint(0, 59))
    )
    half = rng.choice(("am", "pm"))
    forms = (
        f"{hour}:{minute:02}",
        f"{hour}:{minute:02} {half}",
        f"{hour}{half}",
        f"{hour} {half}",
        f"{rng.randint(0, 23):02}:{minute:02}",
        f"{hour} o'clock",
        f"half past {number_in_words(hour)}",
        f"quarter to {number_in_words(hour)}",
        f"{hour}:{minute:02}{half}",
        "noon",
        "midnight",
        f"{number_in_words(hour)} in the morning",
        f"{hour} in the evening",
    )
    return copied(rng.choice(forms), "at ")


def duration(rng: random.Random) -> Value:
    unit, top = rng.choice(
        (("minutes", 90), ("hours", 12), ("seconds", 90), ("days", 30), ("weeks", 8), ("min", 90))
    )
    number = whole(rng, 2, top).surface
    forms = (
        f"{number} {unit}",
        f"{number} {unit}",
        f"{number} {unit}",
        "half an hour",
        "an hour",
        "an hour and a half",
        f"{rng.randint(1, 5)}h{rng.choice((10, 15, 30, 45))}",
        f"{rng.randint(1, 5)} hours and {rng.choice((10, 20, 30))} minutes",
    )
    return copied(rng.choice(forms), "for ")


def email(rng: random.Random) -> Value:
    name = rng.choice(words.FIRST).split()[-1].lower()
    tail = rng.choice(("", str(rng.randint(1, 99)), "." + rng.choice(words.LAST).lower()))
    return copied(f"{name}{tail}@{rng.choice(words.MAIL_HOST)}")


def phone(rng: random.Random) -> Value:
    pieces = [str(rng.randint(100, 999)), str(rng.randint(100, 999)), str(rng.randint(1000, 9999))]
    return copied(
        rng.choice(("", "", "+" + str(rng.randint(1, 98)) + " "))
        + rng.choice((" ", "-")).join(pieces)
    )


def url(rng: random.Random) -> Value:
    host = rng.choice(words.COMPANY_HEAD).lower() + rng.choice(
        (".example", ".test", ".example/" + rng.choice(words.FILE_STEM))
    )
    return copied(rng.choice(("https://", "https://www.", "www.", "")) + host)


def file(rng: random.Random) -> Value:
    stem = rng.choice(words.FILE_STEM) + rng.choice(
        ("", "", f"_{rng.randint(1, 40)}", f"-{rng.randint(2019, 2027)}")
    )
    name = f"{stem}.{rng.choice(words.EXTENSION)}"
    head = rng.choice(
        (
            "",
            "",
            "",
            rng.choice(words.FOLDER) + "/",
            f"/home/{rng.choice(words.FIRST).split()[0].lower()}/",
            "~/",
        )
    )
    return copied(head + name)


def folder(rng: random.Random) -> Value:
    return copied(
        rng.choice(("{}", "~/{}", "/var/{}", "{}/" + str(rng.randint(2019, 2027)))).format(
            rng.choice(words.FOLDER)
        )
    )


def code(rng: random.Random) -> Value:
    """A number or code by which a record is known; always text, because 00412 is not 412."""
    letters = "".join(rng.choice("ABCDEFGHKLMNPRSTUVWX") for _ in range(rng.randint(1, 3)))
    digits = str(rng.randint(100, 99999))
    return copied(
        rng.choice(
            (
                f"{letters}{digits}",
                f"{letters}-{digits}",
                digits,
                f"#{digits}",
                f"{letters}-{digits[:3]}-{rng.randint(1, 9)}",
            )
        )
    )


def artwork(rng: random.Random) -> Value:
    head, tail = rng.choice(words.ART_A), rng.choice(words.ART_B)
    return copied(
        rng.choice(
            (
                f"{head} {tail}",
                f"The {head} {tail}",
                f"{tail} of {rng.choice(words.ART_B)}",
                f"{head} {tail}",
            )
        )
    )


def title(rng: random.Random) -> Value:
    text = rng.choice(words.TITLE)
    if rng.random() < 0.3:
        text = f"{rng.choice(words.ART_A)} {rng.choice(words.TITLE).split()[-1]}"
    return copied(text if rng.random() < 0.6 else text.lower())


def task(rng: random.Random) -> Value:
    if rng.random() < 0.35:
        return copied(f"{rng.choice(words.VERB_TASK)} {rng.choice(words.FIRST)}")
    return copied(rng.choice(words.TASK))


def _from(items: tuple[str, ...], invent: float = 0.0) -> Kit:
    def kit(rng: random.Random) -> Value:
        return copied(words.invented(rng) if rng.random() < invent else rng.choice(items))

    return kit


def listing(kit: Kit, rng: random.Random) -> Value:
    """ "milk, eggs and bread": an array of what stands between the commas."""
    items: list[str] = []
    for _ in range(rng.choice((1, 2, 2, 3, 3, 4))):
        text = kit(rng).surface
        if text not in items and "," not in text and " and " not in text:
            items.append(text)
    items = items or [kit(rng).surface.replace(",", "").replace(" and ", " ")]
    last = rng.choice((" and ", " and ", ", ", ", and "))
    text = items[0] if len(items) == 1 else ", ".join(items[:-1]) + last + items[-1]
    return Value(text, items, "list")


def numbers(rng: random.Random) -> Value:
    items = [
        rng.randint(1, 200) if rng.random() < 0.7 else round(rng.uniform(0.1, 99), 1)
        for _ in range(rng.randint(3, 6))
    ]
    joined = ", ".join(map(str, items[:-1])) + rng.choice((" and ", ", ")) + str(items[-1])
    return Value(joined, [int(n) if n == int(n) else n for n in items], "numbers")


def _phrase(rng: random.Random) -> Value:
    """One to three words of ours, or an invented one: text that no list of values holds."""
    roll = rng.random()
    if roll < 0.2:
        return copied(words.invented(rng).lower())
    text = rng.choice(lists.NOUN)
    if roll < 0.6:
        text = f"{rng.choice(lists.MODIFIER + words.ADJECTIVE)} {text}"
    if roll > 0.9:
        text = f"{text} and {rng.choice(lists.NOUN)}"
    return copied(text)


def _any_word(rng: random.Random) -> Value:
    roll = rng.random()
    if roll < 0.3:
        return copied(words.invented(rng).lower())
    among = (lists.NOUN, lists.MODIFIER, lists.STYLE, words.WORD)[int(roll * 40) % 4]
    return copied(rng.choice(among))


KITS: dict[str, Kit] = {
    "person": person,
    "city": city,
    "place": place,
    "company": company,
    "product": product,
    "date": date,
    "fixed_date": fixed_date,
    "time": time,
    "duration": duration,
    "email": email,
    "phone": phone,
    "url": url,
    "file": file,
    "folder": folder,
    "code": code,
    "artwork": artwork,
    "title": title,
    "task": task,
    "numbers": numbers,
    "country": _from(words.COUNTRY),
    "food": _from(words.FOOD),
    "dish": _from(words.DISH, 0.05),
    "topic": _from(words.TOPIC),
    "message": _from(words.MESSAGE),
    "language": _from(words.LANGUAGE),
    "currency": _from(words.CURRENCY),
    "room": _from(words.ROOM),
    "sport": _from(words.SPORT),
    "animal": _from(words.ANIMAL),
    "plant": _from(words.PLANT),
    "word": _from(words.WORD, 0.2),
    "name": lambda rng: copied(words.invented(rng)),
    "artist": person,
    "phrase": _phrase,
    "anyword": _any_word,
    "color": lambda rng: copied(rng.choice(lists.COLOR)),
    "material": lambda rng: copied(rng.choice(lists.MATERIAL)),
    "size": lambda rng: copied(rng.choice(lists.SIZE)),
    "style": lambda rng: copied(rng.choice(lists.STYLE)),
}

# What a schema says about a parameter when its author wrote nothing.
SAYS: dict[str, str] = {
    "person": "Name of the person",
    "city": "Name of the town",
    "place": "Town or address",
    "company": "Name of the company",
    "product": "What product",
    "date": "Day, as said",
    "fixed_date": "Day, as said",
    "time": "Time of day, as said",
    "duration": "How long, as said",
    "email": "Email address",
    "phone": "Phone number",
    "url": "Web address",
    "file": "Path of the file",
    "folder": "Path of the folder",
    "code": "Its number or code",
    "artwork": "Title of the work",
    "title": "Title",
    "task": "What to do",
    "numbers": "The numbers",
    "country": "Name of the country",
    "food": "What food",
    "dish": "Name of the dish",
    "topic": "The subject",
    "message": "The text",
    "language": "Name of the language",
    "currency": "Name or code of the currency",
    "room": "Which room",
    "sport": "Kind of exercise",
    "animal": "Kind of animal",
    "plant": "Name of the plant",
    "word": "The word",
    "name": "The name",
    "artist": "Name of the artist",
}
