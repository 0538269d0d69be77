"""The results of a sweep: a row for each point that has ended, and what they come to over seeds."""

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..records.figures import is_share
from .axes import toml_value

_KINDS = ("train", "validation", "test")
_SEED = "seed"


class Summary(NamedTuple):
    """Points that differ in their seed only: the rest of their settings, their rows, and mean and std by figure."""

    settings: dict[str, Any]
    rows: list[dict[str, Any]]
    figures: dict[str, tuple[float, float]]


def result_row(
    name: str, settings: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], diverged: bool, seconds: float
) -> dict[str, Any]:
    """A point's row: its settings, and the last figures of each kind."""
    last = {kind: dict(row) for kind in _KINDS for row in rows if row["kind"] == kind}
    for own in last.values():
        del own["kind"]
    state = "diverged" if diverged else "done"
    return {"point": name, "settings": dict(settings), "state": state, **last, "seconds": seconds}


def is_result(row: Mapping[str, Any], points: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether `result_row` can have made this of one of these points, given as their settings by name."""
    name, kinds = row.get("point"), [row.get(kind, {}) for kind in _KINDS]
    if not (isinstance(name, str) and name in points and all(isinstance(figures, dict) for figures in kinds)):
        return False
    numbers = all(isinstance(figures[name], int | float) for figures in kinds for name in _measures(figures))
    return numbers and row.get("settings") == points[name] and row.get("state") in ("done", "diverged")


def summarize(rows: Sequence[Mapping[str, Any]]) -> list[Summary]:
    """One summary for each setting but the seed; figures are named as in "validation accuracy".

    The deviation is that of a sample, s² = Σ (x − x̄)² / (n − 1), and 0 of a single seed. A diverged point makes its
    setting's figures NaN.
    """
    names = _names(rows)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[toml_value(_rest(row))].append(dict(row))
    return [Summary(_rest(each[0]), each, _figures(each, names)) for each in found.values()]


def judge(summaries: Sequence[Summary]) -> str:
    """The figure that tells which setting is best: validation's accuracy, or its loss; test's where there is none."""
    names = list(summaries[0].figures)
    kind = "validation" if any(name.startswith("validation ") for name in names) else "test"
    share = next((name for name in names if name.startswith(f"{kind} ") and is_share(name)), None)
    return share or f"{kind} loss"


def best_of(summaries: Sequence[Summary]) -> Summary | None:
    """The best setting by the mean over its seeds, of equal shares by that of the loss; None where all diverged."""
    name = judge(summaries)
    loss, sign = f"{name.split()[0]} loss", -1 if is_share(name) else 1
    sound = [each for each in summaries if math.isfinite(each.figures[name][0])]
    return min(sound, key=lambda each: (sign * each.figures[name][0], each.figures[loss][0]), default=None)


def _rest(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row["settings"].items() if key != _SEED}


def _names(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The figures of all points: one that diverged may have none, and if all did the test loss is missed."""
    found = {(kind, name): None for kind in _KINDS for row in rows for name in _measures(row.get(kind, {}))}
    return list(found | {("test", "loss"): None})


def _figures(rows: Sequence[Mapping[str, Any]], names: Sequence[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    return {f"{kind} {name}": _spread([_value(row, kind, name) for row in rows]) for kind, name in names}


def _measures(figures: Mapping[str, Any]) -> list[str]:
    return [name for name in figures if name == "loss" or is_share(name) or name == "perplexity"]


def _value(row: Mapping[str, Any], kind: str, name: str) -> float:
    return math.nan if row["state"] == "diverged" else float(row.get(kind, {}).get(name, math.nan))


def _spread(values: Sequence[float]) -> tuple[float, float]:
    if not all(map(math.isfinite, values)):
        return math.nan, math.nan
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0
