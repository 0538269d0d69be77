"""The results of a sweep as a table for a terminal."""

import math
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from ..core.tables import short_keys
from ..records.figures import format_figure
from .axes import toml_value
from .results import Summary, best_of


def results_table(summaries: Sequence[Summary]) -> Table:
    """A row for each setting, mean ± std over its seeds; the best is marked."""
    best, names = best_of(summaries), list(summaries[0].figures)
    table = Table(box=None, pad_edge=False)
    for heading in (*short_keys(summaries[0].settings), "seeds", *(name.replace(" ", "\n", 1) for name in names), ""):
        table.add_column(heading, justify="right", overflow="fold")
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
