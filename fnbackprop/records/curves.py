"""Which curves a run's metrics make: from rows to charts, before anything is drawn."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64

from .figures import is_share

_KINDS = ("train", "validation", "test")
_PARTS = ("cost", "l2", "l1")
# What is no measure of the model, or has a chart of its own.
_OTHER = {"kind", "step", "epoch", "loss", *_PARTS, "learning_rate", "gradient_norm", "examples_per_second", "seconds"}
# Past any float32, and far from where the arithmetic of axes would overflow.
_LIMIT = 1e100


@dataclass(frozen=True)
class Curve:
    """One line: values against epochs, its last value, and how many were left out: NaN, infinite or past 1e100."""

    name: str
    epochs: Float64[np.ndarray, " rows"]
    values: Float64[np.ndarray, " rows"]
    last: float
    dropped: int


@dataclass(frozen=True)
class Chart:
    """Curves that share their axes; `end` is the run's last epoch."""

    figure: str
    curves: tuple[Curve, ...]
    scale: Literal["linear", "log"]
    end: float


def charts(rows: Sequence[dict[str, Any]]) -> list[Chart]:
    """Loss, the measures of the model, learning rate, gradient norm and the parts of the loss, where recorded."""
    names = ("loss", *measures(rows))
    measured = [_chart(name, [_curve(kind, rows, kind, name) for kind in _KINDS], rows) for name in names]
    parts = [name for name in _PARTS if any(row.get(name) for row in rows)]
    split = _chart("parts of the loss", [_curve(name, rows, "train", name) for name in parts], rows, log=True)
    rate = _chart("learning_rate", [_curve("train", rows, "train", "learning_rate")], rows)
    norm = _chart("gradient_norm", [_curve("train", rows, "train", "gradient_norm")], rows, log=True)
    return [chart for chart in (*measured, rate, norm, *([split] if len(parts) > 1 else [])) if chart.curves]


def compared(runs: Mapping[str, Sequence[dict[str, Any]]]) -> list[Chart]:
    """The loss and the measures of several runs, by name: a curve for each run, a chart for each part of the data."""
    rows = [row for each in runs.values() for row in each]
    found = [
        _chart(f"{kind} {name}", [_curve(run, each, kind, name) for run, each in runs.items()], rows)
        for name in ("loss", *measures(rows))
        for kind in ("validation", "train")
    ]
    return [chart for chart in found if chart.curves]


def measures(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The names of the figures that judge the model beside its loss, in the order they were first recorded."""
    numbers = {name: None for row in rows for name, value in row.items() if isinstance(value, int | float)}
    return [name for name in numbers if name not in _OTHER]


def _chart(figure: str, curves: Sequence[Curve], rows: Sequence[dict[str, Any]], log: bool = False) -> Chart:
    curves = [curve for curve in curves if curve.values.size or curve.dropped]
    values = np.concatenate([curve.values for curve in curves] or [np.empty(0)])
    scale: Literal["linear", "log"] = "log" if log or (_is_wide(values) and not _is_linear(figure)) else "linear"
    if not (values > 0).any() or (values < 0).any():
        scale = "linear"
    end = max([0.0, *(float(_epoch(row)) for row in rows if math.isfinite(_epoch(row)))])
    return Chart(figure, tuple(curves), scale, end)


def _is_linear(figure: str) -> bool:
    # A schedule's last rate may be next to 0, and would take up all of a logarithmic axis.
    return is_share(figure) or figure == "learning_rate"


def _is_wide(values: Float64[np.ndarray, " rows"]) -> bool:
    return bool(values.size > 0 and values.min() > 0 and values.max() / values.min() > 300)


def _curve(name: str, rows: Sequence[dict[str, Any]], kind: str, key: str) -> Curve:
    picked = [row for row in rows if row.get("kind") == kind and isinstance(row.get(key), int | float)]
    epochs = np.array([_epoch(row) for row in picked], np.float64)
    values = np.array([row[key] for row in picked], np.float64)
    drawable = np.isfinite(epochs) & (np.abs(values) < _LIMIT)
    last = float(values[-1]) if values.size else np.nan
    return Curve(name, epochs[drawable], values[drawable], last, int((~drawable).sum()))


def _epoch(row: dict[str, Any]) -> int | float:
    return row.get("epoch", math.nan)


@dataclass(frozen=True)
class Band:
    """A curve of many points as few: the mean of each stretch, and between what its values lie."""

    epochs: Float64[np.ndarray, " points"]
    mean: Float64[np.ndarray, " points"]
    low: Float64[np.ndarray, " points"]
    high: Float64[np.ndarray, " points"]


def thin(curve: Curve, most: int = 300) -> Band:
    """`curve` in at most `most` points; its own points where it has no more than that."""
    points = min(most, curve.values.size)
    if points == 0:
        return Band(curve.epochs, curve.values, curve.values, curve.values)
    edges = np.linspace(0, curve.values.size, points + 1).astype(int)
    stretches = [slice(*edge) for edge in pairwise(edges)]
    mean, low, high = ([pick(curve.values[at]) for at in stretches] for pick in (np.mean, np.min, np.max))
    epochs = [curve.epochs[at].mean() for at in stretches]
    return Band(*(np.asarray(x, np.float64) for x in (epochs, mean, low, high)))
