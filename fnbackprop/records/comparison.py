"""Several runs on one page."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from ..core.output_file import write_output
from .curves import compared
from .metrics import read_metrics
from .page import figure, page
from .run_folder import RunFolder
from .runs import COLUMNS, cells, summaries


def compare_runs(paths: Sequence[Path], output: Path) -> None:
    """Write a page with a line for each run, and their curves of the same figure in one chart."""
    runs = [RunFolder.open(path) for path in paths]
    names = [run.path.name for run in runs]
    if len(set(names)) < len(names):  # from different folders
        names = [str(run.path) for run in runs]
    told = {name: read_metrics(run.metrics) for name, run in zip(names, runs, strict=True)}
    head = "".join(f"<th>{column}</th>" for column in COLUMNS)
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in (name, *cells(summary)[1:]))}</tr>\n"
        for name, summary in zip(names, summaries(runs), strict=True)
    )
    drawn = "".join(figure(chart, f"chart-{number}") for number, chart in enumerate(compared(told)))
    sections = [f"<table>\n<tr>{head}</tr>\n{lines}</table>\n", f'<section class="charts">\n{drawn}</section>\n']
    write_output(output, page(" · ".join(names), sections))
