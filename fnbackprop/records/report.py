"""report.html: a run on one page that needs nothing but itself."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..core.atomic import write_atomically
from .curves import charts, measures
from .figures import format_figure, label
from .health_map import HealthMap, draw_health, health_maps
from .page import figure, page
from .plot import SERIES


def write_report(
    path: Path, title: str, rows: Sequence[dict[str, Any]], facts: Mapping[str, str], config_text: str
) -> None:
    """Results, curves, `facts` in their order, and the config; `rows` are those of `read_metrics`."""
    sections = [_results(rows), _charts(rows), _health(rows), _facts(facts), _config(config_text)]
    write_atomically(path, page(title, sections))


def _results(rows: Sequence[dict[str, Any]]) -> str:
    """The last figures of the most telling kind that was recorded."""
    last = {row.get("kind"): row for row in rows}
    kind = next((kind for kind in ("test", "validation", "train") if kind in last), None)
    row = last.get(kind, {})
    names = [name for name in (*measures(rows), "loss") if isinstance(row.get(name), int | float)]
    shown = {f"{kind} {label(name)}".capitalize(): format_figure(name, row[name]) for name in names}
    if epochs := [row["epoch"] for row in rows if "epoch" in row]:
        shown["Epochs"] = f"{epochs[-1]:.6g}"
    return _list("results", shown)


def _charts(rows: Sequence[dict[str, Any]]) -> str:
    drawn = [figure(chart, f"chart-{number}") for number, chart in enumerate(charts(rows))]
    return f'<section class="charts">\n{"".join(drawn)}</section>\n' if drawn else "<p>No figures were recorded.</p>\n"


_TITLES = {
    "gradient_norm": "Gradient norm of each node's parameters",
    "saturated": "Share of saturated outputs (of a ReLU: zeros)",
    "dead": "Share of units saturated for the whole batch (of a ReLU: dead)",
}


def _health(rows: Sequence[dict[str, Any]]) -> str:
    drawn = [_health_figure(chart, f"health-{chart.figure}") for chart in health_maps(rows)]
    return f'<h2>Health</h2>\n<section class="maps">\n{"".join(drawn)}</section>\n' if drawn else ""


def _health_figure(chart: HealthMap, salt: str) -> str:
    looks = (f"step {chart.steps[0]}", f"step {chart.steps[-1]}")
    keys = [f'<span><i style="background: {c}"></i>{look}</span>' for c, look in zip(SERIES, looks, strict=False)]
    scale = " <small>log scale; blank: 0</small>" if chart.scale == "log" else ""
    caption = f"<figcaption><strong>{_TITLES[chart.figure]}{scale}</strong>{' '.join(keys)}</figcaption>"
    return f"<figure>{caption}\n{draw_health(chart, salt)}</figure>\n"


def _facts(facts: Mapping[str, str]) -> str:
    return f"<h2>Facts</h2>\n{_list('facts', facts)}" if facts else ""


def _list(style: str, entries: Mapping[str, str]) -> str:
    items = [f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>\n" for name, value in entries.items()]
    return f'<dl class="{style}">\n{"".join(items)}</dl>\n' if items else ""


def _config(text: str) -> str:
    return f"<details><summary>Configuration</summary>\n<pre><code>{escape(text)}</code></pre>\n</details>\n"
