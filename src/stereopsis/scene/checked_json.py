"""Values that came out of a JSON file, each checked for its type and named in what it lacks.

Every function returns the value, or raises ValueError, whose words complete "the file is not
readable (...)"; `what` names the value in them.
"""

import math
from collections.abc import Collection
from contextlib import suppress
from typing import Any


def an_object(given: Any, what: str) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(given, dict):
        raise ValueError(f"{what} is not an object")
    return given


def only(stated: dict[str, Any], known: Collection[str], what: str) -> None:
    """Nothing, once no name in the object is unknown: a misspelt one would be passed over."""
    for name in stated:
        if name not in known:
            raise ValueError(f"{what} has {name}, which means nothing here")


def a_text(given: Any, what: str) -> str:
    """A text."""
    if not isinstance(given, str):
        raise ValueError(f"{what} is not a text")
    return given


def texts(given: Any, what: str) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(given, list):
        raise ValueError(f"{what} is not a list of texts")
    return tuple(a_text(each, what) for each in given)


def a_number(given: Any, what: str) -> float:
    """A finite number."""
    if not isinstance(given, bool) and isinstance(given, int | float):
        with suppress(OverflowError):  # JSON's whole numbers may be longer than a float's
            if math.isfinite(number := float(given)):
                return number
    raise ValueError(f"{what} is not a number")


def numbers(given: Any, what: str) -> dict[str, float]:
    """An object that holds nothing but finite numbers."""
    named = an_object(given, what).items()
    return {name: a_number(value, f"{name} of {what}") for name, value in named}


def three_numbers(given: Any, what: str) -> tuple[float, float, float]:
    """Three finite numbers."""
    if not isinstance(given, list) or len(given) != 3:
        raise ValueError(f"{what} is not three numbers")
    first, second, third = (a_number(each, what) for each in given)
    return first, second, third


def a_count(given: Any, what: str, most: int) -> int:
    """A whole number from 1 to `most`."""
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= most:
        raise ValueError(f"{what} is not a whole number from 1 to {most}")
    return given


def one_of(given: Any, choices: Collection[Any], what: str) -> Any:
    """One of the choices."""
    if isinstance(given, bool | list | dict) or given not in choices:
        raise ValueError(f"{what} is not one of {', '.join(map(str, choices))}")
    return given


def yes_or_no(given: Any, what: str) -> bool:
    """True or false."""
    if not isinstance(given, bool):
        raise ValueError(f"{what} is neither true nor false")
    return given
