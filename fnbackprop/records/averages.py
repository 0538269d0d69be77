"""The figures of many steps as one row of metrics."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Num

# A rate is a setting, not a measurement: its last value is what counts.
_LAST = ("learning_rate",)


class Averages:
    """Averages over examples of each figure of the steps added since the last `clear`."""

    def __init__(self) -> None:
        self.clear()

    def add(
        self, figures: Mapping[str, Num[np.ndarray, " steps"]], examples: Num[np.ndarray, " steps"], seconds: float
    ) -> None:
        """The figures of some steps, how many examples each of them saw, and how long they took together."""
        self._figures.append(figures)
        self._examples.append(examples)
        self._seconds += seconds

    def row(self) -> dict[str, float]:
        """One number for each figure, and the speed."""
        examples = np.concatenate(self._examples)
        columns = {name: np.concatenate([f[name] for f in self._figures]) for name in self._figures[0]}
        row = {
            name: float(values[-1] if name in _LAST else np.average(values.astype(np.float64), weights=examples))
            for name, values in columns.items()
        }
        return row | {"examples_per_second": float(examples.sum() / self._seconds)}

    def clear(self) -> None:
        """Begin the next row."""
        self._figures: list[Mapping[str, Num[np.ndarray, " steps"]]] = []
        self._examples: list[Num[np.ndarray, " steps"]] = []
        self._seconds = 0.0
