"""The figures of many steps as one row of metrics."""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Num

# A rate is a setting, not a measurement: its last value is what counts.
_LAST = ("learning_rate",)
_SPOILED = "spoiled"
# No figure has such a name.
_EXAMPLES = "(examples)"


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
        self.seconds += seconds

    def row(self) -> dict[str, int | float]:
        """One number for each figure, and the speed; spoiled steps are counted, and count for nothing else."""
        examples = np.concatenate(self._examples)
        columns = {name: np.concatenate([f[name] for f in self._figures]) for name in self._figures[0]}
        row: dict[str, int | float] = {"spoiled": int(columns[_SPOILED].sum())} if _SPOILED in columns else {}
        sound = columns.pop(_SPOILED, np.zeros(len(examples))) == 0
        for name, values in columns.items():
            mean = _mean(values[sound], examples[sound])
            row[name] = float(values[-1]) if name in _LAST else mean
        return row | {"examples_per_second": float(examples.sum() / self.seconds)}

    @property
    def steps(self) -> int:
        """How many steps were added."""
        return sum(len(examples) for examples in self._examples)

    def arrays(self) -> dict[str, np.ndarray]:
        """The figures that were added, and the number of examples beside them; empty where nothing was."""
        if not self._examples:
            return {}
        columns = {name: np.concatenate([f[name] for f in self._figures]) for name in self._figures[0]}
        return columns | {_EXAMPLES: np.concatenate(self._examples)}

    def restore(self, arrays: Mapping[str, np.ndarray], seconds: float) -> None:
        """Add what `arrays` and `seconds` were."""
        if arrays:
            figures = {name: values for name, values in arrays.items() if name != _EXAMPLES}
            self.add(figures, arrays[_EXAMPLES], seconds)

    def clear(self) -> None:
        """Begin the next row."""
        self._figures: list[Mapping[str, Num[np.ndarray, " steps"]]] = []
        self._examples: list[Num[np.ndarray, " steps"]] = []
        self.seconds = 0.0


def _mean(values: Num[np.ndarray, " steps"], examples: Num[np.ndarray, " steps"]) -> float:
    return float(np.average(values.astype(np.float64), weights=examples)) if len(values) else math.nan
