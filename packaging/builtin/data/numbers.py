"""Numbers in English words, both ways: written for requests, read back by the tests."""

from __future__ import annotations

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def number_in_words(number: int) -> str:
    """0 to 9999, as people write it: "forty-two", "two hundred and five", "three thousand"."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        rest = number % 10
        return _TENS[number // 10] + (f"-{_SMALL[rest]}" if rest else "")
    if number < 1000:
        rest = number % 100
        return f"{_SMALL[number // 100]} hundred" + (
            f" and {number_in_words(rest)}" if rest else ""
        )
    rest = number % 1000
    joint = " and " if 0 < rest < 100 else " "
    return f"{_SMALL[number // 1000]} thousand" + (
        f"{joint}{number_in_words(rest)}" if rest else ""
    )
