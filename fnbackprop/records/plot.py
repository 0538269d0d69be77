"""A chart as SVG that takes its colours and its font from the page around it."""

import io
import re
from collections.abc import Callable
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from .curves import Chart, Curve, thin
from .figures import is_share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Matplotlib writes plain colours; these stand for the page's variables, which differ in light and dark.
MUTED, GRID, *INKS = (f"#{2 * number:06x}" for number in range(1, 11))
SERIES = tuple(f"var(--series-{number})" for number in range(1, 9))
_VARIABLES = dict(zip((MUTED, GRID, *INKS), ("var(--muted)", "var(--grid)", *SERIES), strict=True))
_SIZE = (4.5, 2.7)  # inches of 72 units: its text stays legible on a phone, where it shrinks with the page


def draw(chart: Chart, salt: str) -> str:
    """An `<svg>` element; `salt` keeps its ids apart from those of other charts on the page."""

    def paint(figure: "Figure") -> None:
        axes = figure.subplots()
        axes.set_yscale(chart.scale)
        for curve, colour in zip(chart.curves, cycle(INKS), strict=False):
            _draw_curve(axes, curve, colour, chart.scale == "log")
        _dress(axes, chart)

    return render(paint, _SIZE, salt)


def render(paint: Callable[["Figure"], None], size: tuple[float, float], salt: str) -> str:
    """What `paint` draws on a figure of this size, in inches, as an `<svg>` element."""
    # Matplotlib takes half a second to import: only who asks for a picture waits for it.
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "font.size": 9}):
        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        file = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    return _inline(file.getvalue())


def _draw_curve(axes: "Axes", curve: Curve, colour: str, log: bool) -> None:
    band = thin(curve)
    shown = band.mean > 0 if log else np.full(band.mean.shape, True)
    epochs, mean, low, high = (x[shown] for x in (band.epochs, band.mean, band.low, band.high))
    if (high > low).any():
        axes.fill_between(epochs, np.where(low > 0, low, mean) if log else low, high, color=colour, alpha=0.2, lw=0)
    marker, size = ("o" if mean.size <= 30 else None), (6 if mean.size == 1 else 3)
    axes.plot(epochs, mean, color=colour, linewidth=1.5, marker=marker, markersize=size, clip_on=False)


def _dress(axes: "Axes", chart: Chart) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    percent = is_share(chart.figure)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.4g} %" if percent else f"{y:.4g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    if chart.scale == "linear":
        axes.yaxis.set_major_locator(MaxNLocator(5))
    elif np.log10(np.divide(*axes.get_ylim()[::-1])) < 3:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.set_xlim(0, chart.end or 1)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 5, 10)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.6g}"))
    axes.set_xlabel("epochs", color=MUTED)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(which="both", length=0, labelcolor=MUTED)


def _inline(svg: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg)
    # Only what is referred to needs an id, and matplotlib counts the others anew in each picture.
    svg = re.sub(r' id="[A-Za-z.]+(2d)?_\d+"', "", svg)
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    return svg.replace("<svg", '<svg role="img"', 1)
