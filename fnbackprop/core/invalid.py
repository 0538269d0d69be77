"""What pydantic found wrong, in the words of configs and options."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError


def alternatives(error: ValidationError) -> Iterator[tuple[tuple[int | str, ...], str, dict[str, Any]]]:
    """Each place that pydantic found wrong, what it says there, and its first error of it.

    Where there may be one type or another, it finds each of them wrong, and names it in the place.
    """
    found: dict[tuple[int | str, ...], list[dict[str, Any]]] = {}
    for each in error.errors():
        place = tuple(part for i, part in enumerate(each["loc"]) if not i or not _is_type(part))
        found.setdefault(place, []).append(dict(each))
    for place, errors in found.items():
        said = list(dict.fromkeys(in_config_words(each["msg"]) for each in errors))
        yield place, ", or ".join([said[0], *(what.removeprefix("should be ") for what in said[1:])]), errors[0]


def _is_type(part: int | str) -> bool:
    return isinstance(part, str) and ("[" in part or part in ("int", "float", "bool", "str"))


def in_config_words(message: str) -> str:
    """What pydantic says of a value, as configs and their options are spoken of here."""
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    return message.replace("a valid array", "a list").replace("an object", "a table")  # it speaks of JSON
