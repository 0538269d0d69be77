"""The nodes' health in one picture: node × step as a map, and beside it the figure against depth, first and last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float64, Int64

from .plot import GRID, INKS, MUTED, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

_MOST_STEPS, _MOST_NAMED = 60, 40
_SHADES = 24
_LEAST_SHARE = 0.1
_ROW, _LEAST, _MOST, _REST = 0.22, 1.6, 12.0, 0.7  # inches


@dataclass(frozen=True)
class HealthMap:
    """One figure of every node that has it, in the graph's order, at the steps that were looked at."""

    figure: str
    nodes: tuple[str, ...]
    steps: Int64[np.ndarray, " steps"]
    values: Float64[np.ndarray, "nodes steps"]
    scale: Literal["log", "linear"]


def health_maps(rows: Sequence[dict[str, Any]]) -> list[HealthMap]:
    """Gradient norms, and those shares of saturated outputs and units that are worth a look, where recorded."""
    looks = [row for row in rows if row.get("kind") == "health"]
    if len(looks) > _MOST_STEPS:
        looks = [looks[i] for i in np.linspace(0, len(looks) - 1, _MOST_STEPS).astype(int)]
    norms, shares = _map(looks, "gradient_norm", "log"), [_map(looks, name, "linear") for name in ("saturated", "dead")]
    worthy = [share for share in shares if (share.values >= _LEAST_SHARE).any()]
    return [norms, *worthy] if (norms.values > 0).any() else worthy


def _map(looks: Sequence[dict[str, Any]], figure: str, scale: Literal["log", "linear"]) -> HealthMap:
    nodes = tuple(name for name, figures in (looks[0]["nodes"] if looks else {}).items() if figure in figures)
    values = [[look["nodes"][name].get(figure, np.nan) for look in looks] for name in nodes]
    steps = np.array([look["step"] for look in looks], np.int64)
    return HealthMap(figure, nodes, steps, np.array(values, np.float64).reshape(len(nodes), len(looks)), scale)


def draw_health(chart: HealthMap, salt: str) -> str:
    """An `<svg>` element; the more ink, the larger, on a light page and on a dark one."""

    def paint(figure: "Figure") -> None:
        cells, depth = figure.subplots(1, 2, sharey=True, width_ratios=(2.6, 1))
        norm = _norm(chart)
        _draw_cells(cells, chart, norm)
        _draw_depth(depth, chart, norm)

    return render(paint, (9.0, min(max(_LEAST, _ROW * len(chart.nodes)), _MOST) + _REST), salt)


def _norm(chart: HealthMap) -> "Normalize":
    from matplotlib.colors import LogNorm, Normalize

    if chart.scale == "linear":
        return Normalize(0, 1)
    drawn = chart.values[np.isfinite(chart.values) & (chart.values > 0)]
    # Whole decades, and at least three: a network whose layers differ by little looks even.
    high = np.ceil(np.log10(drawn.max()))
    return LogNorm(10 ** min(np.floor(np.log10(drawn.min())), high - 3), 10**high)


def _draw_cells(axes: "Axes", chart: HealthMap, norm: "Normalize") -> None:
    from matplotlib.colors import ListedColormap, to_rgb
    from matplotlib.ticker import MaxNLocator

    shades = ListedColormap([(*to_rgb(INKS[0]), alpha) for alpha in np.linspace(0.04, 1, _SHADES)])
    shown = np.ma.masked_where(~np.isfinite(chart.values) | (chart.values <= 0), chart.values)
    width = float(np.diff(chart.steps).max()) if chart.steps.size > 1 else 1.0
    across, down = np.append(chart.steps, chart.steps[-1] + width), np.arange(len(chart.nodes) + 1) - 0.5
    mesh = axes.pcolormesh(across, down, shown, cmap=shades, norm=norm, antialiased=False, linewidth=0)
    bar = axes.figure.colorbar(mesh, ax=axes, location="right", aspect=25, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(which="both", length=0, labelcolor=MUTED)
    axes.set_ylim(len(chart.nodes) - 0.5, -0.5)
    every = -(-len(chart.nodes) // _MOST_NAMED)
    axes.set_yticks(range(0, len(chart.nodes), every), chart.nodes[::every])
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel("step", color=MUTED)
    _dress(axes)


def _draw_depth(axes: "Axes", chart: HealthMap, norm: "Normalize") -> None:
    axes.set_xscale(chart.scale)
    axes.set_xlim(norm.vmin, norm.vmax)
    for values, ink, style in ((chart.values[:, 0], INKS[0], "-"), (chart.values[:, -1], INKS[1], "--")):
        shown = np.isfinite(values) & ((values > 0) | (chart.scale == "linear"))
        axes.plot(
            values[shown], np.arange(values.size)[shown], style, color=ink, linewidth=1.5, marker="o", markersize=3
        )
    axes.tick_params(axis="y", labelleft=False)
    axes.set_xlabel("first and last look", color=MUTED)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    _dress(axes)


def _dress(axes: "Axes") -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(which="both", length=0, labelcolor=MUTED)
