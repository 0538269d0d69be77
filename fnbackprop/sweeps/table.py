"""The results of a sweep as tables for a terminal."""

import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..core.tables import short_keys
from ..records.figures import format_figure
from .axes import toml_value
from .results import Summary, best_of


def results_tables(summaries: Sequence[Summary], console: Console) -> list[Table]:
    """A row for each setting, mean ± std over its seeds; figures for which there is no room make a further table."""
    names, tables = list(summaries[0].figures), []
    while names:
        count = next(n for n in range(len(names), 0, -1) if n == 1 or _fits(_table(summaries, names[:n]), console))
        tables.append(_table(summaries, names[:count]))
        names = names[count:]
    return tables


def _fits(table: Table, console: Console) -> bool:
    # A measurement is cut off at the width that it is given.
    wide = console.options.update(max_width=console.width + 1)
    return console.measure(table, options=wide).maximum <= console.width


def _table(summaries: Sequence[Summary], names: Sequence[str]) -> Table:
    best, table = best_of(summaries), Table(box=None, pad_edge=False)
    for heading in short_keys(summaries[0].settings):
        table.add_column(heading, justify="right", overflow="fold")
    for heading in ("seeds", *(name.replace(" ", "\n", 1) for name in names), ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in summaries:
        settings = [toml_value(value) for value in each.settings.values()]
        cells = [*settings, str(len(each.rows)), *(_cell(each, name) for name in names)]
        mark = "best" if each is best else ""
        table.add_row(*map(Text, [*cells, mark]), style="bold" if mark else "")
    return table


def _cell(summary: Summary, name: str) -> str:
    mean, deviation = summary.figures[name]
    if not math.isfinite(mean):
        diverged = sum(row["state"] == "diverged" for row in summary.rows)
        return f"{diverged} diverged" if diverged else "NaN"
    text = format_figure(name, mean)
    return f"{text} ± {format_figure(name, deviation)}" if len(summary.rows) > 1 else text
