"""Which report of a run was the best, and how long ago."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.config import BestConfig
from .figures import format_figure, is_share, label


class Best:
    """The best validation figure among rows of metrics, given in their order; equal figures leave the first."""

    def __init__(self, config: BestConfig, rows: Iterable[Mapping[str, Any]] = ()):
        self._config, self.metric = config, config.metric
        self.step: int | None = None
        self.value = float("nan")
        self.reports_since = 0
        for row in rows:
            self.add(row)

    def add(self, row: Mapping[str, Any]) -> bool:
        """Whether this row is the best so far; shares are best where they are largest, all else where it is least."""
        if row["kind"] != "validation" or self.metric not in row:
            return False
        value, sign = row[self.metric], -1 if is_share(self.metric) else 1
        better = self.step is None or sign * value < sign * self.value - self._config.min_change
        better |= math.isnan(self.value) and not math.isnan(value)
        if better:
            self.step, self.value, self.reports_since = row["step"], value, 0
        else:
            self.reports_since += 1
        return better

    @property
    def given_up(self) -> bool:
        """Whether so many reports have passed without a better one that training should end."""
        return self._config.patience is not None and self.reports_since >= self._config.patience

    @property
    def reason(self) -> str:
        """Why training ends where it is given up."""
        best = f"best {format_figure(self.metric, self.value)}, of step {self.step}"
        reports = f"{self.reports_since} reports (patience {self._config.patience})"
        return f"ended early: validation {label(self.metric)} no better for {reports}, {best}"
