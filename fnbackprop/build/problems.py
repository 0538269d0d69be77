"""Mistakes in a config, collected so that a user sees all of them at once, one line each."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ArgsKwargs

from ..core.errors import ConfigError, short
from ..core.invalid import alternatives

_UNSAID = object()


class Problems:
    """The mistakes found so far in the config called `file`."""

    def __init__(self, file: str):
        self.file = file
        self.lines: list[str] = []

    def add(self, path: str, what: str, got: Any = _UNSAID) -> None:
        """One mistake: where, what is wrong, and the value."""
        value = "" if got is _UNSAID else f" (got {short(got)})"
        line = ": ".join(part for part in (self.file, path, what + value) if part)
        # One line each, and text from a config must not steer the terminal.
        self.lines.append("".join(c if c.isprintable() else " " for c in line))

    def add_invalid(
        self, error: ValidationError, path: str, model: type[BaseModel], siblings: Iterable[str] = ()
    ) -> None:
        """All that pydantic found in the table at `path`, read as `model`; `siblings` are keys that others read."""
        for location, said, each in alternatives(error):
            # A union's tag stands in the location, but not in the file.
            names = [str(part) for i, part in enumerate(location) if location[i - 1 : i] != ("learning_rate",)]
            where = ".".join([path, *names] if path else names)
            if each["type"] == "extra_forbidden":
                known = [*_keys_at(model, location), *siblings]
                self.add(where, f"unknown key; {nearest(names[-1], known)}", each["input"])
            elif each["type"] == "missing":
                self.add(where, "missing, and it has no default")
            else:
                self.add(where, said, *([] if isinstance(each["input"], dict | ArgsKwargs) else [each["input"]]))

    def raise_any(self) -> None:
        """Raises ConfigError with all of them, if there are any."""
        if self.lines:
            raise ConfigError(self.lines)


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint: the name that was probably meant, and what there is."""
    names = sorted(names)
    hint = f"did you mean '{near}'? " if (near := _meant(name.lower(), {each.lower(): each for each in names})) else ""
    return f"{hint}there are {', '.join(names)}" if names else "there are none"


def _meant(name: str, names: Mapping[str, str]) -> str:
    """Another spelling, the whole of a beginning or of initials, as "lr", or what looks alike; empty for none."""
    longer = [each for each in names if len(name) > 2 and each.startswith(name)]
    initials = [each for each in names if "".join(part[:1] for part in each.split("_")) == name]
    found = [each for each in names if each == name] or longer or initials or get_close_matches(name, names, n=1)
    return names[found[0]] if found else ""


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> Iterable[str]:
    for part in location[:-1]:
        inner = model.model_fields[str(part)].annotation
        # A table that may be left out is a union with None.
        inner = next((each for each in get_args(inner) if each is not NoneType), inner)
        assert isinstance(inner, type)
        model = inner
    return model.model_fields
