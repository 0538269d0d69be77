"""Those who are told of every row beside metrics.jsonl, and must never stop a training."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from ..core.errors import ConfigError


@runtime_checkable
class Tracker(Protocol):
    """Someone who is told of rows."""

    def add(self, row: Mapping[str, Any]) -> None:
        """One row of metrics."""


class Trackers:
    """Tells each of the trackers that `make` makes, by name; one that fails is warned of, once, and told no more.

    Raises ConfigError where one asks for what is not installed.
    """

    def __init__(self, make: Mapping[str, Callable[[], Tracker]], warn: Callable[[str], None]):
        self._trackers: dict[str, Tracker] = {}
        self._warn = warn
        for name, tracker in make.items():
            try:
                self._trackers[name] = tracker()
            except ConfigError:
                raise
            except Exception as error:  # it is other people's code, and the training does not depend on it
                self._give_up(name, error)

    def add(self, row: Mapping[str, Any]) -> None:
        """Tell everyone of one row."""
        for name, tracker in list(self._trackers.items()):
            try:
                tracker.add(row)
            except Exception as error:  # as above
                self._give_up(name, error)

    def _give_up(self, name: str, error: Exception) -> None:
        self._trackers.pop(name, None)
        self._warn(f"warning: tracker {name} failed and is told no more: {type(error).__name__}: {error}")
