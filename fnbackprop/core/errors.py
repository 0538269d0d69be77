"""The errors a user can cause, each with the exit code the command line ends with."""

import sysconfig
from collections.abc import Sequence
from pathlib import Path
from traceback import extract_tb
from typing import Any


class FnbackpropError(Exception):
    """Base of all errors raised on purpose; the message says who, what it got, what it wanted, and the remedy."""

    exit_code = 70


class ConfigError(FnbackpropError):
    """A mistake in a config or on the command line; holds every problem found, one line each."""

    exit_code = 2

    def __init__(self, problems: str | Sequence[str]):
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class OptionError(FnbackpropError, ValueError):
    """An option that a module does not have, or not with this value; `invalid` is pydantic's error."""

    exit_code = 2
    invalid: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args  # pydantic's cannot be pickled


class GraphError(FnbackpropError, ValueError):
    """Modules wired in a way that is no directed acyclic graph, or whose wires do not meet."""

    exit_code = 2


class ShapeError(GraphError):
    """Arrays whose shapes do not fit the module, rule or cost that receives them."""


class DataError(FnbackpropError):
    """A data file that is missing, damaged, or not what the config says it is."""

    exit_code = 3


class NonFiniteError(FnbackpropError):
    """Training met a NaN or an infinity."""

    exit_code = 4


class CheckpointError(FnbackpropError):
    """A run's state that could not be saved, or that cannot be gone on from."""

    exit_code = 5


class Stopped(KeyboardInterrupt):
    """Training was told to stop by a signal, and did; the message says what was saved."""

    def __init__(self, number: int, what: str):
        self.exit_code = 128 + number
        super().__init__(what)


def of_own_code(error: BaseException) -> str:
    """An error that code of the user's raised: its kind, what it says, and the last line of that code on its way."""
    ours = str(Path(__file__).parents[1])
    others = (ours, *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")), "<")
    own = [frame for frame in extract_tb(error.__traceback__) if not frame.filename.startswith(others)]
    where = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    return f"{type(error).__name__}: {error}{where}"


def short(value: Any) -> str:
    """A value as an error shows it."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def kind_of(thing: Any) -> str:
    """What something is, for a message: `an array`, `a tuple`."""
    name = "array" if hasattr(thing, "shape") and hasattr(thing, "dtype") else type(thing).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
