"""Those who are told of every row beside metrics.jsonl, and must never stop a training."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Tracker(Protocol):
    """Someone who is told of rows."""

    def add(self, row: Mapping[str, Any]) -> None:
        """One row of metrics."""

    def flush(self) -> None:
        """The rows so far are to be seen."""


class Trackers:
    """Tells each of `trackers`; one that fails is warned of, once, and told no more."""

    def __init__(self, trackers: Sequence[Tracker], warn: Callable[[str], None]):
        self._trackers, self._warn = list(trackers), warn

    def add(self, row: Mapping[str, Any]) -> None:
        """Tell everyone of one row."""
        for tracker in list(self._trackers):
            self._try(tracker, lambda tracker: tracker.add(row))

    def flush(self) -> None:
        """Have everyone show what they were told."""
        for tracker in list(self._trackers):
            self._try(tracker, lambda tracker: tracker.flush())

    def _try(self, tracker: Tracker, tell: Callable[[Tracker], None]) -> None:
        try:
            tell(tracker)
        except Exception as error:  # it is other people's code, and the training does not depend on it
            self._trackers.remove(tracker)
            self._warn(f"warning: {type(tracker).__name__} failed and is told no more: {type(error).__name__}: {error}")
