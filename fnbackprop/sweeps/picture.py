"""The results of a sweep as a picture: a heat map of two axes, or a curve of one."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.atomic import write_atomically
from ..records.figures import format_figure
from .axes import Axis, toml_value
from .results import Summary, judge

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (5.5, 3.8)  # inches


def draw_results(summaries: Sequence[Summary], axes: Sequence[Axis], folder: Path) -> list[Path]:
    """Write results.svg and results.png: a heat map where two keys vary beside the seed, otherwise a curve."""
    import io

    import matplotlib
    from matplotlib.figure import Figure

    varying = [axis for axis in axes if axis.key != "seed" and len(axis.values) > 1]
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "sweep", "font.size": 9}):
        figure = Figure(figsize=_SIZE, layout="constrained")
        paint = _heat_map if len(varying) == 2 else _curve
        paint(figure.subplots(), summaries, varying)
        paths = [folder / "results.svg", folder / "results.png"]
        for path in paths:
            file = io.BytesIO()
            figure.savefig(file, format=path.suffix[1:], dpi=150)
            write_atomically(path, file.getvalue())
    return paths


def _heat_map(axes: "Axes", summaries: Sequence[Summary], varying: Sequence[Axis]) -> None:
    name, (rows, columns) = judge(summaries), varying
    means = np.full((len(rows.values), len(columns.values)), math.nan)
    for each in summaries:
        at = rows.values.index(each.settings[rows.key]), columns.values.index(each.settings[columns.key])
        means[at] = each.figures[name][0]
    image = axes.imshow(np.ma.masked_invalid(means), aspect="auto")
    for (i, j), mean in np.ndenumerate(means):
        text = format_figure(name, mean) if math.isfinite(mean) else "diverged"
        dark = math.isfinite(mean) and float(np.asarray(image.norm(mean))) < 0.5
        axes.text(j, i, text, ha="center", va="center", color="white" if dark else "black")
    axes.set_yticks(range(len(rows.values)), [toml_value(value) for value in rows.values])
    axes.set_xticks(range(len(columns.values)), [toml_value(value) for value in columns.values])
    axes.set(ylabel=rows.key, xlabel=columns.key, title=name)


def _curve(axes: "Axes", summaries: Sequence[Summary], varying: Sequence[Axis]) -> None:
    """Mean ± std against the one key that varies; against the settings in their order where there are more or none."""
    name = judge(summaries)
    numbers = [each.settings[varying[0].key] for each in summaries] if len(varying) == 1 else []
    places: Sequence[Any] = numbers if numbers and all(map(_is_number, numbers)) else range(len(summaries))
    order = sorted(range(len(summaries)), key=lambda i: places[i])
    means, deviations = np.array([summaries[i].figures[name] for i in order]).T
    axes.errorbar(
        [places[i] for i in order], means, yerr=deviations, marker="o", markersize=4, capsize=3, linewidth=1.5
    )
    if places is not numbers:
        texts = [" ".join(map(toml_value, each.settings.values())) for each in summaries]
        axes.set_xticks(range(len(texts)), texts, rotation=90 if len(texts) > 4 else 0)
    elif _is_geometric(numbers):
        axes.set_xscale("log")
    axes.set(xlabel=", ".join(axis.key for axis in varying), ylabel=name)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_geometric(values: Sequence[int | float]) -> bool:
    """Whether positive values lie more evenly by their ratios than by their differences."""
    found = np.sort(np.array(values, np.float64))
    if len(found) < 3 or found[0] <= 0:
        return False

    def unevenness(gaps: np.ndarray) -> float:
        return float(gaps.max() / gaps.min())

    return unevenness(np.diff(np.log(found))) < unevenness(np.diff(found))
